namespace RaftMQ.Queues.Tests;

/// <summary>Bytes: what is a command is read back; what is none is refused, never an exception.</summary>
public sealed class Commands
{
    [Theory]
    [InlineData("orders", null)]
    [InlineData("bestellungen ☃ 🚀", "key")]
    public void The_first_words_are_read_back(string topic, string? key)
    {
        foreach ((byte[] command, QueueCommandKind kind) in new[]
        {
            (QueueCommandCodec.CreateTopic(topic, key), QueueCommandKind.CreateTopic),
            (QueueCommandCodec.Publish(topic, "body"u8, key), QueueCommandKind.Publish),
            (QueueCommandCodec.Pop(topic, key), QueueCommandKind.Pop),
            (QueueCommandCodec.SetTopicPolicy(topic, new TopicPolicyChange(MaxMessages: 1), key), QueueCommandKind.SetTopicPolicy),
        })
        {
            QueueCommandCodec.TryReadHeader(command, out QueueCommandHeader header).ShouldBeTrue();
            header.ShouldBe(new QueueCommandHeader(kind, topic, key is not null));
        }
    }

    [Fact]
    public void A_key_of_the_greatest_length_is_taken_and_a_longer_one_is_the_callers_mistake()
    {
        var machine = new Machine();

        machine.Create("a", new string('k', QueueMachine.MaxRequestKeyLength)).ShouldBe(QueueOutcome.Done);
        Should.Throw<ArgumentException>(() => QueueCommandCodec.Pop("a", new string('k', QueueMachine.MaxRequestKeyLength + 1)));
    }

    [Fact]
    public void No_bytes_make_the_machine_throw_and_what_is_refused_changes_nothing()
    {
        var random = new Random(7);
        var machine = new QueueMachine();
        ulong index = 0;
        byte[][] good =
        [
            QueueCommandCodec.CreateTopic("a", "k"), QueueCommandCodec.Publish("a", "body"u8, "k2"), QueueCommandCodec.Pop("a"), QueueCommandCodec.Configure(new QueueLimits()),
            QueueCommandCodec.CreateTopic("b", null, new TopicPolicyChange(2, 20, Overflow.DropOldest)), QueueCommandCodec.Publish("b", "body"u8),
            QueueCommandCodec.SetTopicPolicy("b", new TopicPolicyChange(MaxMessages: 1)),
        ];
        var outcomes = new HashSet<QueueOutcome>();
        for (int i = 0; i < 40_000; i++)
        {
            byte[] bytes = [.. good[random.Next(good.Length)]];
            if (i % 2 == 0)
            {
                bytes = new byte[random.Next(40)];
                random.NextBytes(bytes);
            }

            for (int flips = random.Next(3); flips > 0 && bytes.Length > 0; flips--)
            {
                bytes[random.Next(bytes.Length)] = (byte)random.Next(256);
            }

            bytes = bytes[..random.Next(bytes.Length + 1)];
            ulong before = machine.StateHash;
            QueueCommandCodec.TryReadHeader(bytes, out _);
            QueueReply reply = machine.Apply(new CommittedCommand(++index, 1, bytes));
            outcomes.Add(reply.Outcome);
            if (reply.Outcome != QueueOutcome.Done)
            {
                machine.StateHash.ShouldBe(before);
            }
        }

        outcomes.ShouldContain(QueueOutcome.UnknownCommand);
        outcomes.ShouldContain(QueueOutcome.Done);
        machine.StateHash.ShouldBe(machine.ComputeStateHash());
    }

    [Fact]
    public void A_topic_that_is_not_valid_text_is_no_topic()
    {
        byte[] command = QueueCommandCodec.CreateTopic("abcd");
        command[^1] = 0xFF;

        new QueueMachine().Apply(new CommittedCommand(1, 1, command)).Outcome.ShouldBe(QueueOutcome.BadTopicName);
        Should.Throw<ArgumentException>(() => QueueCommandCodec.CreateTopic("\ud800"));
    }

    [Fact]
    public void The_log_s_order_and_time_are_held()
    {
        var machine = new QueueMachine();
        machine.Apply(new CommittedCommand(5, 100, QueueCommandCodec.CreateTopic("a")));

        Should.Throw<InvalidOperationException>(() => machine.Apply(new CommittedCommand(5, 100, QueueCommandCodec.Pop("a"))));
        Should.Throw<InvalidOperationException>(() => machine.Apply(new CommittedCommand(6, 99, QueueCommandCodec.Pop("a"))));
    }

    [Fact]
    public void A_body_is_any_bytes()
    {
        var machine = new Machine();
        machine.Create("a");
        byte[] body = [.. Enumerable.Range(0, 256).Select(i => (byte)i)];

        machine.Do(QueueCommandCodec.Publish("a", body));

        machine.BodyOf(machine.Do(QueueCommandCodec.Pop("a"))).ShouldBe(body);
    }
}
