using RaftMQ.Consensus;
using RaftMQ.Queues;
using RaftMQ.Replica.Requests;

namespace RaftMQ.Replica.Tests;

/// <summary>A node that is started with an address which the cluster does not know for it: said where it is looked for.</summary>
public sealed class Addresses
{
    private const string Elsewhere = "elsewhere:1";

    [Fact]
    public void A_node_that_nobody_calls_says_once_that_its_log_has_another_address_for_it()
    {
        World world = WithOneMoved(seed: 81, out WorldNode moved);
        WorldNode other = world.Nodes.First(node => node != moved && node != world.Leader);
        foreach (WorldNode alone in new[] { moved, other })
        {
            alone.Kill();
            world.Isolate(alone.Id);
            alone.Start();
            alone.Reports.Clear();
        }

        world.Pass(900);
        moved.Reports.ShouldBeEmpty("a leader may call yet, and may know of a move that is not in its log");
        world.Until(() => moved.Reports.Count > 0);
        world.Pass(2_000);

        moved.Reports.ShouldHaveSingleItem().ShouldBe(
            $"no leader has called since the start: this node is configured with peer peer{moved.Id}:1, and by its log the others call peer {Elsewhere}, client elsewhere:2; "
            + $"start it with those, or tell the others: raftmq cluster move {moved.Id} --client client{moved.Id}:1 --peer peer{moved.Id}:1 --url URL-OF-ANOTHER");
        other.Reports.ShouldBeEmpty("it is where the others look for it");
    }

    /// <summary>With a snapshot it knows that its configuration is committed before it knows who leads, and whether that is the last.</summary>
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_node_that_has_heard_from_the_cluster_says_once_where_its_file_is_out_of_date(bool hasSnapshot)
    {
        World world = WithOneMoved(seed: 82, out WorldNode moved);
        world.Do(world.Leader!.Id, QueueCommandCodec.CreateTopic("orders"));
        for (int i = 0; hasSnapshot && moved.SnapshotsAsked == 0; i++)
        {
            i.ShouldBeLessThan(1_000);
            world.Do(world.Leader!.Id, QueueCommandCodec.Publish("orders", new byte[1_000]));
        }

        moved.Kill();
        moved.Reports.Clear();
        moved.Start();
        moved.Replica.Core.IsMembershipCommitted.ShouldBe(hasSnapshot);
        world.Until(() => moved.Replica.IsCaughtUp);
        world.Pass(2_000);

        moved.Reports.Where(report => report.Contains("configured", StringComparison.Ordinal)).ShouldHaveSingleItem().ShouldBe(
            $"node {moved.Id} is configured with peer peer{moved.Id}:1, client client{moved.Id}:1; the cluster knows peer {Elsewhere}, client elsewhere:2");
    }

    [Fact]
    public void A_leader_says_once_that_a_member_calls_from_where_it_does_not_call_it()
    {
        World world = WithOneMoved(seed: 83, out WorldNode moved);
        WorldNode leader = world.Leader!;
        PeerMetInput At(string address) => new(moved.Replica.Identity, address);
        PeerMetInput atHome = At($"peer{moved.Id}:1");
        PeerMetInput atNewHome = At(Elsewhere);
        leader.Reports.Clear();
        leader.Handle(atHome);
        world.Pass(300);
        leader.Handle(atNewHome);
        moved.Kill();
        world.Pass(300);
        leader.Handle(atNewHome);
        world.Pass(300);
        leader.Reports.ShouldNotContain(report => report.Contains("calls"), "it had its link; and then it was where the cluster knows it");

        leader.Handle(atHome);
        world.Pass(100);
        leader.Handle(atHome);
        leader.Reports.ShouldNotContain(report => report.Contains("calls"), "a link takes its time");
        world.Pass(300);
        leader.Handle(atHome);
        world.Pass(300);

        leader.Reports.Where(report => report.Contains("calls", StringComparison.Ordinal)).ShouldHaveSingleItem().ShouldBe(
            $"node {moved.Id} calls, and says that it is called at peer{moved.Id}:1; the cluster knows {Elsewhere}, where it does not answer: start it with that address, or "
            + $"tell the cluster: raftmq cluster move {moved.Id} --client HOST:PORT --peer peer{moved.Id}:1");
    }

    /// <summary>Three nodes, one of which has moved by the cluster's word, and not by its own file.</summary>
    private static World WithOneMoved(int seed, out WorldNode moved)
    {
        var world = new World(seed, nodes: 3, options => options with { SnapshotLogBytes = 64 * 1024 });
        WorldNode leader = world.StartAndElect();
        WorldNode other = moved = world.Nodes.First(node => node != leader);
        world.Change(new MemberMove(new NodeId(other.Id), Elsewhere, "elsewhere:2"));
        world.Until(() => other.Replica.Core.Membership!.Find(new NodeId(other.Id))!.PeerAddress == Elsewhere && other.Replica.Core.IsMembershipCommitted);
        return world;
    }
}
