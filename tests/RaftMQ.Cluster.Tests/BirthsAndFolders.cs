using System.Net;

namespace RaftMQ.Cluster.Tests;

/// <summary>First starts, lost disks and folders that are not a node's own.</summary>
[Collection("cluster")]
public sealed class BirthsAndFolders
{
    [Fact]
    public async Task A_first_start_with_a_member_missing_founds_with_the_majority_and_admits_the_missing_one_when_it_comes()
    {
        using var cluster = new ServeCluster(3);
        cluster.Start(1);
        cluster.Start(2);
        Node leader = await cluster.LeaderAsync();
        (await leader.CreateAsync("orders")).IsDone.ShouldBeTrue();

        cluster.Start(3);
        await cluster.UntilPhaseAsync(3, "Member");

        cluster.Process(3).Output.ShouldContain("admitted");
        cluster.Kill(leader.Id);
        (await cluster[3].TopicsAsync()).Body.ShouldContain("orders");
    }

    [Fact]
    public async Task Without_the_lowest_member_the_others_wait_and_say_for_whom()
    {
        using var cluster = new ServeCluster(3);
        cluster.Start(2);
        cluster.Start(3);
        await Eventually.TrueAsync(() => cluster.Process(2).Output.Contains("not reached yet: node 1", StringComparison.Ordinal), cluster.Outputs);
        Answer refused = await cluster[2].CreateAsync("orders");
        refused.Status.ShouldBe(HttpStatusCode.ServiceUnavailable);
        refused.Reason.ShouldBe("no-leader");

        cluster.Start(1);
        await cluster.LeaderAsync(allMembers: true);
    }

    [Fact]
    public async Task A_wiped_node_does_not_vote_before_it_is_admitted_and_is_admitted_by_the_majority_that_remembers()
    {
        using var cluster = new ServeCluster(3);
        Node leader = await cluster.StartAllAsync();
        await leader.CreateAsync("orders");
        await leader.PublishAsync("orders", "kept");
        await cluster.UntilEqualAsync();
        string old = (await cluster[3].ReportAsync())!.Incarnation;
        cluster.Kill(1);
        cluster.Kill(3);
        cluster.Wipe(3);

        // Node 2 remembers, node 3 does not: together they must not be a majority.
        cluster.Start(3);
        await Eventually.TrueAsync(() => cluster.Process(3).Output.Contains("waiting for that cluster's leader", StringComparison.Ordinal), cluster.Outputs);
        Answer refused = await cluster[2].PopAsync("orders");
        refused.Reason.ShouldBe("no-leader");
        (await cluster[3].ReportAsync())!.Phase.ShouldNotBe("Member");

        cluster.Start(1);
        await cluster.UntilPhaseAsync(3, "Member");
        (await cluster[3].ReportAsync())!.Incarnation.ShouldNotBe(old);
        cluster.Kill(1);
        await cluster.LeaderAsync();
        (await cluster[3].PopAsync("orders")).Message.ShouldBe("kept");
    }

    [Fact]
    public async Task A_folder_of_another_node_or_in_use_is_refused_with_the_reason()
    {
        using var cluster = new ServeCluster(3);
        await cluster.StartAllAsync();
        await cluster.StopAsync(2);

        cluster.WriteConfiguration(2, nodeId: 2, cluster.DataOf(1));
        RaftMqProcess inUse = cluster.Start(2);
        (await inUse.ExitAsync()).ShouldBe(3);
        inUse.Output.ShouldContain("is in use by another process");

        await cluster.StopAsync(1);
        RaftMqProcess foreign = cluster.Start(2);
        (await foreign.ExitAsync()).ShouldBe(3);
        foreign.Output.ShouldContain("belongs to cluster");
        foreign.Output.ShouldContain("node 1, and this is node 2");
    }

    [Fact]
    public async Task A_folder_from_another_cluster_does_not_get_in()
    {
        using var cluster = new ServeCluster(3);
        using var other = new ServeCluster(1);
        await cluster.StartAllAsync();
        await other.StartAllAsync();
        await other.StopAsync(1);
        await cluster.StopAsync(1);

        // Node 1 of another cluster in the place of node 1 of this one.
        cluster.WriteConfiguration(1, nodeId: 1, other.DataOf(1));
        RaftMqProcess stranger = cluster.Start(1);
        await Eventually.TrueAsync(
            () => stranger.Output.Contains("different clusters", StringComparison.Ordinal) && cluster.Process(2).Output.Contains("different clusters", StringComparison.Ordinal),
            cluster.Outputs);

        (await cluster[2].CreateAsync("orders")).IsDone.ShouldBeTrue();
        (await cluster[3].TopicsAsync()).Body.ShouldContain("orders");
        (await cluster[2].ReportAsync())!.Cluster.ShouldNotBe((await cluster[1].ReportAsync())!.Cluster);
    }

    [Fact]
    public async Task Damage_in_the_middle_of_the_log_keeps_a_node_from_starting_and_says_where()
    {
        using var cluster = new ServeCluster(1);
        Node node = await cluster.StartAllAsync();
        await node.CreateAsync("orders");
        for (int i = 0; i < 20; i++)
        {
            await node.PublishAsync("orders", $"m{i}");
        }

        await cluster.StopAsync(1);
        string segment = Directory.GetFiles(cluster.DataOf(1), "*.wal").Single();
        byte[] bytes = await File.ReadAllBytesAsync(segment, TestContext.Current.CancellationToken);
        bytes[(4 * 512) + 40] ^= 1;
        await File.WriteAllBytesAsync(segment, bytes, TestContext.Current.CancellationToken);

        RaftMqProcess damaged = cluster.Start(1);
        (await damaged.ExitAsync()).ShouldBe(3);
        damaged.Output.ShouldContain("offset");
        damaged.Output.ShouldContain("0000000001.wal");
    }
}
