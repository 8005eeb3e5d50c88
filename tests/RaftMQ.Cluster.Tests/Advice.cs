namespace RaftMQ.Cluster.Tests;

/// <summary>What an operator is told of a cluster that is not well, by <c>raftmq cluster</c> and in the nodes' logs.</summary>
[Collection("cluster")]
public sealed class Advice
{
    [Fact]
    public async Task A_member_that_is_stopped_in_its_tracks_is_told_from_one_that_is_well()
    {
        using var cluster = new ServeCluster(3);
        Node leader = await cluster.StartAllAsync();
        Node silent = cluster.Nodes.First(node => node != leader);
        Signals.Pause(cluster.Process(silent.Id).Process);

        await Eventually.TrueAsync(() => Task.FromResult(Log(leader).Contains($"node {silent.Id} has not answered for ", StringComparison.Ordinal)), cluster.Outputs);
        (await cluster.OperateAsync(leader.Id, "status")).Output.Split('\n').ShouldContain(line => line.StartsWith($"{silent.Id} ") && line.Contains("  has not answered for "));
        (await cluster.OperateAsync(leader.Id, "status", "--json")).Output.ShouldMatch($$""".*"node":{{silent.Id}},[^}]*"silentMs":[1-9][0-9]*00[,}].*""");

        Signals.Resume(cluster.Process(silent.Id).Process);
        await Eventually.TrueAsync(() => Task.FromResult(Log(leader).Contains($"node {silent.Id} answers again, after ", StringComparison.Ordinal)), cluster.Outputs);
        await Eventually.TrueAsync(async () => !(await cluster.OperateAsync(leader.Id, "status")).Output.Contains("has not answered", StringComparison.Ordinal), cluster.Outputs);

        string Log(Node node) => cluster.Process(node.Id).Output;
    }
}
