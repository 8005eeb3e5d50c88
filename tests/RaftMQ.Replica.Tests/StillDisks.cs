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
