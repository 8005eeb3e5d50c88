namespace RaftMQ.Queues.Tests;

/// <summary>Each limit exactly at its border. They are replicated: what Apply decides by comes from commands only.</summary>
public sealed class Limits
{
    [Fact]
    public void The_number_of_topics_is_bounded()
    {
        var machine = new Machine(new QueueLimits { MaxTopics = 2 });

        machine.Create("a").ShouldBe(QueueOutcome.Done);
        machine.Create("b").ShouldBe(QueueOutcome.Done);
        QueueReply refused = machine.Do(QueueCommandCodec.CreateTopic("c"));

        refused.Outcome.ShouldBe(QueueOutcome.TooManyTopics);
        refused.Limit.ShouldBe(2);
        machine.Create("a").ShouldBe(QueueOutcome.TopicExists, "that it exists is said first");
    }

    [Fact]
    public void The_length_of_a_name_is_bounded_in_bytes()
    {
        var machine = new Machine(new QueueLimits { MaxTopicNameBytes = 6 });

        machine.Create("☃☃").ShouldBe(QueueOutcome.Done);
        machine.Create("☃☃a").ShouldBe(QueueOutcome.BadTopicName);
    }

    [Fact]
    public void The_size_of_a_message_is_bounded()
    {
        var machine = new Machine(new QueueLimits { MaxMessageBytes = 3 });
        machine.Create("a");

        machine.Publish("a", "123").ShouldBe(QueueOutcome.Done);
        machine.Publish("a", "1234").ShouldBe(QueueOutcome.MessageTooLarge);
    }

    [Theory]
    [InlineData(QueueOutcome.TopicFullMessages, 2, 100, 100, 100)]
    [InlineData(QueueOutcome.TopicFullBytes, 100, 4, 100, 100)]
    [InlineData(QueueOutcome.QueueFullMessages, 100, 100, 2, 100)]
    [InlineData(QueueOutcome.QueueFullBytes, 100, 100, 100, 4)]
    public void Messages_and_bytes_of_a_topic_and_of_all_are_bounded_and_a_pop_makes_room(
        QueueOutcome refusal, long perTopic, long bytesPerTopic, long all, long bytesOfAll)
    {
        var machine = new Machine(new QueueLimits { MaxMessagesPerTopic = perTopic, MaxBytesPerTopic = bytesPerTopic, MaxMessages = all, MaxBytes = bytesOfAll });
        machine.Create("a");
        machine.Publish("a", "12").ShouldBe(QueueOutcome.Done);
        machine.Publish("a", "34").ShouldBe(QueueOutcome.Done);

        QueueReply refused = machine.Do(QueueCommandCodec.Publish("a", "5"u8));
        refused.Outcome.ShouldBe(refusal);
        refused.Limit.ShouldBe(new[] { perTopic, bytesPerTopic, all, bytesOfAll }.Min());
        machine.Queue.MessageCount.ShouldBe(2);

        machine.Pop("a").ShouldBe("12");
        machine.Publish("a", "5").ShouldBe(QueueOutcome.Done);
    }

    [Fact]
    public void A_lowered_limit_keeps_what_is_there_and_refuses_what_comes()
    {
        var machine = new Machine();
        machine.Create("a");
        machine.Publish("a", "1");
        machine.Publish("a", "2");

        machine.Do(QueueCommandCodec.Configure(new QueueLimits { MaxMessages = 1 }));

        machine.Publish("a", "3").ShouldBe(QueueOutcome.QueueFullMessages);
        machine.Pop("a").ShouldBe("1");
        machine.Publish("a", "3").ShouldBe(QueueOutcome.QueueFullMessages);
        machine.Pop("a").ShouldBe("2");
        machine.Publish("a", "3").ShouldBe(QueueOutcome.Done);
    }

    [Fact]
    public void Limits_are_read_back_as_they_were_written()
    {
        var limits = new QueueLimits
        {
            MaxTopics = 1,
            MaxTopicNameBytes = 2,
            MaxMessageBytes = 3,
            MaxMessagesPerTopic = 4,
            MaxBytesPerTopic = 5,
            MaxMessages = 6,
            MaxBytes = 7,
            MaxRequestKeys = 8,
            MaxRequestKeyBytes = 9,
            RequestKeyWindowMilliseconds = 10,
        };

        QueueCommandCodec.TryReadLimits(QueueCommandCodec.Configure(limits), out QueueLimits read).ShouldBeTrue();

        read.ShouldBe(limits);
        new Machine(limits).Queue.Limits.ShouldBe(limits);
    }
}
