using RaftMQ.Consensus;

namespace RaftMQ.Node.Tests;

/// <summary>A node whose program does not understand the cluster's version ends, and says why (docs/decisions/0014).</summary>
public sealed class Versions
{
    private static readonly ClusterVersions Older = new(1, 1);
    private static readonly ClusterVersions Newer = new(1, 2);

    [Fact]
    public async Task A_node_that_meets_a_version_which_it_does_not_understand_ends_with_one_line_and_the_others_go_on()
    {
        await using var cluster = new TestCluster(3, options => options with { Understands = options.Node.Value == 3 ? Older : Newer });
        await cluster.StartAllAsync();
        await TestCluster.EventuallyAsync(() => cluster[1].Status is { ClusterVersion: 1, UnderstoodByLinked.Count: 2 });
        cluster[1].Status.UnderstoodByLinked[new NodeId(3)].ShouldBe(Older);
        cluster[1].Status.Understands.ShouldBe(Newer);

        await cluster.StopAsync(3, handOver: true);
        RaftNode wentBack = cluster.Start(3, believed: Newer);
        NodeEnd end = await wentBack.Completion.WaitAsync(TestCluster.Patience, TestContext.Current.CancellationToken);

        end.ShouldBe(new NodeEnd(NodeEndReason.DataRefused, "the cluster is at version 2, and this program understands version 1: run a newer raftmq on this node"));
        await TestCluster.EventuallyAsync(() => cluster[1].Status.ClusterVersion == 2 && cluster[2].Status.ClusterVersion == 2);
    }
}
