namespace RaftMQ.Cluster.Tests;

/// <summary>Real nodes that join, leave, replace each other and move, by <c>raftmq cluster</c>, under load.</summary>
[Collection("cluster")]
public sealed class ComingAndGoing
{
    [Fact]
    public async Task A_cluster_grows_from_one_to_five_and_shrinks_to_one_under_load_and_nothing_is_lost()
    {
        using var cluster = new ServeCluster(5, founders: 1);
        cluster.Start(1);
        await cluster.LeaderAsync();
        (await cluster[1].CreateAsync("orders")).IsDone.ShouldBeTrue();
        var accounting = new Accounting(cluster, "orders", nodes: [cluster[1]]);
        using var stop = new CancellationTokenSource();
        Task load = Task.WhenAll(accounting.RunAsync(4, stop.Token), accounting.ConsumeAsync(2, stop.Token));

        for (int id = 2; id <= 5; id++)
        {
            cluster.Start(id);
            await SucceedAsync(cluster, 1, ["add", $"{id}", .. cluster.AddressesOf(id)]);
            await cluster.UntilPhaseAsync(id, "Member");
            if (id == 2)
            {
                // The others are taken in by a leader that their birth does not name.
                await SucceedAsync(cluster, 1, "transfer", "2");
            }
        }

        // Asking again changes nothing.
        await SucceedAsync(cluster, 3, ["add", "5", .. cluster.AddressesOf(5)]);

        // The leader leaves, too.
        await SucceedAsync(cluster, 2, "transfer", "5");
        (await cluster.LeaderAsync()).Id.ShouldBe(5);
        for (int id = 5; id >= 2; id--)
        {
            // Also by its own word.
            await SucceedAsync(cluster, id == 5 ? 5 : 1, "remove", $"{id}");
            await Eventually.TrueAsync(() => Task.FromResult(cluster.Process(id).Output.Contains("no longer a member", StringComparison.Ordinal)), cluster.Outputs);
            (await cluster[id].TopicsAsync()).Body.ShouldContain("removed");
            await cluster.StopAsync(id);
        }

        (int exitCode, string output) = await cluster.OperateAsync(1, "remove", "1");
        exitCode.ShouldBe(6);
        output.ShouldContain("raftmq: node 1 is the last voter");
        await stop.CancelAsync();
        await load;
        accounting.Acknowledged.ShouldBeGreaterThan(100);
        accounting.Failures.All.ShouldBeEmpty(cluster.Outputs());
        await accounting.SettleAsync();
    }

    [Fact]
    public async Task A_node_is_replaced_and_another_one_moves()
    {
        using var cluster = new ServeCluster(4, founders: 3);
        foreach (int id in new[] { 1, 2, 3 })
        {
            cluster.Start(id);
        }

        await cluster.UntilPhaseAsync(3, "Member");
        (await cluster[2].CreateAsync("orders")).IsDone.ShouldBeTrue();
        (await cluster[2].PublishAsync("orders", "kept")).IsDone.ShouldBeTrue();

        // The newcomer says what it waits for, and how that is done.
        cluster.Start(4);
        await Eventually.TrueAsync(
            () => Task.FromResult(cluster.Process(4).Output.Contains($"raftmq cluster add 4 {string.Join(' ', cluster.AddressesOf(4))}", StringComparison.Ordinal)), cluster.Outputs);
        cluster.Kill(3);
        await SucceedAsync(cluster, 1, ["replace", "3", "4", .. cluster.AddressesOf(4)]);
        (int _, string status) = await cluster.OperateAsync(2, "status");
        status.ShouldContain("node  part");
        status.ShouldNotContain("127.0.0.1:" + cluster[3].Address.Port);

        // A move is known to the members before the node starts elsewhere.
        int[] ports = ServeCluster.FreePorts(2);
        await SucceedAsync(cluster, 1, "move", "4", "--client", $"127.0.0.1:{ports[0]}", "--peer", $"127.0.0.1:{ports[1]}");
        (await cluster.OperateAsync(1, "status")).Output.ShouldContain($"127.0.0.1:{ports[0]}");

        // There it is a member as before, found by its peers and by its clients.
        await cluster.StopAsync(4);
        string configuration = await File.ReadAllTextAsync(cluster.ConfigurationOf(4), TestContext.Current.CancellationToken);
        string[] before = cluster.AddressesOf(4);
        configuration = configuration.Replace(before[1], $"127.0.0.1:{ports[0]}", StringComparison.Ordinal).Replace(before[3], $"127.0.0.1:{ports[1]}", StringComparison.Ordinal);
        await File.WriteAllTextAsync(cluster.ConfigurationOf(4), configuration, TestContext.Current.CancellationToken);
        cluster.Start(4);
        var moved = new Node(4, ports[0]);
        await Eventually.TrueAsync(async () => await moved.ReportAsync() is { Phase: "Member", CaughtUp: true }, cluster.Outputs);
        (await moved.PopAsync("orders")).Message.ShouldBe("kept");
        cluster.Outputs().ShouldNotContain("node 4 calls");
        cluster.Process(4).Output.ShouldNotContain("configured with");

        // The other two are a majority only with it.
        cluster.Kill((await cluster.LeaderAsync()).Id == 1 ? 1 : 2);
        await Eventually.TrueAsync(async () => (await moved.PublishAsync("orders", "more")).IsDone, cluster.Outputs);
    }

    [Fact]
    public async Task Wrong_input_is_refused_in_one_line()
    {
        using var cluster = new ServeCluster(1);
        cluster.Start(1);
        await cluster.LeaderAsync();
        (string[] Arguments, int ExitCode, string Line)[] wrong =
        [
            (["add", "0", "--client", "a:1", "--peer", "b:2"], 2, "raftmq: NODE is the number of a node, 1 or more, not \"0\"; see `raftmq cluster add --help`"),
            (["add", "2", "--client", "a", "--peer", "b:2"], 2, "raftmq: --client: \"a\" has no port; write it as host:port"),
            (["add", "2", "--client", "a:1", "--peer", "a:1"], 2, "raftmq: what is said of the member is not allowed: a:1 cannot be both addresses"),
            (["add", "2", "--client", "a:1", "--peer", "b:2", "--wait", "x"], 2, "raftmq: --wait is 0 to 86400 seconds, not \"x\"; see `raftmq cluster add --help`"),
            (["transfer", "two"], 2, "raftmq: NODE is the number of a node, 1 or more, not \"two\"; see `raftmq cluster transfer --help`"),
            (["replace", "7", "2", "--client", "a:1", "--peer", "a:2"], 6, "raftmq: node 7 is no voter of this cluster"),
            (["transfer", "9"], 6, "raftmq: node 9 is no voter of this cluster"),
            (["transfer"], 6, "raftmq: there is no other voter"),
        ];
        foreach ((string[] arguments, int code, string line) in wrong)
        {
            (int exitCode, string output) = await cluster.OperateAsync(1, arguments);
            exitCode.ShouldBe(code, output);
            output.Trim().ShouldStartWith(line);
            output.Trim().ShouldNotContain("\n");
        }

        (int unreachable, string said) = (0, "");
        using (RaftMqProcess process = RaftMqProcess.Start("cluster", "status", "--url", $"http://127.0.0.1:{ServeCluster.FreePorts(1)[0]}"))
        {
            unreachable = await process.ExitAsync();
            process.Process.WaitForExit();
            said = process.Output;
        }

        unreachable.ShouldBe(6);
        said.ShouldContain("cannot be asked");
        said.ShouldContain("name another node with --url");
    }

    private static async Task SucceedAsync(ServeCluster cluster, int at, params string[] arguments)
    {
        (int exitCode, string output) = await cluster.OperateAsync(at, arguments);
        exitCode.ShouldBe(0, $"{output}\n{cluster.Outputs()}");
    }
}
