using RaftMQ.Queues;
using RaftMQ.Replica.Requests;

namespace RaftMQ.Replica.Tests;

/// <summary>A leader whose disk stands still makes way for one whose disk does not (thesis §10.2.1: it need not be among those that have an entry on disk).</summary>
public sealed class StillDisks
{
    [Fact]
    public void A_leader_whose_disk_stands_still_hands_over_and_nobody_is_refused()
    {
        var world = new World(seed: 51, nodes: 3);
        WorldNode former = world.StartAndElect();
        world.Do(former.Id, QueueCommandCodec.CreateTopic("orders"));
        former.DiskIsHeld = true;

        world.Do(former.Id, QueueCommandCodec.Publish("orders", "by the others"u8)).Reply.Outcome.ShouldBe(QueueOutcome.Done);
        world.Until(() => world.Leader is { } leader && leader != former);

        former.Reports.ShouldContain(report => report.Contains("has stood still for") && report.Contains("handing leadership over"));
        world.Do(world.Leader!.Id, QueueCommandCodec.Publish("orders", "afterwards"u8)).Reply.Outcome.ShouldBe(QueueOutcome.Done);
        former.DiskIsHeld = false;
        world.Until(() => former.Replica.AppliedIndex == world.Leader!.Replica.AppliedIndex);
        former.Replica.Machine.StateHash.ShouldBe(world.Leader!.Replica.Machine.StateHash);
    }

    [Fact]
    public void A_follower_whose_disk_stands_still_refuses_its_clients_at_once_and_one_whose_disk_is_only_slow_does_not()
    {
        var world = new World(seed: 53, nodes: 3);
        WorldNode leader = world.StartAndElect();
        WorldNode follower = world.Nodes.First(node => node != leader);
        world.Do(leader.Id, QueueCommandCodec.CreateTopic("orders"));
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
        var world = new World(seed: 54, nodes: 3);
        WorldNode leader = world.StartAndElect();
        world.Do(leader.Id, QueueCommandCodec.CreateTopic("orders"));
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
}
