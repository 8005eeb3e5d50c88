using System.Diagnostics;

namespace RaftMQ.Cluster.Tests;

/// <summary>A follower is away while much is written, more than the log keeps: it gets the state and the bodies, and meanwhile the others serve.</summary>
[Collection("cluster")]
public sealed class LongAbsence
{
    private const int MessageBytes = 200_000;
    private const int Clients = 6;
    private const int AcknowledgedMeanwhile = 10;
    private const long MostMemoryBytes = 600_000_000;

    private static readonly object RoomForAll = new { maxBytes = 8L << 30, maxBytesPerTopic = 8L << 30 };
    private static readonly object OftenSnapshots = new { snapshotAfterBytes = 4 * 1024 * 1024 };
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(10);

    [Fact]
    public async Task A_follower_that_was_away_gets_snapshot_and_bodies_while_the_leader_serves_within_bounds()
    {
        using var cluster = new ServeCluster(3, RoomForAll, OftenSnapshots);
        Node leader = await cluster.StartAllAsync();
        await leader.CreateAsync("orders");
        Node away = cluster.Nodes.First(node => node != leader);

        // A node that is being brought up answers nobody: its clients are not those that are to be served meanwhile.
        var accounting = new Accounting(cluster, "orders", MessageBytes, keyedPops: false, [.. cluster.Nodes.Where(node => node != away)]);
        using var stop = new CancellationTokenSource();
        cluster.Kill(away.Id);
        Task load = accounting.RunAsync(Clients, stop.Token);
        long began = Stopwatch.GetTimestamp();
        int messages = (int)((long)LongForm.AwayMebibytes * 1024 * 1024 / MessageBytes);
        await Eventually.TrueAsync(() => accounting.Acknowledged >= messages, () => $"{accounting.Acknowledged} of {messages}\n" + cluster.Outputs(), Patience);
        double written = Stopwatch.GetElapsedTime(began).TotalSeconds;
        leader = await cluster.LeaderAsync();
        long memoryBefore = cluster.PeakMemoryBytes(leader.Id);

        began = Stopwatch.GetTimestamp();
        cluster.Start(away.Id);
        await Eventually.TrueAsync(() => Directory.GetFiles(cluster.DataOf(away.Id), "install.*").Length > 0, () => "no snapshot begins\n" + cluster.Outputs(), Patience);
        int before = accounting.Acknowledged;
        await Eventually.TrueAsync(() => cluster.Process(away.Id).Output.Contains("installed a snapshot", StringComparison.Ordinal), () => "no snapshot comes\n" + cluster.Outputs(), Patience);
        int meanwhile = accounting.Acknowledged - before;
        double transferred = Stopwatch.GetElapsedTime(began).TotalSeconds;
        await stop.CancelAsync();
        await load;
        ulong missed = (await (await cluster.LeaderAsync()).ReportAsync())!.LastLogIndex;
        await Eventually.TrueAsync(async () => (await away.ReportAsync())?.AppliedIndex >= missed, () => "it does not catch up\n" + cluster.Outputs(), Patience);
        await cluster.UntilEqualAsync();

        long memory = cluster.PeakMemoryBytes(leader.Id);
        LongForm.Say(
            $"{before:N0} messages of {MessageBytes / 1000} kB, {LongForm.AwayMebibytes} MiB and more, in {written:0.0} s; snapshot and bodies were there {transferred:0.0} s after the start, and {meanwhile:N0} messages were acknowledged meanwhile");
        LongForm.Say(
            $"peak memory of the leader: {memoryBefore / 1_000_000} MB before, {memory / 1_000_000} MB after; of the follower {cluster.PeakMemoryBytes(away.Id) / 1_000_000} MB");
        meanwhile.ShouldBeGreaterThanOrEqualTo(AcknowledgedMeanwhile);
        memory.ShouldBeLessThan(MostMemoryBytes);
        await accounting.SettleAsync();
        await cluster.UntilEqualAsync();
    }
}
