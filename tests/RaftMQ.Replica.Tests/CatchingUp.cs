using System.Text;
using RaftMQ.Consensus;
using RaftMQ.Queues;
using RaftMQ.Replica.Requests;

namespace RaftMQ.Replica.Tests;

/// <summary>When a node has what the others have, so that one of them may be stopped.</summary>
public sealed class CatchingUp
{
    private static ReplicaOptions SmallWindow(ReplicaOptions options) => options with { Raft = options.Raft with { MaxAppendEntries = 10, MaxInFlightAppends = 2 } };

    private static ReplicaOptions OftenSnapshots(ReplicaOptions options) =>
        options with { SnapshotLogBytes = 2_000, Raft = options.Raft with { TailBytes = 0, MaxSnapshotPieceBytes = 3 } };

    [Fact]
    public void A_follower_that_starts_is_caught_up_when_it_has_applied_all_that_its_leader_has_committed_and_not_before()
    {
        World world = WithOneAway(seed: 71, SmallWindow, isCut: false, out WorldNode leader, out WorldNode away);
        away.Start();
        away.Replica.IsCaughtUp.ShouldBeFalse("it has heard nobody");
        away.DiskIsHeld = true;

        // With its disk it holds up the leader's window: it knows of the entries in that, and of all the others only that there are some.
        world.Until(() => away.Replica.AppliedIndex > LogIndex.Zero);
        world.Pass(20);
        away.Replica.AppliedIndex.ShouldBeLessThan(leader.Replica.Core.CommitIndex);
        away.Replica.Core.CommitIndex.ShouldBe(away.Replica.AppliedIndex);
        (away.Replica.IsMember, away.Replica.IsCaughtUp).ShouldBe((true, false));

        away.DiskIsHeld = false;
        world.Until(() => away.Replica.IsCaughtUp);
        away.Replica.AppliedIndex.ShouldBe(leader.Replica.Core.CommitIndex);
    }

    [Fact]
    public void Nobody_is_caught_up_before_the_leader_has_committed_in_its_own_term()
    {
        var world = new World(seed: 72, nodes: 3);
        world.StartAndElect().Kill();
        WorldNode[] left = [.. world.Running];
        left.ShouldAllBe(node => node.Replica.IsCaughtUp);
        Array.ForEach(left, node => node.DiskIsHeld = true);
        world.Until(() => left.Any(node => node.Replica.Core.VotedFor == node.Replica.Identity.Server));
        WorldNode candidate = left.First(node => node.Replica.Core.VotedFor == node.Replica.Identity.Server);
        WorldNode voter = left.First(node => node != candidate);

        // Elected, it has its first entry in memory only, and so there is no majority for it.
        candidate.DiskIsHeld = false;
        world.Settle();
        candidate.DiskIsHeld = true;
        voter.DiskIsHeld = false;
        world.Settle();
        world.Leader.ShouldBe(candidate);
        voter.Replica.Core.Leader.ShouldBe(candidate.Replica.Identity.Server);
        voter.Replica.AppliedIndex.ShouldBe(candidate.Replica.Core.CommitIndex);
        left.ShouldAllBe(node => !node.Replica.IsCaughtUp);

        candidate.DiskIsHeld = false;
        world.Until(() => left.All(node => node.Replica.IsCaughtUp));
        candidate.Replica.Core.HasCommittedInOwnTerm.ShouldBeTrue();
    }

    [Fact]
    public void A_follower_that_is_to_be_brought_up_by_a_snapshot_is_caught_up_when_it_has_what_lies_behind_that_too()
    {
        World world = WithOneAway(seed: 73, OftenSnapshots, isCut: true, out WorldNode leader, out WorldNode away);
        away.Replica.AppliedIndex.ShouldBeLessThan(leader.Replica.Core.Log.Base.Index);

        // The leader's disk gives nothing of the snapshot yet.
        leader.DiskIsHeld = true;
        world.Heal();
        world.Until(() => away.Replica.Core.Leader == leader.Replica.Identity.Server);
        away.Replica.Core.IsBroughtUp.ShouldBeFalse();
        away.Replica.IsCaughtUp.ShouldBeFalse();

        leader.DiskIsHeld = false;
        world.Until(
            () =>
            {
                (away.Replica.IsCaughtUp && away.Replica.AppliedIndex < leader.Replica.Core.CommitIndex).ShouldBeFalse();
                return away.Replica.IsCaughtUp;
            },
            atMostTicks: 20_000);
        away.Reports.ShouldContain(report => report.Contains("installed a snapshot"));
    }

    [Fact]
    public void Who_is_cut_off_is_caught_up_again_when_it_has_what_it_has_missed()
    {
        World world = WithOneAway(seed: 74, SmallWindow, isCut: true, out WorldNode leader, out WorldNode away);
        LogIndex had = away.Replica.AppliedIndex;
        (away.Replica.IsCaughtUp, leader.Replica.IsCaughtUp).ShouldBe((false, true));

        away.DiskIsHeld = true;
        world.Heal();
        world.Until(() => away.Replica.AppliedIndex > had);
        world.Pass(20);
        away.Replica.IsCaughtUp.ShouldBeFalse();

        away.DiskIsHeld = false;
        world.Until(() => away.Replica.IsCaughtUp);
        away.Replica.AppliedIndex.ShouldBe(leader.Replica.Core.CommitIndex);
    }

    [Fact]
    public void Who_has_all_and_whose_disk_stands_still_is_not_caught_up()
    {
        var world = new World(seed: 75, nodes: 3);
        WorldNode leader = world.StartAndElect();
        WorldNode follower = world.Nodes.First(node => node != leader);
        world.Until(() => follower.Replica.IsCaughtUp);
        follower.DiskIsHeld = true;
        world.Do(leader.Id, QueueCommandCodec.CreateTopic("orders")).Reply.Outcome.ShouldBe(QueueOutcome.Done);
        world.Pass(20);
        follower.Replica.IsCaughtUp.ShouldBeTrue("a disk may take a moment");
        world.Pass(100);

        follower.Replica.AppliedIndex.ShouldBe(leader.Replica.AppliedIndex);
        follower.Replica.IsCaughtUp.ShouldBeFalse();
    }

    [Fact]
    public void Who_has_all_and_does_not_vote_yet_is_not_caught_up()
    {
        var world = new World(seed: 77, nodes: 2, founders: 1);
        WorldNode learner = world[2];
        world[1].Start();
        world.Until(() => world.Leader is not null);
        learner.Start();
        world.Change(new MemberAddition(World.MemberOf(2)));
        world.Until(() => learner.Replica.Identity.Cluster.IsBorn);
        learner.DiskIsHeld = true;
        world.Until(() => learner.Replica.AppliedIndex > LogIndex.Zero);

        (learner.Replica.AppliedIndex, learner.Replica.Core.Leader).ShouldBe((world[1].Replica.AppliedIndex, world[1].Replica.Identity.Server));
        (learner.Replica.IsMember, learner.Replica.IsCaughtUp).ShouldBe((false, false));

        learner.DiskIsHeld = false;
        world.Until(() => learner.Replica.IsCaughtUp);
        learner.Replica.IsMember.ShouldBeTrue();
    }

    [Fact]
    public void A_node_on_its_own_is_caught_up_when_it_leads()
    {
        var world = new World(seed: 76, nodes: 1);
        world.StartAndElect().Replica.IsCaughtUp.ShouldBeTrue();
    }

    /// <summary>Three replicas, of which a follower lacks the last 300 messages: it is down, or cut off.</summary>
    private static World WithOneAway(int seed, Func<ReplicaOptions, ReplicaOptions> configure, bool isCut, out WorldNode leader, out WorldNode away)
    {
        var world = new World(seed, nodes: 3, configure);
        WorldNode leads = leader = world.StartAndElect();
        away = world.Nodes.First(node => node != leads);
        world.Do(leader.Id, QueueCommandCodec.CreateTopic("orders")).Reply.Outcome.ShouldBe(QueueOutcome.Done);
        if (isCut)
        {
            world.Isolate(away.Id);
        }
        else
        {
            away.Kill();
        }

        for (int i = 0; i < 300; i++)
        {
            world.Do(leader.Id, QueueCommandCodec.Publish("orders", Encoding.UTF8.GetBytes("message " + i))).Reply.Outcome.ShouldBe(QueueOutcome.Done);
        }

        world.Pass(100);
        world.Leader.ShouldBe(leader);
        return world;
    }
}
