using RaftMQ.Consensus;
using RaftMQ.Consensus.Messages;
using RaftMQ.Queues;
using RaftMQ.Replica.Disk;
using RaftMQ.Replica.Peers;
using RaftMQ.Replica.Requests;
using RaftMQ.Simulation.Disk;
using RaftMQ.Storage.Snapshots;
using RaftMQ.Storage.Wal;

namespace RaftMQ.Replica.Tests;

/// <summary>Storage rule 9: a disk that fills up under what is already on its way stands still, and goes on when there is room. Nothing is half done.</summary>
public sealed class FullDisks
{
    private const int SegmentBytes = 16 * 1024;

    [Fact]
    public void What_has_no_room_waits_in_its_order_and_is_written_when_there_is_some()
    {
        var told = new List<ReplicaInput>();
        (SimulatedDisk files, ReplicaFolder folder, ReplicaDisk disk) = Open(told);
        files.CapacityBytes = 4 * SegmentBytes;

        DiskWork[] work = [.. Enumerable.Range(1, 20).Select(i => new PersistBatch((ulong)i + 1, new WalBatch(null, null, [EntryAt(i)]), null))];
        disk.Do(work[..15], told);
        disk.Do(work[15..], told);
        disk.WorkInBackground(idle: true, told);
        disk.WorkInBackground(idle: true, told);

        ulong[] persisted = [.. told.OfType<PersistedInput>().Select(input => input.Batch)];
        persisted.Length.ShouldBe(2, "the first batch, and those that fitted");
        persisted[1].ShouldBeInRange(3UL, 15UL);
        told[^1].ShouldBeOfType<DiskSpaceInput>().Space.ShouldBe(WalSpace.Exhausted);
        folder.Log.LastIndex.Value.ShouldBe(persisted[1] - 1);

        told.Clear();
        files.CapacityBytes = long.MaxValue;
        for (int i = 0; i < 10; i++)
        {
            disk.WorkInBackground(idle: true, told);
        }

        told.OfType<PersistedInput>().ShouldHaveSingleItem().Batch.ShouldBe(21UL);
        told.OfType<DiskSpaceInput>().Last().Space.ShouldBe(WalSpace.Ample);
        folder.Log.LastIndex.Value.ShouldBe(20UL);
    }

    [Fact]
    public void A_follower_whose_log_takes_nothing_in_refuses_what_it_could_not_answer()
    {
        var world = new World(seed: 61, nodes: 3);
        WorldNode leader = world.StartAndElect();
        WorldNode follower = world.Nodes.First(node => node != leader);
        world.Do(leader.Id, QueueCommandCodec.CreateTopic("orders"));
        world.Settle();
        follower.Handle(new DiskSpaceInput(WalSpace.Exhausted, 0, BudgetBytes: 77));

        RequestResult refused = world.Do(follower.Id, QueueCommandCodec.Publish("orders", "refused"u8));
        (refused.Outcome, refused.Limit).ShouldBe((RequestOutcome.DiskFull, new LimitReached(NodeLimit.DiskBudget, 77)), "by its own limit, whatever the leader's are");
        world.Do(leader.Id, QueueCommandCodec.Publish("orders", "taken"u8)).Reply.Outcome.ShouldBe(QueueOutcome.Done);
        leader.Replica.Machine.MessageCount.ShouldBe(1);

        follower.Handle(new DiskSpaceInput(WalSpace.Ample, 1 << 20));
        world.Do(follower.Id, QueueCommandCodec.Publish("orders", "taken again"u8)).Reply.Outcome.ShouldBe(QueueOutcome.Done);
    }

    [Fact]
    public void A_follower_without_room_is_not_sent_again_and_again_what_it_cannot_take()
    {
        var world = new World(seed: 63, nodes: 3);
        WorldNode leader = world.StartAndElect();
        WorldNode full = world.Nodes.First(node => node != leader);
        world.Do(leader.Id, QueueCommandCodec.CreateTopic("orders"));
        world.Pass(10);
        full.Handle(new DiskSpaceInput(WalSpace.Exhausted, 0));
        LogPosition last = full.Replica.Core.Log.Last;
        for (int i = 0; i < 100; i++)
        {
            world.Do(leader.Id, QueueCommandCodec.Publish("orders", new byte[1_000]));
        }

        List<PeerMessage> sent = world.SentDuring(() => world.Pass(100));

        AppendEntries[] toIt = [.. sent.OfType<RaftPeerMessage>().Select(message => message.Message).OfType<AppendEntries>().Where(append => append.To == full.Replica.Identity.Server)];
        toIt.Length.ShouldBeGreaterThanOrEqualTo(15, "heartbeats go on");
        toIt.ShouldAllBe(append => append.Entries.Length == 0);
        full.Replica.Core.Log.Last.ShouldBe(last);
        full.Replica.Core.Leader.ShouldBe(leader.Replica.Identity.Server);

        full.Handle(new DiskSpaceInput(WalSpace.Ample, 1 << 20));
        world.Until(() => full.Replica.AppliedIndex == leader.Replica.AppliedIndex, atMostTicks: 20);
        full.Replica.Machine.StateHash.ShouldBe(leader.Replica.Machine.StateHash);
    }

    /// <summary>It may be needed: entries that it has are committed by it, and what is committed it applies.</summary>
    [Fact]
    public void A_follower_without_room_acknowledges_and_applies_what_it_has()
    {
        var world = new World(seed: 64, nodes: 3);
        WorldNode leader = world.StartAndElect();
        WorldNode[] others = [.. world.Nodes.Where(node => node != leader)];
        (WorldNode full, WorldNode gone) = (others[0], others[1]);
        gone.Kill();
        world.Do(leader.Id, QueueCommandCodec.CreateTopic("orders"));
        world.Pass(10);

        // The acknowledgement is lost, and the disk is full by the time the entry is sent again, with another that the follower does not have.
        full.DiskIsHeld = true;
        TestCommand published = world.Submit(leader.Id, QueueCommandCodec.Publish("orders", "there, and not acknowledged"u8));
        world.Settle();
        world.Loss = 1;
        full.DiskIsHeld = false;
        world.Settle();
        full.Handle(new DiskSpaceInput(WalSpace.Exhausted, 0));
        world.Submit(leader.Id, QueueCommandCodec.Publish("orders", "not there"u8));
        world.Settle();
        full.LoseLink(leader);
        leader.LoseLink(full);
        world.Loss = 0;
        published.IsDone.ShouldBeFalse();

        world.Until(() => published.IsDone && full.Replica.AppliedIndex == leader.Replica.AppliedIndex, atMostTicks: 20);
        full.Replica.AppliedIndex.ShouldBe(full.Replica.Core.Log.Last.Index);
        published.Result.Reply.Outcome.ShouldBe(QueueOutcome.Done);
    }

    [Fact]
    public void Reads_that_wait_for_a_state_that_does_not_come_end_and_are_let_go()
    {
        var world = new World(seed: 65, nodes: 3, options => options with { MaxForwardedReads = 4 });
        WorldNode leader = world.StartAndElect();
        WorldNode full = world.Nodes.First(node => node != leader);
        world.Do(leader.Id, QueueCommandCodec.CreateTopic("orders"));
        world.Pass(10);
        full.Handle(new DiskSpaceInput(WalSpace.Exhausted, 0));
        world.Do(leader.Id, QueueCommandCodec.Publish("orders", "not there"u8));

        TestTopicRead[] reads = [.. Enumerable.Range(0, 100).Select(_ => full.AskTopics())];
        world.Pass(10);
        full.Replica.ReadsToServe.ShouldBe(100);
        world.Until(() => reads.All(read => read.Result is not null), atMostTicks: 600);

        reads.ShouldAllBe(read => read.Result!.Outcome == RequestOutcome.NotReady, "there is a leader, and this node does not come to what it said");
        full.Replica.ReadsToServe.ShouldBeLessThanOrEqualTo(4);
        full.Handle(new DiskSpaceInput(WalSpace.Ample, 1 << 20));
        TestTopicRead read = full.AskTopics();
        world.Until(() => read.Result is not null, atMostTicks: 20);
        read.Result!.Topics.ShouldBe(["orders"]);
    }

    /// <summary>Each has room for a message now and then: they would do nothing else.</summary>
    [Fact]
    public void Those_that_are_full_by_turns_do_not_hand_leadership_to_and_fro()
    {
        var world = new World(seed: 62, nodes: 3);
        world.StartAndElect();
        WorldNode? full = null;
        int handedOver = 0;
        for (int tick = 0; tick < 450; tick++)
        {
            if (world.Leader is { } leader && leader != full)
            {
                full?.Handle(new DiskSpaceInput(WalSpace.Ample, 1 << 20));
                leader.Handle(new DiskSpaceInput(WalSpace.ReserveOnly, 0));
                handedOver += full is null ? 0 : 1;
                full = leader;
            }

            world.Pass();
        }

        handedOver.ShouldBeInRange(1, 3, "each once in five seconds");
    }

    [Fact]
    public void Whoever_is_told_of_a_snapshot_is_told_of_the_room_that_it_has_left()
    {
        var told = new List<ReplicaInput>();
        (SimulatedDisk files, ReplicaFolder folder, ReplicaDisk disk) = Open(told);
        while (disk.WorkInBackground(idle: false, told))
        {
        }

        files.CapacityBytes = files.UsedBytes + (4 * SegmentBytes);
        long before = folder.Log.RoomBytes;
        disk.Do([new PersistBatch(2, new WalBatch(null, null, [EntryAt(1)]), null)], told);

        told.Clear();
        disk.Do([SaveAt(1)], told);
        while (told.Count == 0)
        {
            disk.WorkInBackground(idle: false, told);
        }

        SnapshotSavedInput saved = told[0].ShouldBeOfType<SnapshotSavedInput>();
        saved.RoomBytes.ShouldBe(folder.Log.RoomBytes);
        saved.RoomBytes.ShouldBeLessThan(before);
    }

    [Fact]
    public void What_waits_is_written_under_load_too_when_there_is_room()
    {
        var told = new List<ReplicaInput>();
        (SimulatedDisk files, ReplicaFolder folder, ReplicaDisk disk) = Open(told);
        files.CapacityBytes = 2 * SegmentBytes;
        disk.Do([.. Enumerable.Range(1, 20).Select(i => new PersistBatch((ulong)i + 1, new WalBatch(null, null, [EntryAt(i)]), null))], told);
        disk.WorkInBackground(idle: false, told);
        told[^1].ShouldBeOfType<DiskSpaceInput>().Space.ShouldBe(WalSpace.Exhausted);
        files.CapacityBytes = long.MaxValue;

        for (int i = 0; i < 1_000 && folder.Log.LastIndex.Value < 20; i++)
        {
            disk.Do([], told);
            disk.WorkInBackground(idle: false, told);
        }

        folder.Log.LastIndex.Value.ShouldBe(20UL);
        told.OfType<PersistedInput>().Last().Batch.ShouldBe(21UL);
    }

    [Fact]
    public void No_snapshot_is_written_of_what_waits_for_room_and_one_of_what_is_written_is()
    {
        var told = new List<ReplicaInput>();
        (SimulatedDisk files, ReplicaFolder folder, ReplicaDisk disk) = Open(told);
        disk.Do([.. Enumerable.Range(1, 20).Select(i => new PersistBatch((ulong)i + 1, new WalBatch(null, null, [EntryAt(i)]), null)), SaveAt(20)], told);
        while (disk.WorkInBackground(idle: false, told))
        {
        }

        told.OfType<SnapshotSavedInput>().ShouldHaveSingleItem().Bytes.ShouldBeGreaterThan(0, "what is asked for beside it is written before it");

        files.CapacityBytes = files.UsedBytes;
        told.Clear();
        disk.Do([.. Enumerable.Range(21, 60).Select(i => new PersistBatch((ulong)i + 1, new WalBatch(null, null, [EntryAt(i)]), null)), SaveAt(80)], told);
        folder.Log.LastIndex.Value.ShouldBeLessThan(80UL);

        told.OfType<SnapshotSavedInput>().ShouldHaveSingleItem().Bytes.ShouldBe(0);
    }

    private static SnapshotSave SaveAt(int index) => new(
        new SnapshotMetadata(new LogPosition(new LogIndex((ulong)index), new Term(1)), new LogTime(index), 0, [EntryAt(1)]), new QueueMachine().Capture(), FreesRoom: false);

    /// <summary>A folder whose log has one batch, number 1, and no entry.</summary>
    private static (SimulatedDisk Files, ReplicaFolder Folder, ReplicaDisk Disk) Open(List<ReplicaInput> told)
    {
        var files = new SimulatedDisk(1);
        ulong lastId = 0;
        var options = new WalOptions { SegmentBytes = SegmentBytes, MaxPayloadBytes = 8 * 1024, SpareSegments = 1 };
        ReplicaFolder folder = ReplicaFolder.Open(files, new NodeId(1), options, () => ++lastId, null);
        var disk = new ReplicaDisk(files, folder);
        disk.Do([new PersistBatch(1, new WalBatch(new HardState(new Term(1), null), null, []), null)], told);
        return (files, folder, disk);
    }

    private static LogEntry EntryAt(int index) => new(new LogIndex((ulong)index), new Term(1), EntryKind.Command, new LogTime(index), new byte[3_000]);
}
