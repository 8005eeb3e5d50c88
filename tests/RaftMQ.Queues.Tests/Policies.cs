using System.Text;
using RaftMQ.Queues.Snapshots;

namespace RaftMQ.Queues.Tests;

/// <summary>A topic's own limits and what happens at them.</summary>
public sealed class Policies
{
    private const int Bound = QueueMachine.MaxDropsPerCommand;

    [Fact]
    public void A_topic_without_a_policy_holds_what_the_cluster_allows_and_rejects_the_rest()
    {
        var machine = new Machine(new QueueLimits { MaxMessagesPerTopic = 7, MaxBytesPerTopic = 70 });
        machine.Create("a");
        machine.Publish("a", "12");

        machine.Queue.Look("a").ShouldBe(new TopicGauges(1, 2, 7, 70, Overflow.Reject, 0));
        machine.Queue.Look("nowhere").ShouldBeNull();
    }

    [Theory]
    [InlineData(2L, null, QueueOutcome.TopicFullMessages, 2)]
    [InlineData(null, 4L, QueueOutcome.TopicFullBytes, 4)]
    public void A_topic_that_rejects_is_full_at_its_own_limit_and_the_reply_says_whose_it_is(long? messages, long? bytes, QueueOutcome refusal, long limit)
    {
        var machine = new Machine();
        machine.Do(QueueCommandCodec.CreateTopic("a", null, new TopicPolicyChange(messages, bytes))).Outcome.ShouldBe(QueueOutcome.Done);
        machine.Publish("a", "12");
        machine.Publish("a", "34");

        QueueReply refused = machine.Do(QueueCommandCodec.Publish("a", "5"u8));

        (refused.Outcome, refused.Limit, refused.LimitIsOfTopic).ShouldBe((refusal, limit, true));
        machine.Pop("a").ShouldBe("12");
        machine.Publish("a", "5").ShouldBe(QueueOutcome.Done);
        machine.Queue.DroppedCount.ShouldBe(0);
    }

    [Fact]
    public void The_oldest_go_for_what_comes_and_are_counted()
    {
        Machine machine = With(new TopicPolicyChange(MaxMessages: 2, Overflow: Overflow.DropOldest));
        foreach (string body in (string[])["1", "2", "3", "4"])
        {
            machine.Publish("a", body).ShouldBe(QueueOutcome.Done);
        }

        machine.Queue.Look("a").ShouldBe(new TopicGauges(2, 2, 2, machine.Queue.Limits.MaxBytesPerTopic, Overflow.DropOldest, 2));
        (machine.Queue.MessageCount, machine.Queue.ByteCount, machine.Queue.DroppedCount).ShouldBe((2, 2, 2));
        machine.Pop("a").ShouldBe("3");
        machine.Pop("a").ShouldBe("4");
        machine.Pop("a").ShouldBe("Empty");
    }

    [Fact]
    public void As_many_go_as_the_bytes_of_what_comes_need_and_no_more()
    {
        Machine machine = With(new TopicPolicyChange(MaxBytes: 6, Overflow: Overflow.DropOldest));
        machine.Publish("a", "1");
        machine.Publish("a", "22");
        machine.Publish("a", "333");

        machine.Publish("a", "55").ShouldBe(QueueOutcome.Done);
        machine.Queue.Look("a")!.Value.Dropped.ShouldBe(2, "one of one byte is not enough");
        machine.Publish("a", "6").ShouldBe(QueueOutcome.Done);
        machine.Queue.Look("a")!.Value.Dropped.ShouldBe(2, "it fits to the byte");

        machine.Pop("a").ShouldBe("333");
    }

    [Theory]
    [InlineData(Overflow.Reject)]
    [InlineData(Overflow.DropOldest)]
    public void A_message_larger_than_its_topic_is_refused_and_nothing_goes_for_it(Overflow overflow)
    {
        Machine machine = With(new TopicPolicyChange(MaxBytes: 3, Overflow: overflow));
        machine.Publish("a", "123").ShouldBe(QueueOutcome.Done);

        QueueReply refused = machine.Do(QueueCommandCodec.Publish("a", "1234"u8));

        (refused.Outcome, refused.Limit, refused.LimitIsOfTopic).ShouldBe((QueueOutcome.MessageTooLargeForTopic, 3, true));
        machine.Pop("a").ShouldBe("123");
    }

    [Theory]
    [InlineData(3L, null, QueueOutcome.Done, 0)]
    [InlineData(4L, null, QueueOutcome.PolicyAboveMaxMessages, 3)]
    [InlineData(null, 10L, QueueOutcome.Done, 0)]
    [InlineData(null, 11L, QueueOutcome.PolicyAboveMaxBytes, 10)]
    public void A_policy_may_only_be_tighter_than_the_cluster(long? messages, long? bytes, QueueOutcome outcome, long limit)
    {
        var machine = new Machine(new QueueLimits { MaxMessagesPerTopic = 3, MaxBytesPerTopic = 10 });
        machine.Create("a");
        var policy = new TopicPolicyChange(messages, bytes);

        QueueReply created = machine.Do(QueueCommandCodec.CreateTopic("b", null, policy));
        QueueReply changed = machine.Do(QueueCommandCodec.SetTopicPolicy("a", policy));

        (created.Outcome, created.Limit).ShouldBe((outcome, limit));
        (changed.Outcome, changed.Limit).ShouldBe((outcome, limit));
        machine.Queue.Topics.Count.ShouldBe(outcome == QueueOutcome.Done ? 2 : 1);
    }

    [Fact]
    public void Under_a_clusters_limit_that_is_lowered_later_the_tighter_one_holds()
    {
        Machine machine = With(new TopicPolicyChange(MaxMessages: 5));
        machine.Do(QueueCommandCodec.Configure(new QueueLimits { MaxMessagesPerTopic = 1 }));
        machine.Publish("a", "1");

        QueueReply refused = machine.Do(QueueCommandCodec.Publish("a", "2"u8));

        (refused.Outcome, refused.Limit, refused.LimitIsOfTopic).ShouldBe((QueueOutcome.TopicFullMessages, 1, false));
        machine.Do(QueueCommandCodec.SetTopicPolicy("a", new TopicPolicyChange(MaxBytes: 9))).Outcome.ShouldBe(QueueOutcome.Done, "what it does not set is not judged");
    }

    [Fact]
    public void A_change_leaves_what_it_does_not_name_and_gives_back_the_clusters_limit()
    {
        Machine machine = With(new TopicPolicyChange(5, 50, Overflow.DropOldest));

        machine.Do(QueueCommandCodec.SetTopicPolicy("a", new TopicPolicyChange(MaxMessages: 4)));
        machine.Queue.Look("a").ShouldBe(new TopicGauges(0, 0, 4, 50, Overflow.DropOldest, 0));
        machine.Do(QueueCommandCodec.SetTopicPolicy("a", new TopicPolicyChange(TopicPolicy.OfCluster, TopicPolicy.OfCluster, Overflow.Reject)));

        machine.Queue.Look("a").ShouldBe(new TopicGauges(0, 0, machine.Queue.Limits.MaxMessagesPerTopic, machine.Queue.Limits.MaxBytesPerTopic, Overflow.Reject, 0));
        machine.Do(QueueCommandCodec.SetTopicPolicy("nowhere", new TopicPolicyChange(MaxMessages: 4))).Outcome.ShouldBe(QueueOutcome.NoSuchTopic);
    }

    [Fact]
    public void A_topic_that_rejects_loses_nothing_to_a_lower_limit()
    {
        Machine machine = With(default);
        Fill(machine, 3);

        machine.Do(QueueCommandCodec.SetTopicPolicy("a", new TopicPolicyChange(MaxMessages: 1))).Outcome.ShouldBe(QueueOutcome.Done);

        machine.Publish("a", "x").ShouldBe(QueueOutcome.TopicFullMessages);
        machine.Pop("a").ShouldBe("1");
        machine.Pop("a").ShouldBe("2");
        machine.Publish("a", "x").ShouldBe(QueueOutcome.TopicFullMessages);
        machine.Pop("a").ShouldBe("3");
        machine.Publish("a", "x").ShouldBe(QueueOutcome.Done);
    }

    [Fact]
    public void What_a_lower_limit_cuts_off_goes_in_bounded_steps_whatever_becomes_of_the_publish_that_comes_by()
    {
        Machine machine = With(new TopicPolicyChange(Overflow: Overflow.DropOldest));
        Fill(machine, (2 * Bound) + 100);

        machine.Do(QueueCommandCodec.SetTopicPolicy("a", new TopicPolicyChange(MaxMessages: 1)));
        (machine.Queue.Count("a"), machine.Queue.DroppedCount).ShouldBe((Bound + 100, Bound));
        machine.Restore(chunkBytes: 100);
        QueueReply refused = machine.Do(QueueCommandCodec.Publish("a", "x"u8));
        (refused.Outcome, refused.Limit).ShouldBe((QueueOutcome.DropBoundReached, Bound));
        machine.Queue.Count("a").ShouldBe(100);
        machine.Pop("a").ShouldBe(((2 * Bound) + 1).ToString(null as IFormatProvider), "a pop takes the oldest and drops nothing");
        machine.Publish("a", "x").ShouldBe(QueueOutcome.Done);

        machine.Queue.Look("a")!.Value.Dropped.ShouldBe((2 * Bound) + 99);
        machine.Pop("a").ShouldBe("x");
    }

    [Fact]
    public void Where_no_message_may_wait_none_is_taken_and_what_waited_goes()
    {
        Machine machine = With(new TopicPolicyChange(Overflow: Overflow.DropOldest));
        Fill(machine, 3);
        machine.Do(QueueCommandCodec.Configure(new QueueLimits { MaxMessagesPerTopic = 0 }));

        QueueReply refused = machine.Do(QueueCommandCodec.Publish("a", "x"u8));

        (refused.Outcome, refused.Limit, refused.LimitIsOfTopic).ShouldBe((QueueOutcome.TopicFullMessages, 0, false));
        machine.Queue.Look("a")!.Value.Dropped.ShouldBe(3);
        machine.Pop("a").ShouldBe("Empty");
    }

    [Fact]
    public void A_message_for_which_more_would_have_to_go_than_the_bound_is_refused_and_nothing_goes()
    {
        Machine machine = With(new TopicPolicyChange(MaxBytes: 1_000, Overflow: Overflow.DropOldest));
        for (int i = 0; i < 1_000; i++)
        {
            machine.Publish("a", "1");
        }

        machine.Publish("a", new string('x', Bound + 1)).ShouldBe(QueueOutcome.DropBoundReached);
        machine.Queue.Look("a")!.Value.Messages.ShouldBe(1_000);
        machine.Publish("a", new string('x', Bound)).ShouldBe(QueueOutcome.Done);

        machine.Queue.Look("a").ShouldBe(new TopicGauges(1_000 - Bound + 1, 1_000, machine.Queue.Limits.MaxMessagesPerTopic, 1_000, Overflow.DropOldest, Bound));
    }

    [Fact]
    public void No_topics_messages_go_for_those_of_another()
    {
        var machine = new Machine(new QueueLimits { MaxMessages = 3, MaxBytes = 10 });
        machine.Do(QueueCommandCodec.CreateTopic("a", null, new TopicPolicyChange(MaxMessages: 2, Overflow: Overflow.DropOldest)));
        machine.Create("b");
        Fill(machine, 2);
        machine.Publish("b", "x");

        machine.Publish("a", "3").ShouldBe(QueueOutcome.Done, "one goes and one comes");
        machine.Publish("a", "12345678901").ShouldBe(QueueOutcome.QueueFullBytes);
        machine.Pop("a").ShouldBe("2");
        machine.Publish("b", "y").ShouldBe(QueueOutcome.Done);
        machine.Publish("a", "4").ShouldBe(QueueOutcome.QueueFullMessages, "the topic has room and the cluster has none");
        machine.Queue.DroppedCount.ShouldBe(1);
    }

    [Fact]
    public void A_repeated_publish_drops_nothing_again()
    {
        Machine machine = With(new TopicPolicyChange(MaxMessages: 1, Overflow: Overflow.DropOldest));
        machine.Publish("a", "1");
        machine.Publish("a", "2", "key");
        machine.Publish("a", "3");

        machine.Publish("a", "2", "key").ShouldBe(QueueOutcome.Done);

        machine.Queue.DroppedCount.ShouldBe(2);
        machine.Pop("a").ShouldBe("3");
    }

    [Fact]
    public void Policies_and_what_was_dropped_are_part_of_the_state_and_of_its_snapshot()
    {
        TopicPolicyChange[] policies = [default, new(MaxMessages: 3), new(MaxBytes: 3), new(Overflow: Overflow.DropOldest)];
        ulong[] hashes = [.. policies.Select(policy => With(policy).Queue.StateHash)];
        hashes.ShouldBeUnique();

        Machine machine = With(new TopicPolicyChange(2, 20, Overflow.DropOldest));
        Fill(machine, 5);
        machine.Restore(chunkBytes: 10);

        machine.Queue.Look("a").ShouldBe(new TopicGauges(2, 2, 2, 20, Overflow.DropOldest, 3));
        machine.Queue.DroppedCount.ShouldBe(3);
        machine.Publish("a", "6");
        machine.Pop("a").ShouldBe("5");
    }

    /// <summary>As this program wrote them before topics had policies, with the hash that it kept then.</summary>
    [Fact]
    public void Commands_and_snapshots_from_before_there_were_policies_are_read()
    {
        const ulong Hash = 0xE409D4B660F4D793;
        byte[] snapshot = Convert.FromBase64String(
            "AQYAAAAAAAAA6AMAAAAAAAAHAAAAAAAAAP8AAAAAAAAAAAAQAAAAAABAQg8AAAAAAAAAACAAAAAAQEtMAAAAAAAAAABAAAAAAKCGAQAAAAAAAAAABAAAAADAJwkAAAAAAAIAAAABAAAAAwBvbmUDAAAAAAAAAAEA" +
            "AAACAAAAAAAAAAUAAAAAAAAAFKNdLzKnlfsIAAAAAQAAAAcAdHdvIOKYgwEAAAAAAAAAAAAAAAFrkD4RU84380ZjXui4/zrGfgIAAAAAAAAAqCsJAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=");

        QueueMachine machine = QueueSnapshot.Decode([snapshot], Hash);

        machine.ComputeStateHash().ShouldBe(Hash);
        machine.Look("one").ShouldBe(new TopicGauges(1, 1, machine.Limits.MaxMessagesPerTopic, machine.Limits.MaxBytesPerTopic, Overflow.Reject, 0));
        Convert.ToHexString(QueueCommandCodec.CreateTopic("orders", "key")).ShouldBe("02010306006B65796F7264657273");
    }

    [Fact]
    public void Bytes_that_are_no_policy_are_no_command()
    {
        byte[] good = QueueCommandCodec.SetTopicPolicy("a", new TopicPolicyChange(2, 3, Overflow.DropOldest));
        int begins = good.Length - 18;
        (int Place, byte Value)[] wrong = [(begins, 8), (begins, 6), (begins, 5), (begins, 3), (begins + 8, 0x80), (begins + 16, 0x80), (begins + 17, 2)];
        foreach ((int place, byte value) in wrong)
        {
            byte[] bytes = [.. good];
            bytes[place] = value;
            With(default).Do(bytes).Outcome.ShouldBe(QueueOutcome.UnknownCommand, $"{value} at {place}");
        }

        With(default).Do(good[..^1]).Outcome.ShouldBe(QueueOutcome.UnknownCommand);
        With(default).Do(good).Outcome.ShouldBe(QueueOutcome.Done);
        Should.Throw<ArgumentException>(() => QueueCommandCodec.SetTopicPolicy("a", new TopicPolicyChange(MaxMessages: -1)));
    }

    private static Machine With(TopicPolicyChange policy)
    {
        var machine = new Machine();
        machine.Do(QueueCommandCodec.CreateTopic("a", null, policy)).Outcome.ShouldBe(QueueOutcome.Done);
        return machine;
    }

    /// <summary>Messages 1, 2, 3 and so on.</summary>
    private static void Fill(Machine machine, int messages)
    {
        for (int i = 1; i <= messages; i++)
        {
            machine.Do(QueueCommandCodec.Publish("a", Encoding.UTF8.GetBytes(i.ToString(null as IFormatProvider)))).Outcome.ShouldBe(QueueOutcome.Done);
        }
    }
}
