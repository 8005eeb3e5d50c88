namespace RaftMQ.Queues.Tests;

/// <summary>Identity of requests: a retry with the same key returns the first result (thesis §6.3 in spirit).</summary>
public sealed class Keys
{
    private const long Window = 1_000;

    [Fact]
    public void A_retried_publish_is_done_once_and_answered_as_the_first_time()
    {
        Machine machine = WithTopic();

        QueueReply first = machine.Do(QueueCommandCodec.Publish("a", "m"u8, "k"));
        QueueReply again = machine.Do(QueueCommandCodec.Publish("a", "m"u8, "k"));

        again.ShouldBe(first);
        machine.Queue.MessageCount.ShouldBe(1);
    }

    [Fact]
    public void A_retried_pop_gets_the_same_message_and_index()
    {
        Machine machine = WithTopic();
        machine.Publish("a", "1");
        machine.Publish("a", "2");

        QueueReply first = machine.Do(QueueCommandCodec.Pop("a", "k"));
        QueueReply again = machine.Do(QueueCommandCodec.Pop("a", "k"));

        again.Index.ShouldBe(first.Index);
        machine.BodyOf(again).ShouldBe("1"u8.ToArray());
        machine.Pop("a").ShouldBe("2");
    }

    [Fact]
    public void A_key_belongs_to_one_request()
    {
        Machine machine = WithTopic();
        machine.Publish("a", "m", "k");

        machine.Publish("a", "other", "k").ShouldBe(QueueOutcome.RequestKeyReused);
        machine.Pop("a", "k").ShouldBe("RequestKeyReused");
        machine.Create("a", "k").ShouldBe(QueueOutcome.RequestKeyReused);
        machine.Queue.MessageCount.ShouldBe(1);
    }

    [Fact]
    public void The_same_letters_split_another_way_are_another_request()
    {
        Machine machine = WithTopic();
        machine.Create("ab").ShouldBe(QueueOutcome.Done);

        machine.Publish("a", "bc", "k").ShouldBe(QueueOutcome.Done);
        machine.Publish("ab", "c", "k").ShouldBe(QueueOutcome.RequestKeyReused);
        machine.Queue.MessageCount.ShouldBe(1);
    }

    [Fact]
    public void A_refusal_is_not_remembered()
    {
        Machine machine = WithTopic();

        machine.Pop("a", "k").ShouldBe("Empty");
        machine.Publish("a", "m");
        machine.Pop("a", "k").ShouldBe("m");
    }

    [Fact]
    public void After_the_window_the_key_is_new_and_not_a_moment_earlier()
    {
        Machine machine = WithTopic();
        machine.Publish("a", "m", "k");

        machine.Now += Window - 1;
        machine.Publish("a", "m", "k");
        machine.Queue.MessageCount.ShouldBe(1);

        machine.Now += 1;
        machine.Publish("a", "m", "k");
        machine.Queue.MessageCount.ShouldBe(2);
    }

    [Fact]
    public void A_full_table_refuses_before_anything_is_done_and_forgets_nothing_early()
    {
        Machine machine = WithTopic(new QueueLimits { MaxRequestKeys = 2, RequestKeyWindowMilliseconds = Window });
        machine.Publish("a", "1", "k1");
        machine.Now += 10;
        machine.Publish("a", "2", "k2");

        machine.Publish("a", "3", "k3").ShouldBe(QueueOutcome.RequestKeysFull);
        machine.Queue.MessageCount.ShouldBe(2);
        machine.Publish("a", "3").ShouldBe(QueueOutcome.Done, "without a key there is nothing to remember");
        machine.Publish("a", "1", "k1").ShouldBe(QueueOutcome.Done);

        machine.Now += Window - 10;
        machine.Publish("a", "3", "k3").ShouldBe(QueueOutcome.Done, "the oldest window is over");
        machine.Queue.RequestKeyCount.ShouldBe(2);
    }

    [Fact]
    public void Bodies_kept_for_retried_pops_are_bounded_and_a_pop_that_does_not_fit_takes_nothing()
    {
        Machine machine = WithTopic(new QueueLimits { MaxRequestKeyBytes = 5, RequestKeyWindowMilliseconds = Window });
        machine.Publish("a", "123");
        machine.Publish("a", "456");

        machine.Pop("a", "k1").ShouldBe("123");
        machine.Pop("a", "k2").ShouldBe("RequestKeyBytesFull");
        machine.Queue.MessageCount.ShouldBe(1);

        machine.Now += Window;
        machine.Pop("a", "k2").ShouldBe("456");
    }

    private static Machine WithTopic(QueueLimits? limits = null)
    {
        var machine = new Machine(limits ?? new QueueLimits { RequestKeyWindowMilliseconds = Window });
        machine.Create("a");
        return machine;
    }
}
