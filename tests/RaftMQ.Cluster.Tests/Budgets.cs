using System.Net;

namespace RaftMQ.Cluster.Tests;

/// <summary>What nodes may hold of disk and memory, in real processes: they fill, refuse, are consumed, and take messages again.</summary>
[Collection("cluster")]
public sealed class Budgets
{
    private const long DiskBudget = 128 * 1024 * 1024;
    private const int MessageBytes = 500_000;

    /// <summary>Room for so many messages, with what the log writes beside each, is there again before the disk is filled once more: it is not all that there is, since it is told in whole segments.</summary>
    private const int LeastTaken = 20;

    private static readonly object OftenSnapshots = new { snapshotAfterBytes = 1024 * 1024 };

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    public async Task A_disk_budget_that_is_used_up_refuses_publishes_and_what_is_consumed_brings_them_back(int nodes)
    {
        using var cluster = new ServeCluster(nodes, wal: OftenSnapshots, budgets: new { diskBytes = DiskBudget });
        Node leader = await cluster.StartAllAsync();
        Node asked = cluster.Nodes.FirstOrDefault(node => node != leader) ?? leader;
        (await asked.CreateAsync("orders")).IsDone.ShouldBeTrue();

        // Twice: what was consumed is given back before the disk is full again.
        for (int round = 0; round < 2; round++)
        {
            await Eventually.TrueAsync(async () => await LeastRoomAsync(cluster) >= LeastTaken * (MessageBytes + 1_000), cluster.Outputs);
            int taken = await FillAsync(cluster, asked);
            taken.ShouldBeInRange(LeastTaken, 160, $"round {round}\n{cluster.Outputs()}");
            for (int i = 0; i < taken; i++)
            {
                (await PopAsync(cluster, asked)).Message.ShouldBe(MessageOf(i), cluster.Outputs());
            }

            await Eventually.TrueAsync(async () => (await asked.PublishAsync("orders", "again")).IsDone, cluster.Outputs);
            (await PopAsync(cluster, asked)).Message.ShouldBe("again");
        }

        (await asked.PopAsync("orders")).Reason.ShouldBe("empty");
        await cluster.UntilEqualAsync();
        cluster.Running.Count().ShouldBe(nodes);
    }

    [Fact]
    public async Task A_folder_that_holds_more_than_a_lowered_budget_starts_and_is_freed_by_consuming()
    {
        using var unbounded = new ServeCluster(1, wal: OftenSnapshots);
        Node node = await unbounded.StartAllAsync();
        (await node.CreateAsync("orders")).IsDone.ShouldBeTrue();
        for (int i = 0; i < 300; i++)
        {
            (await node.PublishAsync("orders", MessageOf(i))).IsDone.ShouldBeTrue();
        }

        unbounded.Kill(1);
        using var cluster = new ServeCluster(1, wal: OftenSnapshots, budgets: new { diskBytes = DiskBudget });
        cluster.WriteConfiguration(1, 1, unbounded.DataOf(1));
        node = await cluster.StartAllAsync();
        Report report = (await node.ReportAsync()).ShouldNotBeNull();
        report.UsedOf("budgets.diskBytes").ShouldBeGreaterThan(DiskBudget);
        await Eventually.TrueAsync(async () => (await node.PublishAsync("orders", "more")).Reason == "disk-full", cluster.Outputs);

        for (int i = 0; i < 300; i++)
        {
            (await node.PopAsync("orders")).Message.ShouldBe(MessageOf(i), cluster.Outputs());
        }

        await Eventually.TrueAsync(async () => (await node.PublishAsync("orders", "again")).IsDone, cluster.Outputs);
        ServeCluster.FolderBytesOf(unbounded.DataOf(1)).ShouldBeLessThanOrEqualTo(DiskBudget);
    }

    [Fact]
    public async Task A_memory_budget_that_is_used_up_refuses_topics_and_publishes_by_name_and_pops_go_on()
    {
        // The least that is allowed: 8 MiB for requests, 8 MiB for what is not committed, 8 MiB of log, and half as much for topics. Topics of 1.5 KiB each fill it.
        const int MemoryBudget = (32 * 1024 * 1024) + 4_096;
        const int Topics = 40_000;
        using var cluster = new ServeCluster(
            1, limits: new { maxTopics = Topics }, budgets: new { memoryBytes = MemoryBudget, maxRequestBytes = 8_388_608, maxUncommittedBytes = 8_388_608 });
        Node node = await cluster.StartAllAsync();
        var refused = new List<Answer>();
        await Parallel.ForEachAsync(Enumerable.Range(0, Topics), new ParallelOptions { MaxDegreeOfParallelism = 32 }, async (i, _) =>
        {
            if (refused.Count == 0 && await node.CreateAsync($"topic {i}") is { IsDone: false } answer)
            {
                lock (refused)
                {
                    refused.Add(answer);
                }
            }
        });

        refused.ShouldNotBeEmpty();
        refused.ShouldAllBe(answer => answer.Status == HttpStatusCode.InsufficientStorage && answer.Reason == "memory-full");
        refused[0].Body.ShouldContain($"{MemoryBudget} bytes (budgets.memoryBytes)");
        (await node.PublishAsync("topic 0", "message")).Reason.ShouldBe("memory-full");
        (await node.PopAsync("topic 0")).Reason.ShouldBe("empty");
        (await node.ReportAsync()).ShouldNotBeNull().UsedOf("budgets.memoryBytes").ShouldBeInRange(MemoryBudget, MemoryBudget + 1_000_000);
    }

    /// <summary>A follower that has used up even its reserve refuses pops, too, and does nothing: then another node is asked.</summary>
    private static async Task<Answer> PopAsync(ServeCluster cluster, Node asked)
    {
        Answer answer = await asked.PopAsync("orders");
        foreach (Node other in cluster.Nodes.Where(node => node != asked))
        {
            answer = answer.Reason == "disk-full" ? await other.PopAsync("orders") : answer;
        }

        return answer;
    }

    /// <summary>The least that a node says it has room for.</summary>
    private static async Task<long> LeastRoomAsync(ServeCluster cluster)
    {
        long least = long.MaxValue;
        foreach (Node node in cluster.Nodes)
        {
            least = Math.Min(least, await node.ReportAsync() is { } report ? report.RoomBytes : 0);
        }

        return least;
    }

    private static async Task<int> FillAsync(ServeCluster cluster, Node node)
    {
        // The leader hears of its followers' room with their next answer, so a moment after they themselves tell of it.
        await Eventually.TrueAsync(async () => (await node.PublishAsync("orders", MessageOf(0))).IsDone, cluster.Outputs);
        int taken = 1;
        Answer answer;
        while ((answer = await node.PublishAsync("orders", MessageOf(taken))).IsDone)
        {
            (++taken).ShouldBeLessThan(400);
        }

        answer.Status.ShouldBe(HttpStatusCode.InsufficientStorage, answer.Body);
        answer.Reason.ShouldBeOneOf("disk-full", "nodes-full");
        answer.Body.ShouldContain("budgets.diskBytes");
        foreach (Node each in cluster.Nodes)
        {
            ServeCluster.FolderBytesOf(cluster.DataOf(each.Id)).ShouldBeLessThanOrEqualTo(DiskBudget);
            await Eventually.TrueAsync(
                async () => await each.ReportAsync() is { } report && report.UsedOf("budgets.diskBytes") is > DiskBudget / 2 and <= DiskBudget,
                () => $"refused after {taken}: {answer.Body}; one of three may be behind for a moment, but not for long\n{cluster.Outputs()}");
        }

        (await node.TopicsAsync()).Body.ShouldContain("orders");
        return taken;
    }

    private static string MessageOf(int number) => $"message {number} ".PadRight(MessageBytes, 'x');
}
