namespace RaftMQ.Cluster.Tests;

/// <summary>Snapshots are taken, the log is released, and a node that was away is brought up by a snapshot, in real processes on a real disk.</summary>
[Collection("cluster")]
public sealed class Compaction
{
    private const int MessageBytes = 40_000;

    /// <summary>A snapshot after each megabyte of log.</summary>
    private static readonly object OftenSnapshots = new { snapshotAfterBytes = 1024 * 1024 };

    [Fact]
    public async Task A_node_that_was_away_for_longer_than_the_log_goes_back_gets_a_snapshot_with_the_bodies_and_takes_part()
    {
        using var cluster = new ServeCluster(3, wal: OftenSnapshots);
        Node leader = await cluster.StartAllAsync();
        await leader.CreateAsync("orders");
        Node away = cluster.Nodes.First(node => node != leader);
        await PublishAsync(leader, 0, 20);
        await cluster.UntilEqualAsync();
        cluster.Kill(away.Id);
        await PublishAsync(leader, 20, 200);
        for (int i = 0; i < 100; i++)
        {
            (await leader.PopAsync("orders")).Message.ShouldBe(MessageOf(i));
        }

        cluster.Start(away.Id);
        await cluster.UntilPhaseAsync(away.Id, "Member");
        await cluster.UntilEqualAsync();
        cluster.Process(away.Id).Output.ShouldContain("installed a snapshot");

        // What it hands out comes from its own disk, also after another start.
        (await away.PopAsync("orders")).Message.ShouldBe(MessageOf(100));
        cluster.Kill(away.Id);
        cluster.Start(away.Id);
        await cluster.UntilPhaseAsync(away.Id, "Member");
        for (int i = 101; i < 220; i++)
        {
            (await away.PopAsync("orders")).Message.ShouldBe(MessageOf(i));
        }

        await cluster.UntilEqualAsync();
    }

    [Fact]
    public async Task A_node_that_lost_its_disk_is_brought_up_by_a_snapshot_and_admitted()
    {
        using var cluster = new ServeCluster(3, wal: OftenSnapshots);
        Node leader = await cluster.StartAllAsync();
        await leader.CreateAsync("orders");
        await PublishAsync(leader, 0, 150);
        Node wiped = cluster.Nodes.First(node => node != leader);
        cluster.Kill(wiped.Id);
        cluster.Wipe(wiped.Id);

        cluster.Start(wiped.Id);
        await cluster.UntilPhaseAsync(wiped.Id, "Member");
        await cluster.UntilEqualAsync();

        cluster.Process(wiped.Id).Output.ShouldContain("installed a snapshot");
        cluster.Kill(leader.Id);
        await cluster.LeaderAsync();
        for (int i = 0; i < 150; i++)
        {
            (await wiped.PopAsync("orders")).Message.ShouldBe(MessageOf(i));
        }
    }

    [Fact]
    public async Task A_queue_that_is_worked_off_as_fast_as_it_fills_keeps_a_few_segments_on_disk()
    {
        using var cluster = new ServeCluster(1, wal: OftenSnapshots);
        Node node = await cluster.StartAllAsync();
        await node.CreateAsync("orders");
        await node.CreateAsync("kept");
        (await node.PublishAsync("kept", "an old message")).IsDone.ShouldBeTrue();
        for (int round = 0; round < 20; round++)
        {
            await PublishAsync(node, round * 200, 200);
            await Task.WhenAll(Enumerable.Range(0, 200).Select(_ => node.PopAsync("orders")));
        }

        // 160 MB went through, in ten segments of 16 MiB; four are what it takes to run.
        await Eventually.TrueAsync(() => LogBytesOf(cluster, 1) <= 6 * 16 * 1024 * 1024, () => $"{LogBytesOf(cluster, 1)} bytes of log");
        cluster.Kill(1);
        cluster.Start(1);
        await cluster.LeaderAsync();
        (await node.PopAsync("kept")).Message.ShouldBe("an old message");
        (await node.PopAsync("orders")).Reason.ShouldBe("empty");
    }

    private static async Task PublishAsync(Node node, int first, int count)
    {
        for (int i = first; i < first + count; i++)
        {
            (await node.PublishAsync("orders", MessageOf(i))).IsDone.ShouldBeTrue();
        }
    }

    private static string MessageOf(int number) => $"message {number} ".PadRight(MessageBytes, 'x');

    private static long LogBytesOf(ServeCluster cluster, int id) => new DirectoryInfo(cluster.DataOf(id)).EnumerateFiles().Sum(file => file.Length);
}
