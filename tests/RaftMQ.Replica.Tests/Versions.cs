using RaftMQ.Consensus;
using RaftMQ.Queues;
using RaftMQ.Replica.Disk;
using RaftMQ.Replica.Requests;
using RaftMQ.Simulation.Disk;
using RaftMQ.Storage;

namespace RaftMQ.Replica.Tests;

/// <summary>The version of the cluster (docs/decisions/0014): raised when every member understands more, and refused by whoever does not.</summary>
public sealed class Versions
{
    private static readonly ClusterVersions Older = new(1, 1);
    private static readonly ClusterVersions Newer = new(1, 2);

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void A_leader_raises_the_version_as_soon_as_the_last_member_understands_it_and_not_before(int seed)
    {
        World world = WithNewer(seed, nodes: 3, [1, 2]);
        world.StartAndElect();
        world.Pass(300);
        AllAreAt(world, 1);

        world[3].Kill();
        world.Until(() => world.Leader is { Replica.Core.HasCommittedInOwnTerm: true });
        world.Pass(300);
        AllAreAt(world, 1);

        world[3].Understands = Newer;
        world[3].Start();
        world.Until(() => world.Running.All(node => node.Replica.ClusterVersion == 2));
        world.Running.ShouldAllBe(node => node.Reports.Contains("the cluster is at version 2"));
        world.Running.Sum(node => node.Reports.Count(report => report.StartsWith("raising the cluster", StringComparison.Ordinal))).ShouldBe(1);
        world.Do(1, QueueCommandCodec.CreateTopic("orders")).Reply.Outcome.ShouldBe(QueueOutcome.Done);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public void A_raise_that_its_leader_did_not_finish_is_taken_back_and_made_by_the_next(int seed)
    {
        World world = WithNewer(seed, nodes: 3, [1, 2]);
        world.StartAndElect();
        uint last = 3;
        world[last].Kill();
        world.Until(() => world.Leader is { Replica.Core.HasCommittedInOwnTerm: true });
        WorldNode old = world.Leader!;
        world.Loss = 1;
        world[last].Understands = Newer;
        world[last].Start();
        world.Until(() => old.Replica.VersionInForce == 2, atMostTicks: 10);
        old.Replica.ClusterVersion.ShouldBe(1, "it is not committed");

        old.Kill();
        world.Loss = 0;
        world.Until(() => world.Leader is { Replica.Core.HasCommittedInOwnTerm: true });
        world.Pass(300);
        world.Running.ShouldAllBe(node => node.Replica.VersionInForce == 1, "one member is not there, and has said nothing");

        old.Start();
        world.Until(() => world.Running.All(node => node.Replica.ClusterVersion == 2));
    }

    [Fact]
    public void A_cluster_is_born_at_the_oldest_version_of_its_founders_program_and_then_raised()
    {
        World world = WithNewer(seed: 1, nodes: 1, [1]);
        world[1].Understands = new ClusterVersions(2, 4);
        world[1].Start();

        world.Until(() => world[1].Replica.ClusterVersion == 4);

        Birth.Decode(world[1].Replica.Core.Log.TryGet(Birth.Position.Index, out LogEntry birth) ? birth.Payload : default).Members.Version.ShouldBe(2);
    }

    [Fact]
    public void A_learner_that_was_never_there_holds_the_version_back()
    {
        World world = WithNewer(seed: 4, nodes: 4, [1, 2], founders: 3);
        for (uint id = 1; id <= 3; id++)
        {
            world[id].Start();
        }

        world.Until(() => world.Leader is { Replica.Core.HasCommittedInOwnTerm: true });
        world.Change(new MemberAddition(World.MemberOf(4)));
        world[3].Kill();
        world[3].Understands = Newer;
        world[3].Start();
        world.Pass(300);
        AllAreAt(world, 1);

        world[4].Understands = Newer;
        world[4].Start();
        world.Until(() => world.Running.All(node => node.Replica.ClusterVersion == 2) && world.Votes(1, 2, 3, 4));
    }

    [Fact]
    public void A_node_whose_program_is_known_to_be_too_old_is_not_added()
    {
        World world = WithNewer(seed: 5, nodes: 3, [1, 2, 3]);
        world.StartAndElect();
        world.Until(() => world.Running.All(node => node.Replica.ClusterVersion == 2));
        WorldNode leader = world.Leader!;
        leader.Handle(new StrangerInput(new NodeId(4), Older));

        TestChange asked = leader.Change(new MemberAddition(World.MemberOf(4)));
        TestChange replaced = leader.Change(new MemberReplacement(new NodeId(leader.Id == 1 ? 2u : 1u), World.MemberOf(4)));
        world.Until(() => asked.IsDone && replaced.IsDone);

        asked.Outcome.ShouldBe(ChangeOutcome.Refused);
        asked.Reason.ShouldBe("node 4 understands version 1, and the cluster is at version 2: run a raftmq on it that understands that");
        replaced.Outcome.ShouldBe(ChangeOutcome.Refused);

        leader.Handle(new StrangerInput(new NodeId(4), Newer));
        asked = leader.Change(new MemberAddition(World.MemberOf(4)));
        world.Until(() => asked.IsDone);
        asked.Outcome.ShouldBe(ChangeOutcome.Done);
    }

    [Fact]
    public void What_a_stranger_was_long_ago_does_not_keep_it_out()
    {
        World world = WithNewer(seed: 12, nodes: 3, [1, 2, 3]);
        world.StartAndElect();
        world.Until(() => world.Running.All(node => node.Replica.ClusterVersion == 2));
        world.Leader!.Handle(new StrangerInput(new NodeId(4), Older));

        world.Pass(3_100);

        world.Change(new MemberAddition(World.MemberOf(4)));
    }

    [Fact]
    public void A_folder_of_a_version_that_the_program_does_not_understand_is_refused_in_one_line()
    {
        World world = WithNewer(seed: 6, nodes: 3, [1, 2, 3]);
        world.StartAndElect();
        world.Until(() => world.Running.All(node => node.Replica.ClusterVersion == 2));
        world[3].Kill();

        world[3].Understands = Older;

        Should.Throw<StorageRefusedException>(world[3].Start).Message
            .ShouldEndWith("the cluster is at version 2, and this program understands version 1: run a newer raftmq on this node");
        world[3].Understands = Newer;
        world[3].Start();
        world.Until(() => world[3].Replica.ClusterVersion == 2);
    }

    [Fact]
    public void A_snapshot_of_such_a_version_is_refused_before_its_state_is_looked_at()
    {
        var world = new World(7, nodes: 1, options => options with { SnapshotLogBytes = 2_000 });
        world[1].Understands = Newer;
        world[1].Start();
        world.Until(() => world[1].IsRunning && world[1].Replica.ClusterVersion == 2);
        world.Do(1, QueueCommandCodec.CreateTopic("orders"));
        while (!world[1].Disk.List().Any(name => name.EndsWith(".snapshot", StringComparison.Ordinal)))
        {
            world.Do(1, QueueCommandCodec.Publish("orders", new byte[100]));
        }

        world[1].Kill();
        world[1].Understands = Older;

        Should.Throw<StorageRefusedException>(world[1].Start).Message.ShouldStartWith("the snapshot up to entry");
    }

    [Fact]
    public void A_node_that_went_back_while_a_raise_was_on_its_way_takes_nothing_of_it_and_ends()
    {
        World world = WithNewer(seed: 8, nodes: 3, [1, 2]);
        WorldNode leader = world.StartAndElect();
        WorldNode wentBack = world[3];
        world.Until(() => leader.Id != 3 || HandsOver(world));
        leader = world.Leader!;

        // What the leader still believes of it.
        leader.Handle(new LinkUpInput(wentBack.Replica.Identity.Server, Newer));
        world.Until(() => !wentBack.IsRunning);

        wentBack.Reports[^1].ShouldBe("the cluster is at version 2, and this program understands version 1: run a newer raftmq on this node");
        world.Until(() => world.Running.All(node => node.Replica.ClusterVersion == 2));
        wentBack.Understands = Newer;
        wentBack.Start();
        wentBack.Replica.VersionInForce.ShouldBe(1, "it had taken nothing of it");
        world.Until(() => wentBack.Replica.ClusterVersion == 2);
    }

    [Fact]
    public void An_unborn_node_takes_no_birth_that_its_program_does_not_understand()
    {
        var world = new World(11, nodes: 2, founders: 1);
        world[1].Understands = new ClusterVersions(2, 2);
        world[1].Start();
        world.Until(() => world.Leader is not null);
        world.Change(new MemberAddition(World.MemberOf(2)));

        world[2].Understands = Older;
        world[2].Start();
        world.Until(() => !world[2].IsRunning);

        world[2].Reports[^1].ShouldBe("the cluster is at version 2, and this program understands version 1: run a newer raftmq on this node");
        ReplicaFolder.Open(world[2].Disk, new NodeId(2), WorldNode.WalOptions, world.DrawId, null, understands: Older).Identity.Cluster.IsBorn.ShouldBeFalse();
    }

    [Fact]
    public void A_deposed_leaders_raise_ends_nobody()
    {
        World world = WithNewer(seed: 9, nodes: 3, []);
        WorldNode leader = world.StartAndElect();
        WorldNode follower = world.Running.First(node => node != leader);
        Membership raised = leader.Replica.Core.Membership!.WithVersion(2);
        LogPosition last = follower.Replica.Core.Log.Last;
        var entry = new LogEntry(last.Index.Next, last.Term, EntryKind.Membership, default, raised.Encode());
        var late = new Consensus.Messages.AppendEntries(
            leader.Replica.Identity.Server, follower.Replica.Identity.Server, new Term(follower.Replica.Core.CurrentTerm.Value - 1), last, new[] { entry }, LogIndex.Zero, 0, 200);

        follower.Handle(new PeerMessageInput(follower.Replica.Identity.Cluster, new Peers.RaftPeerMessage(late)));
        world.Pass();

        follower.IsRunning.ShouldBeTrue();
        follower.Replica.VersionInForce.ShouldBe(1);
    }

    [Fact]
    public void A_recovery_is_of_the_version_that_the_folder_was_of_and_refused_by_an_older_program()
    {
        World world = WithNewer(seed: 10, nodes: 3, [1, 2, 3]);
        world.StartAndElect();
        world.Until(() => world.Running.All(node => node.Replica.ClusterVersion == 2));
        world[1].Kill();
        ulong id = 1_000;
        using ReplicaFolder left = ReplicaFolder.Open(world[1].Disk, new NodeId(1), WorldNode.WalOptions, () => ++id, null, understands: Newer);
        ReadOnlyMemory<byte>[] pieces = [.. MinorityRecovery.Read(left, null)!.Pieces];
        Member seat = World.MemberOf(7);

        var files = new SimulatedDisk(1);
        Should.Throw<StorageRefusedException>(() => BackupRestore.Fill(files, pieces, seat, WorldNode.WalOptions, () => ++id, Older)).Message
            .ShouldBe("the backup: the cluster is at version 2, and this program understands version 1: run a newer raftmq on this node");
        files.List().ShouldBeEmpty();

        RestoredState state = BackupRestore.Fill(files, pieces, seat, WorldNode.WalOptions, () => ++id, Newer).State;
        Birth.Decode(state.Metadata.Configurations.ShouldHaveSingleItem().Payload).Members.Version.ShouldBe(2);
    }

    /// <summary>Each piece is synced where it is taken in: one for every message would be a sync for every message.</summary>
    [Fact]
    public void A_recovery_comes_in_few_pieces_however_many_messages_there_are()
    {
        var world = new World(seed: 11, nodes: 1);
        world.StartAndElect();
        world.Do(1, QueueCommandCodec.CreateTopic("orders"));
        for (int i = 0; i < 500; i++)
        {
            world.Submit(1, QueueCommandCodec.Publish("orders", new byte[100]));
        }

        world.Until(() => world[1].Replica.Machine.MessageCount == 500);
        world[1].Kill();
        ulong id = 1_000;
        using ReplicaFolder left = ReplicaFolder.Open(world[1].Disk, new NodeId(1), WorldNode.WalOptions, () => ++id, null);

        ReadOnlyMemory<byte>[] pieces = [.. MinorityRecovery.Read(left, null)!.Pieces];

        pieces.Length.ShouldBe(1);
        BackupRestore.Fill(new SimulatedDisk(1), pieces, World.MemberOf(7), WorldNode.WalOptions, () => ++id).State.Machine.MessageCount.ShouldBe(500);
    }

    private static World WithNewer(int seed, int nodes, uint[] newer, int? founders = null)
    {
        var world = new World(seed, nodes, founders: founders);
        foreach (uint id in newer)
        {
            world[id].Understands = Newer;
        }

        return world;
    }

    private static void AllAreAt(World world, int version) =>
        world.Running.ShouldAllBe(node => node.Replica.ClusterVersion == version && node.Replica.VersionInForce == version);

    private static bool HandsOver(World world)
    {
        world.Leader?.Change(new LeadershipTransfer(null));
        return false;
    }
}
