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

        await Eventually.TrueAsync(() => Task.FromResult(cluster.Outputs().Contains($"node {silent.Id} has not answered for ", StringComparison.Ordinal)), cluster.Outputs);
        (await cluster.OperateAsync(leader.Id, "status")).Output.Split('\n').ShouldContain(line => line.StartsWith($"{silent.Id} ") && line.Contains("  has not answered for "));
        (await cluster.OperateAsync(leader.Id, "status", "--json")).Output.ShouldMatch($$""".*"node":{{silent.Id}},[^}]*"silentMs":[1-9][0-9]*00[,}].*""");

        Signals.Resume(cluster.Process(silent.Id).Process);
        await Eventually.TrueAsync(() => Task.FromResult(cluster.Outputs().Contains($"node {silent.Id} answers again, after ", StringComparison.Ordinal)), cluster.Outputs);
        await Eventually.TrueAsync(async () => !(await cluster.OperateAsync(leader.Id, "status")).Output.Contains("has not answered", StringComparison.Ordinal), cluster.Outputs);
    }

    /// <summary>A node that has joined knows only itself by its file: nobody else has its former address, so that nobody finds it there.</summary>
    [Fact]
    public async Task A_node_that_was_moved_and_is_started_with_its_old_file_is_not_left_without_a_word()
    {
        using var cluster = new ServeCluster(4, founders: 3);
        Array.ForEach([1, 2, 3], id => cluster.Start(id));
        await cluster.LeaderAsync();
        cluster.Start(4);
        string[] before = cluster.AddressesOf(4);
        (await cluster.OperateAsync(1, ["add", "4", .. before])).ExitCode.ShouldBe(0, cluster.Outputs());
        int[] ports = ServeCluster.FreePorts(2);
        string[] after = ["--client", $"127.0.0.1:{ports[0]}", "--peer", $"127.0.0.1:{ports[1]}"];
        (await cluster.OperateAsync(1, ["move", "4", .. after])).ExitCode.ShouldBe(0, cluster.Outputs());
        await cluster.StopAsync(4);

        RaftMqProcess old = cluster.Start(4);

        await SaysAsync(() => old.Output, $"is configured with peer {before[3]}, and by its log the others call peer {after[3]}");
        await SaysAsync(cluster.Outputs, $"node 4 calls, and says that it is called at {before[3]}; the cluster knows {after[3]}");

        Task SaysAsync(Func<string> log, string text) => Eventually.TrueAsync(() => Task.FromResult(log().Contains(text, StringComparison.Ordinal)), cluster.Outputs);
    }

    [Fact]
    public async Task Without_a_majority_it_is_said_who_is_missing()
    {
        using var cluster = new ServeCluster(3);
        cluster.Start(2);
        await Eventually.TrueAsync(
            async () => (await cluster.OperateAsync(2, "status")).Output.Contains("node 2 has no link yet with nodes 1 and 3", StringComparison.Ordinal), cluster.Outputs);
        cluster.Start(1);
        cluster.Start(3);
        await cluster.LeaderAsync(allMembers: true);
        const string Missing = "node 2 has no link with nodes 1 and 3, and 2 of 3 voters are needed to elect a leader: start what does not run";

        cluster.Kill(1);
        cluster.Kill(3);

        await Eventually.TrueAsync(async () => (await cluster.OperateAsync(2, "status")).Output.Contains($"\n{Missing}", StringComparison.Ordinal), cluster.Outputs);
        (int exitCode, string output) = await cluster.OperateAsync(2, "remove", "3", "--wait", "2");
        exitCode.ShouldBe(6, output);
        output.ShouldContain($"the cluster has no leader at the moment; nothing was done; send it again; {Missing}");
    }
}
