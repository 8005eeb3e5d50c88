using System.Text;
using RaftMQ.Queues;
using RaftMQ.Replica.Requests;

namespace RaftMQ.Replica.Tests;

/// <summary>Bodies live in the log (design, Queues): who pops gets the message, also when its entry left memory long ago.</summary>
public sealed class Bodies
{
    private static readonly byte[] PopOrders = QueueCommandCodec.Pop("orders");

    [Theory]
    [InlineData(1)]
    [InlineData(40)]
    [InlineData(1 << 20)]
    public void A_message_that_is_no_longer_in_memory_is_read_back(int loadBytes)
    {
        World world = WithBacklog(seed: 1, messages: 60, loadBytes);

        foreach (uint node in new uint[] { 1, 2, 3 })
        {
            TestCommand[] pops = [.. Enumerable.Range(0, 20).Select(_ => world.Submit(node, PopOrders))];
            world.Until(() => Array.TrueForAll(pops, pop => pop.IsDone));
            pops.Select(TextOf).ShouldBe(Enumerable.Range((int)(node - 1) * 20, 20).Select(TextOf), ignoreOrder: node != world.Leader!.Id);
        }

        world.Do(1, PopOrders).Reply.Outcome.ShouldBe(QueueOutcome.Empty);
    }

    [Fact]
    public void The_first_result_of_a_key_is_read_back_too()
    {
        World world = WithBacklog(seed: 2, messages: 3);
        byte[] keyed = QueueCommandCodec.Pop("orders", "key-1");

        RequestResult first = world.Do(1, keyed);
        RequestResult again = world.Do(2, keyed);

        Encoding.UTF8.GetString(first.Body.Span).ShouldBe(TextOf(0));
        again.Body.ToArray().ShouldBe(first.Body.ToArray());
        again.Reply.Index.ShouldBe(first.Reply.Index);
    }

    [Fact]
    public void Two_requests_may_wait_for_the_same_body()
    {
        World world = WithBacklog(seed: 3, messages: 3);
        byte[] keyed = QueueCommandCodec.Pop("orders", "key-1");
        TestCommand[] pops = [.. Enumerable.Range(0, 3).Select(_ => world.Submit(1, keyed)), world.Submit(1, PopOrders)];

        world.Until(() => Array.TrueForAll(pops, pop => pop.IsDone));

        pops.Select(TextOf).ShouldBe([TextOf(0), TextOf(0), TextOf(0), TextOf(1)]);
    }

    [Fact]
    public void What_was_popped_and_cannot_be_read_in_time_has_an_unknown_outcome()
    {
        World world = WithBacklog(seed: 4, messages: 3);
        TestCommand pop = PopWhoseBodyIsHeld(world);

        world.Until(() => pop.IsDone, atMostTicks: 1_100);

        pop.Result.Outcome.ShouldBe(RequestOutcome.OutcomeUnknown);
        world[1].DiskIsHeld = false;
        world.Pass(5);
        Encoding.UTF8.GetString(world.Do(1, PopOrders).Body.Span).ShouldBe(TextOf(1));
    }

    [Fact]
    public void A_node_that_stops_waits_for_bodies_and_says_what_it_does_not_know()
    {
        World world = WithBacklog(seed: 5, messages: 3);
        TestCommand pop = PopWhoseBodyIsHeld(world);

        world[1].Replica.HasRequestsUnderWay.ShouldBeTrue();
        world[1].Replica.EndAllRequests();

        pop.Result.Outcome.ShouldBe(RequestOutcome.OutcomeUnknown);
    }

    [Fact]
    public void A_client_that_goes_while_its_message_is_read_ends_its_request_once()
    {
        World world = WithBacklog(seed: 6, messages: 3);
        TestCommand pop = PopWhoseBodyIsHeld(world);

        world[1].Handle(new CommandGoneInput(pop));
        world.Pass();
        pop.Result.Outcome.ShouldBe(RequestOutcome.OutcomeUnknown);

        world[1].DiskIsHeld = false;
        world.Pass(5);
        world[1].Replica.HasRequestsUnderWay.ShouldBeFalse();
    }

    /// <summary>Messages on three nodes that keep nothing in memory that is on disk.</summary>
    private static World WithBacklog(int seed, int messages, int loadBytes = 1 << 20)
    {
        var world = new World(seed, nodes: 3, options => options with { BodyLoadBytes = loadBytes, Raft = options.Raft with { TailBytes = 0 } });
        world.StartAndElect();
        world.Do(1, QueueCommandCodec.CreateTopic("orders"));
        for (int i = 0; i < messages; i++)
        {
            world.Do(1, QueueCommandCodec.Publish("orders", Encoding.UTF8.GetBytes(TextOf(i)))).Reply.Outcome.ShouldBe(QueueOutcome.Done);
        }

        world.Settle();
        return world;
    }

    /// <summary>A pop on node 1 that is committed and applied, while the disk does not come to reading its body.</summary>
    private static TestCommand PopWhoseBodyIsHeld(World world)
    {
        world[1].DiskIsHeld = true;
        TestCommand pop = world.Submit(1, PopOrders);
        world.Until(() => world[1].Replica.Machine.MessageCount == 2);
        pop.IsDone.ShouldBeFalse();
        return pop;
    }

    private static string TextOf(int message) => "message " + message;

    private static string TextOf(TestCommand pop) => Encoding.UTF8.GetString(pop.Result.Body.Span);
}
