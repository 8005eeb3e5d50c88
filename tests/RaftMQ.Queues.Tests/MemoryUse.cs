namespace RaftMQ.Queues.Tests;

/// <summary>What the state costs in memory. The heap is one for the whole process: nothing else may run beside these.</summary>
[Collection("memory")]
public sealed class MemoryUse
{
    [Fact]
    public void A_waiting_message_costs_a_few_words_whatever_its_body()
    {
        const int Messages = 1 << 17;
        var machine = new Machine();
        machine.Create("a");
        byte[] body = new byte[1_000];
        long before = GC.GetTotalMemory(forceFullCollection: true);
        for (int i = 0; i < Messages; i++)
        {
            machine.Queue.Apply(new CommittedCommand((ulong)(10 + i), machine.Now, QueueCommandCodec.Publish("a", body)));
        }

        (GC.GetTotalMemory(forceFullCollection: true) - before).ShouldBeLessThan(64L * Messages);
        machine.Queue.MessageCount.ShouldBe(Messages);
    }

    [Fact]
    public void A_backlog_that_was_worked_off_but_for_a_few_keeps_its_order_and_gives_its_memory_back()
    {
        const int Backlog = 300_000;
        const int Left = 10;
        const long SomeBytes = 6_000_000;
        var machine = new Machine();
        machine.Create("a");
        byte[] pop = QueueCommandCodec.Pop("a");
        long before = GC.GetTotalMemory(forceFullCollection: true);
        for (int i = 0; i < Backlog; i++)
        {
            machine.Queue.Apply(new CommittedCommand((ulong)(10 + i), machine.Now, QueueCommandCodec.Publish("a", BitConverter.GetBytes(i))));
        }

        long full = GC.GetTotalMemory(forceFullCollection: true);
        for (int i = 0; i < Backlog - Left; i++)
        {
            QueueReply reply = machine.Queue.Apply(new CommittedCommand((ulong)(1_000_000 + i), machine.Now, pop));
            reply.Body.Index.ShouldBe((ulong)(10 + i));
        }

        (full - before).ShouldBeGreaterThan(SomeBytes + (SomeBytes / 2));
        (GC.GetTotalMemory(forceFullCollection: true) - before).ShouldBeLessThan(SomeBytes);
        machine.Queue.Apply(new CommittedCommand(10_000_000, machine.Now, QueueCommandCodec.Publish("a", "last"u8))).Outcome.ShouldBe(QueueOutcome.Done);
        machine.Queue.MessageCount.ShouldBe(Left + 1);
        machine.Queue.StateHash.ShouldBe(machine.Queue.ComputeStateHash());
    }
    [Theory]
    [InlineData(200_000, 1, 0)]
    [InlineData(20_000, 9_000, 0)]
    [InlineData(60_000, 1, 60_000)]
    public void What_the_machine_says_that_it_takes_is_rather_more_than_it_takes_but_not_by_much(int messages, int topics, int keys)
    {
        byte[] body = new byte[8];
        var machine = new Machine();
        long before = GC.GetTotalMemory(forceFullCollection: true);
        long estimatedBefore = machine.Queue.MemoryBytes;
        ulong index = 10;
        for (int i = 0; i < topics; i++)
        {
            machine.Queue.Apply(new CommittedCommand(index++, machine.Now, QueueCommandCodec.CreateTopic(NameOf(i))));
        }

        for (int i = 0; i < messages; i++)
        {
            string? key = i < keys ? $"a key of a usual length: {i:D12}" : null;
            machine.Queue.Apply(new CommittedCommand(index++, machine.Now, QueueCommandCodec.Publish(NameOf(i % topics), body, key))).Outcome.ShouldBe(QueueOutcome.Done);
        }

        long taken = GC.GetTotalMemory(forceFullCollection: true) - before;
        long estimated = machine.Queue.MemoryBytes - estimatedBefore;
        estimated.ShouldBeInRange(taken, 4 * taken, $"{taken} bytes are taken");
        GC.KeepAlive(machine);

        static string NameOf(int topic) => $"a topic of a usual length {topic:D6}";
    }
}
