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
        TopicsResult topics = await cluster[1].ReadTopicsAsync(Never);

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
    public async Task A_look_at_a_topic_shows_what_the_node_has_answered_and_other_nodes_come_to_it()
    {
        await using var cluster = new TestCluster(3);
        await cluster.StartAllAsync();
        var policy = new TopicPolicyChange(MaxMessages: 2, MaxBytes: 20, Overflow: Overflow.DropOldest);
        await cluster[2].SubmitAsync(QueueCommandCodec.CreateTopic("orders", null, policy), Never);
        for (int i = 0; i < 3; i++)
        {
            await cluster[2].SubmitAsync(QueueCommandCodec.Publish("orders", "1234"u8), Never);
        }

        TopicLook own = await cluster[2].LookAsync("orders", Never);
        TopicLook nowhere = await cluster[2].LookAsync("nowhere", Never);

        var expected = new TopicLook(RequestOutcome.Replied, new TopicGauges(2, 8, 2, 20, Overflow.DropOldest, 1));
        own.ShouldBe(expected);
        nowhere.ShouldBe(new TopicLook(RequestOutcome.Replied, null));
        foreach (uint other in (uint[])[1, 3])
        {
            await cluster[other].ReadTopicsAsync(Never);
            (await cluster[other].LookAsync("orders", Never)).ShouldBe(expected, "a linearizable read has waited for all that was answered before");
        }
    }

    [Fact]
    public async Task A_look_ends_also_on_a_node_that_knows_nothing_and_on_one_that_has_stopped()
    {
        await using var cluster = new TestCluster(3);
        RaftNode alone = cluster.Start(2);

        await TestCluster.EventuallyAsync(() => alone.Status.Phase == NodePhase.Unborn);
        (await alone.LookAsync("orders", Never)).ShouldBe(new TopicLook(RequestOutcome.NoLeader, null));
        await alone.StopAsync(handOver: false);
        (await alone.LookAsync("orders", Never)).ShouldBe(new TopicLook(RequestOutcome.Stopping, null));
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
