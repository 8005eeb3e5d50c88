using System.Text;
using RaftMQ.Consensus;
using RaftMQ.Queues;
using RaftMQ.Replica.Disk;
using RaftMQ.Replica.Requests;
using RaftMQ.Simulation.Disk;
using RaftMQ.Storage.Bodies;
using RaftMQ.Storage.Snapshots;
using RaftMQ.Storage.Transfer;
using RaftMQ.Storage.Wal;

namespace RaftMQ.Replica.Tests;

/// <summary>A replica that needs what its leader's log has released is brought up by a snapshot (§7).</summary>
public sealed class Transfers
{
    private const uint Behind = 3;

    [Theory]
    [InlineData(1, 1024 * 1024)]
    [InlineData(2, 100)]
    [InlineData(3, 7)]
    [InlineData(10, 1)]
    public void A_replica_that_was_away_gets_state_and_bodies_in_pieces_and_hands_them_out_itself(int seed, int pieceBytes)
    {
        World world = WithOneBehind(seed, pieceBytes);
        world.Heal();

        world.Until(() => world[Behind].Replica.AppliedIndex == world.Leader!.Replica.AppliedIndex, atMostTicks: 10_000);

        world[Behind].Reports.ShouldContain(report => report.Contains("installed a snapshot"));
        world[Behind].Replica.Machine.StateHash.ShouldBe(world.Leader!.Replica.Machine.StateHash);
        world[Behind].Kill();
        world[Behind].Start();
        world.Until(() => world[Behind].Replica.AppliedIndex == world.Leader!.Replica.AppliedIndex);
        for (int i = 50; i < 300; i++)
        {
            Encoding.UTF8.GetString(world.Do(Behind, QueueCommandCodec.Pop("orders")).Body.Span).ShouldBe("message " + i);
        }
    }

    [Fact]
    public void The_leader_goes_on_serving_while_a_snapshot_is_on_its_way()
    {
        World world = WithOneBehind(seed: 4, pieceBytes: 3);
        world.Heal();
        int before = world[Behind].Reports.Count;
        for (int i = 300; i < 340; i++)
        {
            world.Do(1, QueueCommandCodec.Publish("orders", Encoding.UTF8.GetBytes("message " + i))).Reply.Outcome.ShouldBe(QueueOutcome.Done);
        }

        world[Behind].Reports.Skip(before).ShouldNotContain(report => report.Contains("installed"), "40 messages go while the snapshot comes in thousands of pieces");
        world.Until(() => world[Behind].Replica.AppliedIndex == world.Leader!.Replica.AppliedIndex, atMostTicks: 20_000);
    }

    [Fact]
    public void A_replica_that_is_brought_up_refuses_its_clients_at_once_and_takes_them_when_it_is_there()
    {
        World world = WithOneBehind(seed: 9, pieceBytes: 3);
        world.Heal();
        world.Until(() => world[Behind].Replica.Core.IsBroughtUp, atMostTicks: 10_000);

        world.Do(Behind, QueueCommandCodec.Publish("orders", "refused"u8)).Outcome.ShouldBe(RequestOutcome.NotReady);
        world[Behind].AskTopics().Result!.Outcome.ShouldBe(RequestOutcome.NotReady);

        world.Until(() => world[Behind].Replica.AppliedIndex == world.Leader!.Replica.AppliedIndex, atMostTicks: 20_000);
        world.Do(Behind, QueueCommandCodec.Publish("orders", "taken"u8)).Reply.Outcome.ShouldBe(QueueOutcome.Done);
    }

    [Fact]
    public void Who_waits_for_an_entry_that_a_snapshot_contains_is_told_that_its_outcome_is_unknown_and_at_once()
    {
        TestCommand? submitted = null;
        World world = WithOneBehind(seed: 5, pieceBytes: 1024 * 1024, before: world =>
        {
            // Its entry comes to this server alone before the link is cut.
            WorldNode leader = world.Leader!;
            foreach (WorldNode other in world.Nodes.Where(node => node.Id != Behind))
            {
                other.DiskIsHeld = true;
            }

            LogIndex last = leader.Replica.Core.Log.Last.Index;
            submitted = world.Submit(Behind, QueueCommandCodec.Publish("orders", "of unknown fate"u8));
            world.Until(() => world[Behind].Replica.Core.Log.Last.Index > last);
            world.Settle();
        });

        TestCommand waiting = submitted!;
        waiting.IsDone.ShouldBeFalse();
        world.Heal();
        world.Until(() => world[Behind].Reports.Exists(report => report.Contains("installed a snapshot")));
        world.Settle();

        waiting.IsDone.ShouldBeTrue();
        waiting.Result.Outcome.ShouldBe(RequestOutcome.OutcomeUnknown);
    }

    /// <summary>It is tried about once a second: that a disk has been full for a day is no reason for a log of a day's lines.</summary>
    [Fact]
    public void That_a_snapshot_cannot_be_taken_in_is_said_once_a_minute()
    {
        var world = new World(seed: 11, nodes: 1);
        WorldNode node = world.StartAndElect();
        var failed = new SnapshotPieceFailedInput(new SnapshotPiece(default, default, new LogPosition(new LogIndex(7), new Term(1)), 0, default, IsLast: false), "No space left on device");
        node.Reports.Clear();
        for (int second = 0; second < 150; second++)
        {
            node.Handle(failed);
            world.Pass(100);
        }

        node.Reports.Count.ShouldBe(3);
        node.Reports.ShouldAllBe(report => report.EndsWith("could not be taken in: No space left on device; trying again until it can be", StringComparison.Ordinal));
    }

    [Fact]
    public void A_snapshot_that_does_not_bring_the_bodies_its_state_refers_to_is_refused_and_nothing_changes()
    {
        ulong id = 77;
        using ReplicaFolder from = FolderOfALeader(seed: 6, () => ++id, out SimulatedDisk leaderDisk);
        var lacking = new LiveBodies();
        foreach ((LogIndex index, int bytes) in from.Restored!.Live.In(new LogIndex(1), from.Restored.Metadata.Last.Index).Skip(1))
        {
            lacking.Add(index, bytes);
        }

        LogPosition snapshot = from.Restored.Metadata.Last;
        PieceOf(new SnapshotSource(leaderDisk, snapshot, lacking, from.ReadEntries, from.Options), snapshot, out SnapshotPiece piece);
        var files = new SimulatedDisk(5);
        using ReplicaFolder to = ReplicaFolder.Open(files, new NodeId(9), WorldNode.WalOptions, () => ++id, null);
        var told = new List<ReplicaInput>();
        using var disk = new ReplicaDisk(files, to);

        disk.Do([new SnapshotPieceWrite(piece)], told);

        told[^1].ShouldBeOfType<SnapshotPieceFailedInput>().Reason.ShouldContain("bodies");
        files.List().ShouldNotContain(name => IsOfInstall(name));
        PieceOf(new SnapshotSource(leaderDisk, snapshot, from.Restored.Live, from.ReadEntries, from.Options), snapshot, out piece);
        disk.Do([new SnapshotPieceWrite(piece)], told);
        told[^1].ShouldBeOfType<SnapshotInstalledInput>().State.Machine.StateHash.ShouldBe(from.Restored.Machine.StateHash);
        to.Log.FirstIndex.ShouldBe(snapshot.Index.Next);
    }

    [Fact]
    public void A_snapshot_whose_configuration_nobody_can_read_is_refused_before_anything_changes()
    {
        ulong id = 77;
        using ReplicaFolder from = FolderOfALeader(seed: 7, () => ++id, out _);
        SnapshotMetadata sound = from.Restored!.Metadata;
        LogEntry birth = sound.Configurations[0];
        LogEntry unreadable = new(birth.Index.Next, birth.Term, EntryKind.Membership, birth.Time, new byte[] { 1, 1, 2 });
        LogEntry[][] wrong = [[birth, unreadable], [unreadable], [birth with { Kind = EntryKind.Membership }], [birth, birth], [birth with { Payload = new byte[9] }]];
        foreach (LogEntry[] configurations in wrong)
        {
            var bad = new SimulatedDisk(6);
            using SnapshotStore store = SnapshotStore.Open(bad);
            store.Begin(sound with { Configurations = configurations }, from.Restored.Machine.Capture().Encode(1_000));
            store.Step(int.MaxValue, out _).ShouldBeTrue();
            PieceOf(new SnapshotSource(bad, sound.Last, from.Restored.Live, from.ReadEntries, from.Options), sound.Last, out SnapshotPiece piece);
            var told = new List<ReplicaInput>();
            var files = new SimulatedDisk(5);
            using ReplicaFolder to = ReplicaFolder.Open(files, new NodeId(9), WorldNode.WalOptions, () => ++id, null);
            using var disk = new ReplicaDisk(files, to);

            disk.Do([new SnapshotPieceWrite(piece)], told);

            told[^1].ShouldBeOfType<SnapshotPieceFailedInput>();
            to.Log.FirstIndex.Value.ShouldBe(1UL);
        }
    }

    [Fact]
    public void A_snapshot_of_a_cluster_version_that_is_not_understood_ends_the_node_at_its_first_part()
    {
        ulong id = 77;
        using ReplicaFolder from = FolderOfALeader(seed: 7, () => ++id, out _);
        SnapshotMetadata sound = from.Restored!.Metadata;
        LogEntry birth = sound.Configurations[0];
        LogEntry raise = new(birth.Index.Next, birth.Term, EntryKind.Membership, birth.Time, Birth.Decode(birth.Payload).Members.WithVersion(2).Encode());
        var raised = new SimulatedDisk(6);
        using SnapshotStore store = SnapshotStore.Open(raised);
        store.Begin(sound with { Configurations = [birth, raise] }, from.Restored.Machine.Capture().Encode(1_000));
        store.Step(int.MaxValue, out _).ShouldBeTrue();
        PieceOf(new SnapshotSource(raised, sound.Last, from.Restored.Live, from.ReadEntries, from.Options), sound.Last, out SnapshotPiece whole);
        SnapshotPiece first = whole with { Data = whole.Data[..512], IsLast = false };
        var files = new SimulatedDisk(5);
        using ReplicaFolder to = ReplicaFolder.Open(files, new NodeId(9), WorldNode.WalOptions, () => ++id, null);
        using var disk = new ReplicaDisk(files, to);

        Should.Throw<Storage.StorageRefusedException>(() => disk.Do([new SnapshotPieceWrite(first)], [])).Message
            .ShouldEndWith("that the leader sent: the cluster is at version 2, and this program understands version 1: run a newer raftmq on this node");
    }

    [Fact]
    public void A_snapshot_without_room_is_refused_with_a_reason_that_says_what_it_needs_room_beside()
    {
        using ReplicaDisk disk = FullDiskFor(out SnapshotPiece piece, out SimulatedDisk files, out ReplicaFolder to);
        var told = new List<ReplicaInput>();

        disk.Do([new SnapshotPieceWrite(piece)], told);

        told[^1].ShouldBeOfType<SnapshotPieceFailedInput>().Reason.ShouldContain("it needs room beside all that this node holds");
        files.List().ShouldNotContain(name => IsOfInstall(name));
    }

    [Fact]
    public void What_waits_for_room_does_not_keep_a_snapshot_from_bringing_some_and_of_it_term_and_vote_are_left()
    {
        using ReplicaDisk disk = FullDiskFor(out SnapshotPiece piece, out SimulatedDisk files, out ReplicaFolder to);
        LogPosition snapshot = piece.Snapshot;
        var told = new List<ReplicaInput>();
        LogEntry large = new(new LogIndex(1), new Term(1), EntryKind.Command, new LogTime(1), new byte[WorldNode.WalOptions.MaxPayloadBytes]);
        LogEntry[] larges = [.. Enumerable.Range(1, 40).Select(index => large with { Index = new LogIndex((ulong)index) })];
        disk.Do([new PersistBatch(1, new WalBatch(null, null, larges), null)], told);
        told.ShouldBeEmpty("there is no room for them");
        files.CapacityBytes = files.UsedBytes + (4 * WorldNode.WalOptions.SegmentBytes);
        var state = new HardState(new Term(3), new ServerId(new NodeId(2), 2));

        disk.Do([new SnapshotPieceWrite(piece), new PersistBatch(2, new WalBatch(state, null, []), null)], told);

        told[0].ShouldBeOfType<PersistedInput>().Batch.ShouldBe(2UL);
        told[1].ShouldBeOfType<SnapshotInstalledInput>().State.Metadata.Last.ShouldBe(snapshot);
        to.Log.LastIndex.ShouldBe(snapshot.Index);
        disk.Do([new PersistBatch(3, new WalBatch(null, null, [large with { Index = snapshot.Index.Next, Payload = new byte[10] }]), null)], told);
        told[^1].ShouldBeOfType<PersistedInput>().Batch.ShouldBe(3UL);
        files.Crash();
        using ReplicaFolder again = OpenFolder(files);
        again.Recovered.HardState.ShouldBe(state);
        again.Log.LastIndex.ShouldBe(snapshot.Index.Next);
    }

    [Fact]
    public void What_came_of_a_snapshot_that_does_not_go_on_is_removed()
    {
        World world = WithOneBehind(seed: 8, pieceBytes: 3);
        world.Heal();
        world.Until(() => world[Behind].Replica.Core.IsReceivingSnapshot && world[Behind].Disk.List().Any(IsOfInstall), atMostTicks: 10_000);

        world.Isolate(Behind);

        world.Until(() => !world[Behind].Replica.Core.IsReceivingSnapshot && !world[Behind].Disk.List().Any(IsOfInstall), atMostTicks: 20_000);
        world.Heal();
        world.Until(() => world[Behind].Replica.AppliedIndex == world.Leader!.Replica.AppliedIndex, atMostTicks: 20_000);
    }

    private static ReplicaFolder FolderOfALeader(int seed, Func<ulong> drawId, out SimulatedDisk disk)
    {
        WorldNode leader = WithOneBehind(seed, pieceBytes: 1024 * 1024).Leader!;
        leader.Kill();
        disk = leader.Disk;
        return ReplicaFolder.Open(disk, new NodeId(leader.Id), WorldNode.WalOptions, drawId, null);
    }

    /// <summary>A disk without room, and a whole snapshot in one piece for it.</summary>
    private static ReplicaDisk FullDiskFor(out SnapshotPiece piece, out SimulatedDisk files, out ReplicaFolder folder)
    {
        ulong id = 77;
        using ReplicaFolder from = FolderOfALeader(seed: 6, () => ++id, out SimulatedDisk leaderDisk);
        LogPosition snapshot = from.Restored!.Metadata.Last;
        PieceOf(new SnapshotSource(leaderDisk, snapshot, from.Restored.Live, from.ReadEntries, from.Options), snapshot, out piece);
        files = new SimulatedDisk(5);
        folder = OpenFolder(files);
        files.CapacityBytes = files.UsedBytes + 100;
        return new ReplicaDisk(files, folder);
    }

    private static ReplicaFolder OpenFolder(SimulatedDisk files)
    {
        ulong id = 177;
        return ReplicaFolder.Open(files, new NodeId(9), WorldNode.WalOptions, () => ++id, null);
    }

    private static bool IsOfInstall(string name) => name.StartsWith("install", StringComparison.Ordinal);

    private static void PieceOf(SnapshotSource source, LogPosition snapshot, out SnapshotPiece piece)
    {
        source.TryRead(0, int.MaxValue, out ReadOnlyMemory<byte> data, out bool isLast).ShouldBeTrue();
        isLast.ShouldBeTrue();
        piece = new SnapshotPiece(new ServerId(new NodeId(1), 1), new Term(1), snapshot, 0, data, IsLast: true);
        source.Dispose();
    }

    /// <summary>Three replicas, of which the third is cut off from what the others have put into snapshots since: 300 messages, 50 of which are popped.</summary>
    private static World WithOneBehind(int seed, int pieceBytes, Action<World>? before = null)
    {
        var world = new World(
            seed, nodes: 3, options => options with { SnapshotLogBytes = 2_000, Raft = options.Raft with { TailBytes = 0, MaxSnapshotPieceBytes = pieceBytes } });
        world.StartAndElect();
        world.Until(() => world.Leader!.Id != Behind || HandsOver(world));
        world.Do(1, QueueCommandCodec.CreateTopic("orders"));
        before?.Invoke(world);
        world.Isolate(Behind);
        foreach (WorldNode node in world.Nodes)
        {
            node.DiskIsHeld = false;
        }

        world.Until(() => world.Leader is { Id: not Behind, Replica.Core.HasCommittedInOwnTerm: true });
        uint leader = world.Leader!.Id;
        for (int i = 0; i < 300; i++)
        {
            world.Do(leader, QueueCommandCodec.Publish("orders", Encoding.UTF8.GetBytes("message " + i))).Reply.Outcome.ShouldBe(QueueOutcome.Done);
            if (i % 6 == 5)
            {
                world.Do(leader, QueueCommandCodec.Pop("orders")).Reply.Outcome.ShouldBe(QueueOutcome.Done);
            }
        }

        world.Pass(20);
        world[Behind].Replica.AppliedIndex.ShouldBeLessThan(world.Leader!.Replica.Core.Log.Base.Index);
        return world;
    }

    private static bool HandsOver(World world)
    {
        world.Leader!.Replica.Core.TransferLeadership(null);
        return false;
    }
}
