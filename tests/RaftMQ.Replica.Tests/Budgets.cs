using RaftMQ.Consensus;
using RaftMQ.Queues;
using RaftMQ.Replica.Disk;
using RaftMQ.Replica.Requests;
using RaftMQ.Simulation.Disk;
using RaftMQ.Storage.Files;
using RaftMQ.Storage.Wal;

namespace RaftMQ.Replica.Tests;

/// <summary>What a node may hold is looked at by the leader before it proposes, never where an entry is applied; a refusal names the limit.</summary>
public sealed class Budgets
{
    private const long MemoryBudget = 60_000;

    private static readonly byte[] CreateOrders = QueueCommandCodec.CreateTopic("orders");
    private static readonly byte[] PopOrders = QueueCommandCodec.Pop("orders");
    private static readonly byte[] PublishOrder = QueueCommandCodec.Publish("orders", "an order"u8);

    private static uint FollowerOf(World world) => world.Running.First(node => node != world.Leader).Id;

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    public void A_leader_that_holds_as_much_as_it_may_refuses_publishes_before_it_proposes_them_and_takes_them_again_when_some_are_consumed(int nodes)
    {
        var world = new World(seed: 3, nodes, WithLittleMemory);
        world.StartAndElect();
        world.Do(1, CreateOrders).Outcome.ShouldBe(RequestOutcome.Replied);
        uint asked = nodes == 1 ? 1 : FollowerOf(world);
        int taken = 0;
        RequestResult result;
        while ((result = world.Do(asked, PublishOrder)).Outcome == RequestOutcome.Replied)
        {
            (++taken).ShouldBeLessThan(10_000);
        }

        taken.ShouldBeInRange(100, 2_000);
        result.Outcome.ShouldBe(RequestOutcome.MemoryFull);
        result.Limit.ShouldBe(new LimitReached(NodeLimit.MemoryBudget, MemoryBudget));
        LogIndex last = world.Leader!.Replica.Core.Log.Last.Index;
        world.Do(asked, PublishOrder).Outcome.ShouldBe(RequestOutcome.MemoryFull);
        world.Do(asked, QueueCommandCodec.CreateTopic("more")).Outcome.ShouldBe(RequestOutcome.MemoryFull);
        world.Leader!.Replica.Core.Log.Last.Index.ShouldBe(last, "nothing was proposed");

        for (int i = 0; i < taken / 2; i++)
        {
            world.Do(asked, PopOrders).Reply.Outcome.ShouldBe(QueueOutcome.Done);
        }

        world.Until(() => world.Do(asked, PublishOrder).Outcome == RequestOutcome.Replied);
        world.Until(() => world.Running.Select(node => node.Replica.AppliedIndex).Distinct().Count() == 1);
        world.Running.Select(node => node.Replica.Machine.StateHash).Distinct().Count().ShouldBe(1);
    }

    [Fact]
    public void What_was_carried_out_before_is_answered_although_there_is_no_room_and_a_policy_that_makes_room_is_taken()
    {
        var world = new World(seed: 3, 3, WithLittleMemory);
        WorldNode leader = world.StartAndElect();
        world.Do(1, CreateOrders);
        byte[] keyed = QueueCommandCodec.Publish("orders", "an order"u8, "key");
        RequestResult first = world.Do(1, keyed);
        foreach (WorldNode node in world.Running)
        {
            node.Replica.BufferBytes = MemoryBudget;
        }

        world.Pass(50);
        world.Do(leader.Id, QueueCommandCodec.Publish("orders", "an order"u8, "another key")).Outcome.ShouldBe(RequestOutcome.MemoryFull);
        RequestResult again = world.Do(leader.Id, keyed);

        (again.Outcome, again.Reply).ShouldBe((RequestOutcome.Replied, first.Reply));
        world.Do(leader.Id, QueueCommandCodec.SetTopicPolicy("orders", new TopicPolicyChange { MaxMessages = 1 })).Outcome.ShouldBe(RequestOutcome.Replied);
    }

    [Fact]
    public void What_its_owner_holds_for_requests_counts_as_memory_of_the_node()
    {
        var world = new World(seed: 3, 1, WithLittleMemory);
        WorldNode leader = world.StartAndElect();
        world.Do(1, CreateOrders);
        leader.Replica.BufferBytes = MemoryBudget;

        world.Do(1, PublishOrder).Outcome.ShouldBe(RequestOutcome.MemoryFull);

        leader.Replica.BufferBytes = 0;
        world.Do(1, PublishOrder).Outcome.ShouldBe(RequestOutcome.Replied);
    }

    [Fact]
    public void A_leader_that_holds_as_much_as_it_may_hands_over_to_a_node_that_may_hold_more()
    {
        int made = 0;
        var world = new World(seed: 3, 3, options => ++made == 1 ? WithLittleMemory(options) : options);
        world.StartAndElect();
        world.Do(1, CreateOrders);
        world.Leader!.Replica.Core.TransferLeadership(new NodeId(1));
        world.Until(() => world.Leader?.Id == 1);

        world.Until(() =>
        {
            world.Submit(1, PublishOrder);
            world.Settle();
            return world.Leader?.Id != 1;
        });

        world.Do(1, PublishOrder).Outcome.ShouldBe(RequestOutcome.Replied);
        string.Join('\n', world[1].Reports).ShouldContain("the memory budget of this node is full");
    }

    [Fact]
    public void A_leader_whose_buffers_alone_are_full_keeps_its_office()
    {
        var world = new World(seed: 3, 3, WithLittleMemory);
        WorldNode leader = world.StartAndElect();
        world.Do(1, CreateOrders);

        leader.Replica.BufferBytes = MemoryBudget;
        world.Pass(200);

        world.Leader.ShouldBe(leader);
        world.Do(FollowerOf(world), PublishOrder).Outcome.ShouldBe(RequestOutcome.MemoryFull);
    }

    [Fact]
    public void Without_a_majority_that_has_room_the_refusal_says_how_many_nodes_must_have_it()
    {
        var world = new World(seed: 3, 3, WithLittleMemory);
        WorldNode leader = world.StartAndElect();
        world.Do(1, CreateOrders);
        foreach (WorldNode follower in world.Running.Where(node => node != leader))
        {
            follower.Replica.BufferBytes = MemoryBudget;
        }

        world.Pass(50);
        RequestResult result = world.Do(leader.Id, PublishOrder);

        (result.Outcome, result.Limit).ShouldBe((RequestOutcome.DiskFull, new LimitReached(NodeLimit.NodesWithRoom, 2)));
    }

    [Theory]
    [InlineData(123_456, NodeLimit.DiskBudget, 123_456)]
    [InlineData(null, NodeLimit.Disk, 0)]
    public void A_refusal_for_want_of_room_says_whether_the_disk_is_full_or_the_budget_of_it(int? budget, NodeLimit limit, long value)
    {
        var world = new World(seed: 3, 1);
        WorldNode leader = world.StartAndElect();
        world.Do(1, CreateOrders);
        leader.DiskIsHeld = true;
        leader.Handle(new DiskSpaceInput(WalSpace.Ample, 0, budget));

        RequestResult result = world.Do(1, PublishOrder);

        (result.Outcome, result.Limit).ShouldBe((RequestOutcome.DiskFull, new LimitReached(limit, value)));
    }

    [Theory]
    [InlineData(1, 1_000_000, NodeLimit.UncommittedEntries, 1)]
    [InlineData(1_000, 5, NodeLimit.UncommittedBytes, 5)]
    public void A_leader_with_too_much_that_is_not_committed_names_the_limit(int entries, long bytes, NodeLimit limit, long value)
    {
        var world = new World(
            seed: 3, 3, options => options with { Raft = options.Raft with { MaxUncommittedEntries = entries, MaxUncommittedBytes = bytes } });
        WorldNode leader = world.StartAndElect();
        world.Do(leader.Id, CreateOrders);
        leader.DiskIsHeld = true;
        world.Isolate(leader.Id);
        world.Submit(leader.Id, PublishOrder);

        TestCommand second = world.Submit(leader.Id, PublishOrder);
        world.Settle();

        (second.Result.Outcome, second.Result.Limit).ShouldBe((RequestOutcome.Overloaded, new LimitReached(limit, value)));
    }

    [Fact]
    public void The_disk_tells_of_the_budget_while_that_is_what_limits_it()
    {
        const int Budget = (10 * 16 * 1024) + 100;
        var told = new List<ReplicaInput>();
        var disk = new SimulatedDisk(1);
        var files = new BudgetedFileSystem(disk, Budget, reserveBytes: 0);
        ulong lastId = 0;
        ReplicaFolder folder = ReplicaFolder.Open(
            files, new NodeId(1), new WalOptions { SegmentBytes = 16 * 1024, MaxPayloadBytes = 8 * 1024, SpareSegments = 1 }, () => ++lastId, null);
        var worker = new ReplicaDisk(files, folder);
        for (int i = 0; i < 10; i++)
        {
            worker.WorkInBackground(idle: true, told);
        }

        told.OfType<DiskSpaceInput>().Last().BudgetBytes.ShouldBe(Budget);
        long room = told.OfType<DiskSpaceInput>().Last().RoomBytes;
        disk.CapacityBytes = disk.UsedBytes + files.FreeBytes - 1;
        worker.WorkInBackground(idle: true, told);
        told.OfType<DiskSpaceInput>().Last().ShouldBe(new DiskSpaceInput(WalSpace.Ample, room, BudgetBytes: null), "a byte more or less is no room, but another limit");
    }

    [Fact]
    public void A_node_with_many_messages_whose_budget_is_lowered_is_freed_by_consuming_them()
    {
        const int Messages = 8_000;
        var world = new World(seed: 12, nodes: 1);
        WorldNode node = world.StartAndElect();
        world.Do(1, CreateOrders);
        for (int i = 0; i < Messages; i++)
        {
            world.Do(1, PublishOrder);
        }

        long snapshotBytes = node.Replica.Machine.MostSnapshotBytes;
        snapshotBytes.ShouldBeGreaterThan(3 * WorldNode.WalOptions.SegmentBytes, "a snapshot takes more than the spares leave");
        node.Kill();
        node.DiskBudgetBytes = 7 * WorldNode.WalOptions.SegmentBytes;
        node.Disk.UsedBytes.ShouldBeGreaterThan(node.DiskBudgetBytes.Value);
        node.Start();
        world.Until(() => world.Leader is not null);
        world.Do(1, PublishOrder).Outcome.ShouldBe(RequestOutcome.DiskFull);

        for (int i = 0; i < Messages; i++)
        {
            world.Until(() => IsCarriedOut(PopOrders));
        }

        world.Until(() => IsCarriedOut(PublishOrder));
        node.Disk.UsedBytes.ShouldBeLessThanOrEqualTo(node.DiskBudgetBytes.Value);

        bool IsCarriedOut(byte[] command)
        {
            node.RestDisk();
            return world.Do(1, command).Outcome == RequestOutcome.Replied;
        }
    }

    [Theory]
    [InlineData(12, false)]
    [InlineData(12, true)]
    [InlineData(20, false)]
    [InlineData(30, true)]
    public void A_disk_that_is_full_of_small_messages_is_freed_by_consuming_them_one_by_one(int segments, bool restarts)
    {
        // A pop alone takes more of the log than the message that it frees; and of so many the snapshot takes more than a segment.
        var world = new World(seed: 12, nodes: 1);
        WorldNode node = world[1];
        node.Disk.CapacityBytes = segments * WorldNode.WalOptions.SegmentBytes;
        world.StartAndElect();
        world.Do(1, CreateOrders);
        int taken = 0;
        for (int refused = 0; refused < 20; refused++)
        {
            while (IsCarriedOut(PublishOrder))
            {
                taken++;
            }

            world.Pass(100);
        }

        taken.ShouldBeGreaterThan(segments * 50);
        for (int popped = 0; popped < taken; popped++)
        {
            if (restarts && popped % (taken / 4) == taken / 8)
            {
                node.Kill();
                node.Start();
                world.Until(() => world.Leader is not null);
            }

            world.Until(() => IsCarriedOut(PopOrders));
        }

        world.Until(() => IsCarriedOut(PublishOrder));

        bool IsCarriedOut(byte[] command)
        {
            node.RestDisk();
            return world.Do(1, command).Outcome == RequestOutcome.Replied;
        }
    }

    /// <summary>Of the log nothing stays in memory that is applied: what is counted is what waits.</summary>
    private static ReplicaOptions WithLittleMemory(ReplicaOptions options) =>
        options with { MemoryBudgetBytes = MemoryBudget, Raft = options.Raft with { TailBytes = 0 } };
}
