using RaftMQ.Consensus;

namespace RaftMQ.Cluster.Tests;

/// <summary>The program of today and one that understands a version more, in one cluster, one node after the other (docs/decisions/0014).</summary>
[Collection("cluster")]
public sealed class Upgrades
{
    private static readonly int Old = ClusterVersions.OfThisProgram.Newest;
    private static readonly int New = NewerProgram.Understands.Newest;

    /// <summary>Requests in a second, so that the nodes of the newer program, which share this process with the clients, get their time.</summary>
    private const int RequestsPerSecond = 100;

    [Fact]
    public async Task The_version_rises_with_the_last_node_without_a_failed_request_and_then_the_older_program_is_refused()
    {
        using var cluster = new ServeCluster(4, founders: 3);
        var newer = new NewerProgram?[4];
        try
        {
            await StartFoundersAsync(cluster);
            (await cluster[1].CreateAsync("orders")).IsDone.ShouldBeTrue();
            (await cluster[1].CreateAsync("load")).IsDone.ShouldBeTrue();
            var accounting = new Accounting(cluster, "load", nodes: [.. cluster.Nodes.Take(3)], beat: new Beat(RequestsPerSecond));
            using var stop = new CancellationTokenSource();
            Task load = Task.WhenAll(accounting.RunAsync(6, stop.Token), accounting.ConsumeAsync(3, stop.Token));
            for (int id = 1; id <= 3; id++)
            {
                await UntilMoreAsync(accounting);
                await cluster.StopAsync(id);
                await UntilMoreAsync(accounting);
                newer[id] = await NewerProgram.StartAsync(cluster, id);
                await cluster.UntilCaughtUpAsync(id);
                (await cluster[id].PublishAsync("orders", $"by {id}")).IsDone.ShouldBeTrue();
                if (id < 3)
                {
                    await UntilStatusAsync(cluster, id, $"version {New} waits for", $"node 3, whose program understands {Old}");
                    (await cluster[id].ReportAsync())!.ClusterVersion.ShouldBe(Old);
                }
            }

            foreach (Node node in cluster.Nodes.Take(3))
            {
                await Eventually.TrueAsync(async () => (await node.ReportAsync())?.ClusterVersion == New, () => $"node {node.Id} is not raised");
            }

            await UntilMoreAsync(accounting);
            await stop.CancelAsync();
            await load;
            accounting.Failures.All.ShouldBeEmpty(cluster.Outputs());
            await accounting.SettleAsync();

            await GoesBackInVainAsync(cluster, newer);
            await JoinsInVainAsync(cluster);
            (await cluster[1].PopAsync("orders")).Message.ShouldBe("by 1");
        }
        finally
        {
            await Task.WhenAll(newer.OfType<NewerProgram>().Select(node => node.DisposeAsync().AsTask()));
        }
    }

    private static async Task UntilMoreAsync(Accounting accounting)
    {
        int before = accounting.Acknowledged;
        await Eventually.TrueAsync(() => accounting.Acknowledged > before + 50, () => "no load: " + string.Join("; ", accounting.Failures.All));
    }

    /// <summary>With its folder the older program does not start; with an empty one it is not let in. The newer goes on as if nothing had been.</summary>
    private static async Task GoesBackInVainAsync(ServeCluster cluster, NewerProgram?[] newer)
    {
        string needs = $"cluster is at version {New}, and this program understands {ClusterVersions.OfThisProgram}";
        await newer[3]!.DisposeAsync();
        newer[3] = null;
        RaftMqProcess older = cluster.Start(3);
        (await older.ExitAsync()).ShouldBe(3);
        older.Output.TrimEnd().Split('\n')[^1].ShouldBe($"raftmq: the data folder {cluster.DataOf(3)}: the {needs}: run a newer raftmq on this node");

        string aside = cluster.DataOf(3) + ".kept";
        Directory.Move(cluster.DataOf(3), aside);
        RaftMqProcess empty = cluster.Start(3);
        await Eventually.TrueAsync(() => empty.Output.Contains($"refused this node: its {needs}", StringComparison.Ordinal), cluster.Outputs);
        cluster.Kill(3);
        cluster.Wipe(3);
        Directory.Move(aside, cluster.DataOf(3));

        newer[3] = await NewerProgram.StartAsync(cluster, 3);
        await cluster.UntilPhaseAsync(3, "Member");
    }

    /// <summary>A newcomer whose program is too old is not added.</summary>
    private static async Task JoinsInVainAsync(ServeCluster cluster)
    {
        RaftMqProcess newcomer = cluster.Start(4);
        int leader = (await cluster[1].MembersAsync())!.Leader!.Value;
        await Eventually.TrueAsync(
            () => newcomer.Output.Contains("cannot take this node in: the cluster is at version", StringComparison.Ordinal)
                && newcomer.Output.Split('\n').Any(line => line.Contains($"node {leader} at", StringComparison.Ordinal) && line.Contains("no member of the peer's cluster", StringComparison.Ordinal)),
            cluster.Outputs);

        (int exitCode, string output) = await cluster.OperateAsync(leader, ["add", "4", .. cluster.AddressesOf(4)]);

        exitCode.ShouldBe(6);
        output.ShouldContain($"node 4 understands {ClusterVersions.OfThisProgram}, and the cluster is at version {New}: run a raftmq on it that understands that");
    }

    private static async Task StartFoundersAsync(ServeCluster cluster)
    {
        for (int id = 1; id <= 3; id++)
        {
            cluster.Start(id);
        }

        await cluster.LeaderAsync();
        await cluster.UntilPhaseAsync(3, "Member");
        await cluster.UntilPhaseAsync(2, "Member");
        await cluster.UntilPhaseAsync(1, "Member");
    }

    private static async Task UntilStatusAsync(ServeCluster cluster, int at, params string[] parts)
    {
        string said = "";
        await Eventually.TrueAsync(
            async () =>
            {
                said = (await cluster.OperateAsync(at, "status")).Output;
                return parts.All(part => said.Contains(part, StringComparison.Ordinal));
            },
            () => said);
    }
}
