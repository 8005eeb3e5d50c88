using RaftMQ.Queues;
using RaftMQ.Replica.Requests;
using RaftMQ.Simulation.Disk;
using RaftMQ.Storage.Identity;

namespace RaftMQ.Node.Tests;

/// <summary>What a node does with a damaged folder.</summary>
public sealed class Repairs
{
    private const string Segment = "0000000001.wal";

    private static CancellationToken Never => CancellationToken.None;

    [Fact]
    public async Task A_damaged_node_begins_a_new_life_in_the_same_process_and_takes_requests_in_it()
    {
        await using var cluster = new TestCluster(3);
        (uint id, ServerIdentity before) = await DamageAsync(cluster);

        RaftNode node = cluster.Start(id);
        RequestResult popped = await node.SubmitAsync(QueueCommandCodec.Pop("orders"), Never);

        popped.Reply.Outcome.ShouldBe(QueueOutcome.Done);
        await TestCluster.EventuallyAsync(() => node.Status.Phase == NodePhase.Member);
        node.Status.Identity.Cluster.ShouldBe(before.Cluster);
        node.Status.Identity.Server.Incarnation.ShouldNotBe(before.Server.Incarnation);
        node.Completion.IsCompleted.ShouldBeFalse();
    }

    [Fact]
    public async Task A_damaged_node_that_is_told_not_to_ends_with_the_reason_and_what_to_do()
    {
        await using var cluster = new TestCluster(3);
        (uint id, _) = await DamageAsync(cluster);
        IReadOnlyList<string> files = cluster.Disk(id).List();

        NodeEnd end = await cluster.Start(id, repairsItself: false).Completion.WaitAsync(TestCluster.Patience, Never);

        end.Reason.ShouldBe(NodeEndReason.DataRefused);
        end.Message.ShouldContain(Segment + " at offset");
        end.Message.ShouldContain("repair.automatic is off");
        end.Message.ShouldContain("empty it");
        cluster.Disk(id).List().Where(name => !name.EndsWith(".spare", StringComparison.Ordinal)).ShouldBe(files.Where(name => !name.EndsWith(".spare", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task A_node_that_is_stopped_while_it_begins_anew_stops()
    {
        await using var cluster = new TestCluster(3);
        (uint id, _) = await DamageAsync(cluster);

        RaftNode node = cluster.Start(id);
        await node.StopAsync(handOver: false).WaitAsync(TestCluster.Patience, Never);

        (await node.Completion).Reason.ShouldBe(NodeEndReason.Stopped);
    }

    private static async Task<(uint Id, ServerIdentity Identity)> DamageAsync(TestCluster cluster)
    {
        uint leader = await cluster.StartAllAsync();
        await cluster[leader].SubmitAsync(QueueCommandCodec.CreateTopic("orders"), Never);
        for (int i = 0; i < 10; i++)
        {
            await cluster[leader].SubmitAsync(QueueCommandCodec.Publish("orders", BitConverter.GetBytes(i)), Never);
        }

        uint id = cluster.Ids.First(each => each != leader);
        await TestCluster.EventuallyAsync(() => cluster[id].Status.MessageCount == 10);
        ServerIdentity identity = cluster[id].Status.Identity;
        await cluster.StopAsync(id, handOver: false);
        SimulatedDisk disk = cluster.Disk(id);

        // In the first record, behind which there are always others: at the end of the log it might pass for a torn write.
        disk.FlipBit(Segment, 512 + 8, 1);
        return (id, identity);
    }
}
