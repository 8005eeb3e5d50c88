using RaftMQ.Queues;
using RaftMQ.Replica.Peers;
using RaftMQ.Replica.Requests;
using RaftMQ.Storage.Wal;

namespace RaftMQ.Replica.Tests;

/// <summary>A leader whose disk stands still makes way for one whose disk does not (thesis §10.2.1: it need not be among those that have an entry on disk).</summary>
public sealed class StillDisks
{
    [Fact]
    public void A_leader_whose_disk_stands_still_hands_over_and_nobody_is_refused()
    {
        World world = WithATopic(seed: 51, out WorldNode former);
        former.DiskIsHeld = true;

        world.Do(former.Id, QueueCommandCodec.Publish("orders", "by the others"u8)).Reply.Outcome.ShouldBe(QueueOutcome.Done);
        world.Until(() => world.Leader is { } leader && leader != former, atMostTicks: 2 * former.Replica.Core.ElectionTimeoutTicks);

        former.Reports.ShouldContain(report => report.Contains("has stood still for") && report.Contains("handing leadership over"));
        world.Do(world.Leader!.Id, QueueCommandCodec.Publish("orders", "afterwards"u8)).Reply.Outcome.ShouldBe(QueueOutcome.Done);
        former.DiskIsHeld = false;
        world.Until(() => former.Replica.AppliedIndex == world.Leader!.Replica.AppliedIndex);
        former.Replica.Machine.StateHash.ShouldBe(world.Leader!.Replica.Machine.StateHash);
    }

    /// <summary>Who is behind needs what only the leader's disk has: nothing is committed, and yet another could lead.</summary>
    [Fact]
    public void A_leader_whose_disk_stands_still_hands_over_though_nothing_can_be_committed()
    {
        var world = new World(seed: 57, nodes: 3, options => options with { Raft = options.Raft with { TailBytes = 256 } });
        WorldNode former = world.StartAndElect();
        world.Do(former.Id, QueueCommandCodec.CreateTopic("orders"));
        WorldNode[] others = [.. world.Nodes.Where(node => node != former)];
        others[1].Kill();
        for (int i = 0; i < 60; i++)
        {
            world.Do(former.Id, QueueCommandCodec.Publish("orders", new byte[1_000]));
        }

        former.DiskIsHeld = true;
        others[1].Start();
        world.Pass(5);
        TestCommand waiting = world.Submit(former.Id, QueueCommandCodec.Publish("orders", "under way"u8));
        world.Until(() => world.Leader == others[0], atMostTicks: 3 * former.Replica.Core.ElectionTimeoutTicks);

        former.DiskIsHeld = false;
        world.Until(() => waiting.IsDone);
        waiting.Result.Reply.Outcome.ShouldBe(QueueOutcome.Done);
    }

    [Fact]
    public void No_more_than_so_many_messages_wait_for_a_disk_that_stands_still()
    {
        World world = WithATopic(seed: 59, out WorldNode former);
        WorldNode still = world.Nodes.First(node => node != former);
        still.DiskIsHeld = true;
        former.Kill();
        former.Start();
        world.Until(() => world.Leader is { Replica.Core.HasCommittedInOwnTerm: true });
        world.Pass(25_000);

        List<PeerMessage> sent = world.SentDuring(() => still.DiskIsHeld = false);
        sent.Count(message => message.From == still.Replica.Identity.Server).ShouldBeInRange(4_096, 4_200, "an answer to each heartbeat of four minutes, if there were no bound");
        world.Until(() => still.Replica.AppliedIndex == world.Leader!.Replica.AppliedIndex);
    }

    [Fact]
    public void A_leader_whose_disk_stands_still_leads_on_where_only_it_and_the_heir_are_left()
    {
        World world = WithATopic(seed: 58, out WorldNode leader);
        WorldNode[] others = [.. world.Nodes.Where(node => node != leader)];
        others[1].Kill();
        world.Pass(50);
        leader.DiskIsHeld = true;
        TestCommand waiting = world.Submit(leader.Id, QueueCommandCodec.Publish("orders", "under way"u8));
        world.Pass(100);

        world.Leader.ShouldBe(leader, "its vote would wait for its disk");
        leader.DiskIsHeld = false;
        world.Until(() => waiting.IsDone);
        waiting.Result.Reply.Outcome.ShouldBe(QueueOutcome.Done);
    }

    [Fact]
    public void A_leader_whose_disk_stands_still_leads_on_where_another_disk_that_a_vote_would_need_stands_still_too()
    {
        World world = WithATopic(seed: 59, out WorldNode leader);
        WorldNode[] others = [.. world.Nodes.Where(node => node != leader)];
        leader.DiskIsHeld = true;
        others[1].DiskIsHeld = true;
        TestCommand waiting = world.Submit(leader.Id, QueueCommandCodec.Publish("orders", "under way"u8));
        world.Pass(150);

        world.Leader.ShouldBe(leader);
        leader.Reports.ShouldNotContain(report => report.Contains("handing leadership over"));
        others[1].DiskIsHeld = false;
        leader.DiskIsHeld = false;
        world.Until(() => waiting.IsDone);
        waiting.Result.Reply.Outcome.ShouldBe(QueueOutcome.Done);
    }

    [Fact]
    public void A_follower_whose_disk_stands_still_refuses_its_clients_at_once_and_one_whose_disk_is_only_slow_does_not()
    {
        World world = WithATopic(seed: 53, out WorldNode leader);
        WorldNode follower = world.Nodes.First(node => node != leader);
        follower.DiskIsHeld = true;
        world.Do(leader.Id, QueueCommandCodec.Publish("orders", "by the others"u8)).Reply.Outcome.ShouldBe(QueueOutcome.Done);
        world.Pass(50);
        TestCommand early = world.Submit(follower.Id, QueueCommandCodec.Publish("orders", "taken"u8));
        world.Pass(60);

        world.Do(follower.Id, QueueCommandCodec.Publish("orders", "refused"u8)).Outcome.ShouldBe(RequestOutcome.NotReady);
        follower.AskTopics().Result!.Outcome.ShouldBe(RequestOutcome.NotReady);

        follower.DiskIsHeld = false;
        world.Until(() => early.IsDone);
        early.Result.Reply.Outcome.ShouldBe(QueueOutcome.Done);
        world.Until(() => world.Do(follower.Id, QueueCommandCodec.Publish("orders", "taken again"u8)).Reply.Outcome == QueueOutcome.Done);
    }

    /// <summary>What counts is for how long the others have been ahead, and not how long a batch takes: there would be no end of handing over.</summary>
    [Fact]
    public void Where_all_disks_are_equally_slow_it_goes_on_leading()
    {
        World world = WithATopic(seed: 54, out WorldNode leader);
        TestCommand[] all = [.. Enumerable.Range(0, 20).Select(_ => DoSlowly(world, leader))];

        leader.Reports.ShouldNotContain(report => report.Contains("handing leadership over"));
        all.ShouldAllBe(request => request.Result.Reply.Outcome == QueueOutcome.Done);
    }

    /// <summary>A message for which every disk takes longer than an election timeout, and the leader's a moment more.</summary>
    private static TestCommand DoSlowly(World world, WorldNode leader)
    {
        world.Settle();
        foreach (WorldNode node in world.Nodes)
        {
            node.DiskIsHeld = true;
        }

        TestCommand request = world.Submit(leader.Id, QueueCommandCodec.Publish("orders", "slowly"u8));
        world.Pass(60);
        foreach (WorldNode node in world.Nodes.Where(node => node != leader))
        {
            node.DiskIsHeld = false;
        }

        world.Pass(5);
        leader.DiskIsHeld = false;
        world.Until(() => request.IsDone);
        return request;
    }

    /// <summary>Whoever has no room is looked after by what gives it some.</summary>
    [Fact]
    public void A_full_disk_is_no_disk_that_stands_still()
    {
        World world = WithATopic(seed: 55, out WorldNode leader);
        TestCommand request = world.Submit(leader.Id, QueueCommandCodec.Publish("orders", "under way"u8));
        leader.DiskIsHeld = true;
        world.Until(() => request.IsDone);
        leader.Handle(new DiskSpaceInput(WalSpace.Exhausted, 0));
        world.Pass(200);

        leader.Reports.ShouldNotContain(report => report.Contains("has stood still for"));
    }

    [Fact]
    public void What_may_have_happened_is_waited_for_while_the_node_is_held_up_and_is_not_given_up()
    {
        World world = WithATopic(seed: 56, out WorldNode leader);
        WorldNode follower = world.Nodes.First(node => node != leader);
        follower.DiskIsHeld = true;
        world.Do(leader.Id, QueueCommandCodec.Publish("orders", "by the others"u8)).Reply.Outcome.ShouldBe(QueueOutcome.Done);
        world.Isolate(follower.Id);
        TestCommand request = world.Submit(follower.Id, QueueCommandCodec.Publish("orders", "once"u8, "a key"));
        world.Pass(120);
        world.Heal();
        follower.LoseLink(leader);
        world.Pass(20);

        request.IsDone.ShouldBeFalse();
        follower.DiskIsHeld = false;
        world.Until(() => request.IsDone);
        request.Result.Reply.Outcome.ShouldBe(QueueOutcome.Done);
    }

    [Fact]
    public void Where_the_others_disks_stand_still_too_it_goes_on_leading()
    {
        var world = new World(seed: 52, nodes: 3);
        WorldNode leader = world.StartAndElect();
        foreach (WorldNode node in world.Nodes)
        {
            node.DiskIsHeld = true;
        }

        TestCommand waiting = world.Submit(leader.Id, QueueCommandCodec.CreateTopic("orders"));
        world.Pass(200);

        world.Leader.ShouldBe(leader);
        leader.Reports.ShouldNotContain(report => report.Contains("handing leadership over"));
        waiting.IsDone.ShouldBeFalse();
        foreach (WorldNode node in world.Nodes)
        {
            node.DiskIsHeld = false;
        }

        world.Until(() => waiting.IsDone);
        waiting.Result.Outcome.ShouldBe(RequestOutcome.Replied);
    }

    private static World WithATopic(int seed, out WorldNode leader)
    {
        var world = new World(seed, nodes: 3);
        leader = world.StartAndElect();
        world.Do(leader.Id, QueueCommandCodec.CreateTopic("orders"));
        world.Settle();
        return world;
    }
}
