using RaftMQ.Queues;
using RaftMQ.Replica.Requests;

namespace RaftMQ.Node.Tests;

/// <summary>What a node may hold, with its threads and its disk.</summary>
public sealed class Budgets
{
    private const long DiskBudget = 8 * 1024 * 1024;

    private static CancellationToken Never => CancellationToken.None;

    [Fact]
    public async Task A_folder_never_takes_more_than_its_budget_and_what_is_consumed_brings_publishes_back()
    {
        await using var cluster = new TestCluster(1, options => options with { DiskBudgetBytes = DiskBudget, SnapshotLogBytes = 1024 * 1024 });
        await cluster.StartAllAsync();
        await cluster[1].SubmitAsync(QueueCommandCodec.CreateTopic("orders"), Never);
        byte[] publish = QueueCommandCodec.Publish("orders", new byte[50_000]);
        int taken = 0;
        RequestResult result;
        while ((result = await cluster[1].SubmitAsync(publish, Never)).Outcome == RequestOutcome.Replied)
        {
            (++taken).ShouldBeLessThan(400);
            cluster[1].Status.Gauges.FolderBytes.ShouldBeLessThanOrEqualTo(DiskBudget);
        }

        (result.Outcome, result.Limit).ShouldBe((RequestOutcome.DiskFull, new LimitReached(NodeLimit.DiskBudget, DiskBudget)));
        taken.ShouldBeInRange(20, 160);
        int small = 0;
        while ((await cluster[1].SubmitAsync(QueueCommandCodec.Publish("orders", new byte[500]), Never)).Outcome == RequestOutcome.Replied)
        {
            (++small).ShouldBeLessThan(400);
        }

        await TestCluster.EventuallyAsync(() => !cluster[1].Status.AcceptsPublishes);
        cluster[1].Status.Gauges.FolderBytes.ShouldBeInRange(DiskBudget / 2, DiskBudget);

        for (int i = 0; i < taken; i++)
        {
            (await cluster[1].SubmitAsync(QueueCommandCodec.Pop("orders"), Never)).Body.Length.ShouldBe(50_000);
        }

        for (int i = 0; i < small; i++)
        {
            (await cluster[1].SubmitAsync(QueueCommandCodec.Pop("orders"), Never)).Body.Length.ShouldBe(500);
        }

        await TestCluster.EventuallyAsync(() => cluster[1].Status.AcceptsPublishes);
        (await cluster[1].SubmitAsync(publish, Never)).Outcome.ShouldBe(RequestOutcome.Replied);

        // The disk itself is the node's own as long as it runs.
        await cluster.StopAsync(1, handOver: false);
        cluster.Disk(1).UsedBytes.ShouldBeLessThanOrEqualTo(DiskBudget);
    }

    [Fact]
    public async Task A_node_tells_how_much_of_its_limits_is_in_use()
    {
        await using var cluster = new TestCluster(1);
        await cluster.StartAllAsync();
        await cluster[1].SubmitAsync(QueueCommandCodec.CreateTopic("orders", "key one"), Never);
        await cluster[1].SubmitAsync(QueueCommandCodec.Publish("orders", new byte[1_000]), Never);
        await cluster[1].SubmitAsync(QueueCommandCodec.Publish("orders", new byte[500]), Never);
        await cluster[1].SubmitAsync(QueueCommandCodec.Pop("orders", "key two"), Never);
        await TestCluster.EventuallyAsync(() => cluster[1].Status.Gauges.FolderBytes == cluster.Disk(1).UsedBytes);

        NodeGauges gauges = cluster[1].Status.Gauges;

        (gauges.Topics, gauges.Bytes, gauges.RequestKeys, gauges.RequestKeyBytes).ShouldBe((1, 500, 2, 1_000));
        (gauges.UncommittedEntries, gauges.UncommittedBytes).ShouldBe((0, 0));
        gauges.MemoryBytes.ShouldBeGreaterThan(1_500, "the end of the log is in memory, too");
        gauges.RoomBytes.ShouldBeGreaterThan(1_000_000);
        cluster[1].RequestsUnderWay.ShouldBe((0, 0));
    }

    [Fact]
    public async Task A_node_with_too_many_requests_or_too_many_bytes_of_them_names_the_limit()
    {
        await using var cluster = new TestCluster(1, options => options with { MaxRequests = 2, MaxRequestBytes = 1_000, LeaderWaitMilliseconds = 600_000, RequestTimeoutMilliseconds = 600_000 });
        await cluster.StartAllAsync();

        (await cluster[1].SubmitAsync(QueueCommandCodec.Publish("orders", new byte[1_000]), Never)).Limit.ShouldBe(new LimitReached(NodeLimit.RequestBytes, 1_000));

        // Alone of three it finds no leader, so requests stay under way.
        await using var lonely = new TestCluster(3, options => options with { MaxRequests = 2, LeaderWaitMilliseconds = 600_000, RequestTimeoutMilliseconds = 600_000 });
        RaftNode node = lonely.Start(1);
        using var gone = new CancellationTokenSource();
        Task<RequestResult> first = node.SubmitAsync(QueueCommandCodec.Pop("orders"), gone.Token).AsTask();
        Task<TopicReadResult> second = node.ReadTopicsAsync(gone.Token).AsTask();
        node.RequestsUnderWay.ShouldBe((2, QueueCommandCodec.Pop("orders").Length));

        (await node.SubmitAsync(QueueCommandCodec.Pop("orders"), Never)).Limit.ShouldBe(new LimitReached(NodeLimit.Requests, 2));
        (await node.ReadTopicsAsync(Never)).Limit.ShouldBe(new LimitReached(NodeLimit.Requests, 2));
        await gone.CancelAsync();
        (await first).Outcome.ShouldBe(RequestOutcome.Cancelled);
        (await second).Outcome.ShouldBe(RequestOutcome.Cancelled);
    }
}
