using RaftMQ.Queues;
using RaftMQ.Replica.Requests;

namespace RaftMQ.Node.Tests;

/// <summary>A replica with its threads, from the outside.</summary>
public sealed class Nodes
{
    private static readonly byte[] CreateOrders = QueueCommandCodec.CreateTopic("orders");

    private static CancellationToken Never => CancellationToken.None;

    [Fact]
    public async Task Any_node_takes_any_command()
    {
        await using var cluster = new TestCluster(3);
        await cluster.StartAllAsync();

        RequestResult created = await cluster[2].SubmitAsync(CreateOrders, Never);
        RequestResult again = await cluster[3].SubmitAsync(CreateOrders, Never);
        TopicReadResult topics = await cluster[1].ReadTopicsAsync(Never);

        created.Reply.Outcome.ShouldBe(QueueOutcome.Done);
        again.Reply.Outcome.ShouldBe(QueueOutcome.TopicExists);
        topics.Topics.ShouldBe(["orders"]);
    }

    [Fact]
    public async Task Equal_applied_indexes_have_equal_state_hashes()
    {
        await using var cluster = new TestCluster(3);
        uint leader = await cluster.StartAllAsync();
        await cluster[leader].SubmitAsync(CreateOrders, Never);

        await Task.WhenAll(Enumerable.Range(0, 200).Select(i =>
            cluster[(uint)(i % 3) + 1].SubmitAsync(QueueCommandCodec.Publish("orders", BitConverter.GetBytes(i)), Never).AsTask()));

        ulong applied = cluster[leader].Status.AppliedIndex.Value;
        await TestCluster.EventuallyAsync(() => cluster.Ids.All(id => cluster[id].Status.AppliedIndex.Value == applied));
        cluster.Ids.Select(id => cluster[id].Status.StateHash).Distinct().Count().ShouldBe(1);
        cluster[leader].Status.MessageCount.ShouldBe(200);
    }

    [Fact]
    public async Task A_stopped_leader_hands_over_and_nothing_under_way_fails()
    {
        await using var cluster = new TestCluster(3);
        uint leader = await cluster.StartAllAsync();
        uint follower = cluster.Ids.First(id => id != leader);
        await cluster[leader].SubmitAsync(CreateOrders, Never);

        Task<RequestResult>[] publishing = [.. Enumerable.Range(0, 100).Select(i =>
            cluster[follower].SubmitAsync(QueueCommandCodec.Publish("orders", BitConverter.GetBytes(i)), Never).AsTask())];
        await cluster.StopAsync(leader, handOver: true);
        RequestResult[] results = await Task.WhenAll(publishing);

        results.ShouldAllBe(result => result.Outcome == RequestOutcome.Replied);
        await TestCluster.EventuallyAsync(() => cluster.Leader is not null);
        cluster[follower].Status.MessageCount.ShouldBe(100);
    }

    [Fact]
    public async Task What_was_acknowledged_is_there_after_all_nodes_were_stopped()
    {
        await using var cluster = new TestCluster(3);
        await cluster.StartAllAsync();
        await cluster[1].SubmitAsync(CreateOrders, Never);
        await cluster[1].SubmitAsync(QueueCommandCodec.Publish("orders", "kept"u8), Never);
        foreach (uint id in cluster.Ids)
        {
            await cluster.StopAsync(id, handOver: false);
        }

        await cluster.StartAllAsync();

        RequestResult popped = await cluster[2].SubmitAsync(QueueCommandCodec.Pop("orders"), Never);
        popped.Body.ToArray().ShouldBe("kept"u8.ToArray());
    }

    [Fact]
    public async Task A_folder_in_use_is_refused()
    {
        await using var cluster = new TestCluster(1);
        await cluster.StartAllAsync();
        using IDisposable? second = cluster.Disk(1).TryLock();

        second.ShouldBeNull();
    }

    [Fact]
    public async Task A_folder_of_another_node_is_refused_with_the_reason()
    {
        await using var cluster = new TestCluster(3);
        await cluster.StartAllAsync();
        await cluster.StopAsync(2, handOver: false);

        RaftNode wrong = cluster.Start(2, nodeId: 3);
        NodeEnd end = await wrong.Completion.WaitAsync(TestCluster.Patience, Never);

        end.Reason.ShouldBe(NodeEndReason.DataRefused);
        end.Message.ShouldContain("belongs to");
        end.Message.ShouldContain("node 2, and this is node 3");
    }

    [Fact]
    public async Task A_failed_sync_ends_the_node_and_nothing_is_acknowledged_after_it()
    {
        await using var cluster = new TestCluster(1);
        await cluster.StartAllAsync();
        await cluster[1].SubmitAsync(CreateOrders, Never);

        cluster.Disk(1).FailNextSync();
        RequestResult result = await cluster[1].SubmitAsync(QueueCommandCodec.Publish("orders", "lost?"u8), Never);
        NodeEnd end = await cluster[1].Completion.WaitAsync(TestCluster.Patience, Never);

        result.Outcome.ShouldBe(RequestOutcome.OutcomeUnknown);
        end.Reason.ShouldBe(NodeEndReason.DiskFailed);
        (await cluster[1].SubmitAsync(CreateOrders, Never)).Outcome.ShouldBe(RequestOutcome.Stopping);
    }

    [Fact]
    public async Task What_one_node_has_answered_every_node_shows_of_a_topic()
    {
        await using var cluster = new TestCluster(3);
        await cluster.StartAllAsync();
        var policy = new TopicPolicyChange(MaxMessages: 2, MaxBytes: 20, Overflow: Overflow.DropOldest);
        await cluster[2].SubmitAsync(QueueCommandCodec.CreateTopic("orders", null, policy), Never);
        for (int i = 0; i < 3; i++)
        {
            await cluster[2].SubmitAsync(QueueCommandCodec.Publish("orders", "1234"u8), Never);
        }

        foreach (uint node in (uint[])[1, 2, 3])
        {
            (await cluster[node].ReadTopicAsync("orders", Never)).Topic.ShouldBe(new TopicGauges(2, 8, 2, 20, Overflow.DropOldest, 1));
        }

        TopicReadResult nowhere = await cluster[3].ReadTopicAsync("nowhere", Never);
        nowhere.Outcome.ShouldBe(RequestOutcome.Replied);
        nowhere.Topic.ShouldBeNull();
    }

    [Fact]
    public async Task A_topic_is_read_right_after_a_restart_of_all_nodes()
    {
        await using var cluster = new TestCluster(3);
        await cluster.StartAllAsync();
        await cluster[1].SubmitAsync(QueueCommandCodec.CreateTopic("orders"), Never);
        await Task.WhenAll(Enumerable.Range(1, 3).Select(id => cluster[(uint)id].StopAsync(handOver: false)));

        RaftNode[] started = [cluster.Start(1), cluster.Start(2), cluster.Start(3)];

        foreach (RaftNode node in started)
        {
            (await node.ReadTopicAsync("orders", Never)).Topic.ShouldNotBeNull("a read waits until its node is ready, and says nothing before");
        }
    }

    [Fact]
    public async Task A_read_of_a_topic_ends_also_without_a_cluster_and_on_a_node_that_has_stopped()
    {
        await using var cluster = new TestCluster(3);
        RaftNode alone = cluster.Start(2);

        (await alone.ReadTopicAsync("orders", Never)).Outcome.ShouldBe(RequestOutcome.NoLeader);
        await alone.StopAsync(handOver: false);
        (await alone.ReadTopicAsync("orders", Never)).Outcome.ShouldBe(RequestOutcome.Stopping);
    }

    [Fact]
    public async Task A_request_whose_client_goes_while_there_is_no_leader_ends_at_once()
    {
        await using var cluster = new TestCluster(3);
        RaftNode alone = cluster.Start(2);
        using var client = new CancellationTokenSource();

        ValueTask<RequestResult> waiting = alone.SubmitAsync(CreateOrders, client.Token);
        client.Cancel();

        (await waiting).Outcome.ShouldBe(RequestOutcome.Cancelled);
        alone.Status.Phase.ShouldNotBe(NodePhase.Member);
    }
}
