using System.Diagnostics;

namespace RaftMQ.Cluster.Tests;

/// <summary>File systems of 64 MiB, in loop files that the test mounts, fill up under load: on all nodes, on the leader's and on a follower's.</summary>
[Collection("cluster")]
public sealed class SmallDisks : IDisposable
{
    private const int DiskBytes = 64 * 1024 * 1024;

    /// <summary>What lies beside the data of a node that is to be given room later: a follower that has missed much needs it for the bodies of a snapshot, beside what it has.</summary>
    private const int FillerBytes = 128 * 1024 * 1024;

    /// <summary>What is left of 64 MiB beside the file system's own: three segments of the log, and not the fourth. So it has one segment ahead, and publishes leave one free.</summary>
    private const int RoomBytes = 54 * 1024 * 1024;
    private const int MessageBytes = 100_000;
    private const int Clients = 4;
    private const int RefusedOften = 50;
    private const int GoesOn = 100;

    private readonly List<MountedDisk> _disks = [];

    [Fact]
    public async Task All_disks_fill_up_publishes_are_refused_and_consuming_brings_them_back_without_a_restart()
    {
        using ServeCluster cluster = Cluster(0, 1, 2, 3);
        Node leader = await cluster.StartAllAsync();
        using var stop = new CancellationTokenSource();
        (Accounting accounting, Task load) = await LoadAsync(cluster, leader, stop.Token);
        for (int filling = 0; filling < LongForm.Fillings; filling++)
        {
            int refused = accounting.Failures.For("disk-full");
            await Eventually.TrueAsync(() => accounting.Failures.For("disk-full") >= refused + RefusedOften, () => Story(cluster, accounting, "the disks never fill up"));
            int full = accounting.Acknowledged;
            LongForm.Say($"filling {filling + 1}: {accounting.Backlog} messages wait, {string.Join(", ", _disks.Select(disk => disk.FreeBytes / 1024))} KiB are free");
            using var enough = new CancellationTokenSource();
            Task consuming = accounting.ConsumeAsync(2, enough.Token);
            await Eventually.TrueAsync(() => accounting.Acknowledged >= full + GoesOn, () => Story(cluster, accounting, "publishes do not come back"));
            await enough.CancelAsync();
            await consuming;
        }

        await SettleAsync(cluster, accounting, load, stop);
    }

    [Fact]
    public async Task The_leaders_disk_fills_up_and_another_leads_on()
    {
        using ServeCluster cluster = Cluster(FillerBytes, 1);
        await cluster.StartAllAsync();
        using var stop = new CancellationTokenSource();
        (Accounting accounting, Task load) = await LoadAsync(cluster, await cluster.UntilLeadsAsync(1), stop.Token);
        await Eventually.TrueAsync(
            () => cluster.Process(1).Output.Contains("handing leadership over to node", StringComparison.Ordinal), () => Story(cluster, accounting, "it goes on leading"));

        await RequireToGoOnAsync(cluster, accounting);
        (await cluster.LeaderAsync()).Id.ShouldNotBe(1);
        await SettleAsync(cluster, accounting, load, stop);
    }

    [Fact]
    public async Task A_followers_disk_fills_up_and_the_cluster_goes_on()
    {
        using ServeCluster cluster = Cluster(FillerBytes, 3);
        await cluster.StartAllAsync();
        using var stop = new CancellationTokenSource();
        (Accounting accounting, Task load) = await LoadAsync(cluster, await cluster.UntilLeadsAsync(1), stop.Token);
        await Eventually.TrueAsync(() => cluster.Process(3).Output.Contains("the disk is full", StringComparison.Ordinal), () => Story(cluster, accounting, "its disk never fills up"));

        await RequireToGoOnAsync(cluster, accounting);
        await SettleAsync(cluster, accounting, load, stop);
    }

    public void Dispose() => _disks.ForEach(disk => disk.Dispose());

    private ServeCluster Cluster(int fillerBytes, params int[] small)
    {
        foreach (int _ in small)
        {
            var disk = MountedDisk.InFile(DiskBytes + fillerBytes);
            _disks.Add(disk);
            if (fillerBytes > 0)
            {
                var filler = new FileStreamOptions { Mode = FileMode.Create, Access = FileAccess.Write, PreallocationSize = disk.FreeBytes - RoomBytes };
                new FileStream(FillerOn(disk), filler).Dispose();
            }
        }

        var cluster = new ServeCluster(3, wal: new { snapshotAfterBytes = 1024 * 1024, spareSegments = 1 });
        for (int i = 0; i < small.Length; i++)
        {
            cluster.WriteConfiguration(small[i], small[i], Path.Combine(_disks[i].Path, "data"));
        }

        return cluster;
    }

    private static async Task<(Accounting Accounting, Task Load)> LoadAsync(ServeCluster cluster, Node leader, CancellationToken stop)
    {
        await leader.CreateAsync("orders");
        var accounting = new Accounting(cluster, "orders", MessageBytes, keyedPops: false);
        return (accounting, accounting.RunAsync(Clients, stop));
    }

    private static async Task RequireToGoOnAsync(ServeCluster cluster, Accounting accounting)
    {
        int before = accounting.Acknowledged;
        await Eventually.TrueAsync(() => accounting.Acknowledged >= before + (GoesOn * LongForm.Fillings), () => Story(cluster, accounting, "publishes do not go on"));
    }

    /// <summary>Nobody was started again, everything is accounted for, and with room on every disk all come to the same.</summary>
    private async Task SettleAsync(ServeCluster cluster, Accounting accounting, Task load, CancellationTokenSource stop)
    {
        await stop.CancelAsync();
        await load;
        await accounting.SettleAsync();
        await Eventually.TrueAsync(async () => (await (await cluster.LeaderAsync()).PublishAsync("orders", "again")).IsDone, () => Story(cluster, accounting, "publishes do not come back"));
        _disks.ForEach(disk => File.Delete(FillerOn(disk)));
        long freed = Stopwatch.GetTimestamp();
        await cluster.UntilEqualAsync();
        cluster.Running.Count().ShouldBe(cluster.Nodes.Count, cluster.Outputs());
        LongForm.Say(
            $"{accounting.Acknowledged:N0} messages acknowledged, {accounting.Failures.For("disk-full"):N0} times refused as the disk was full; all nodes equal {Stopwatch.GetElapsedTime(freed).TotalSeconds:0.0} s after there was room");
    }

    private static string FillerOn(MountedDisk disk) => Path.Combine(disk.Path, "filler");

    private static string Story(ServeCluster cluster, Accounting accounting, string what) =>
        $"{what}: {accounting.Acknowledged} acknowledged, {accounting.Popped} popped, {accounting.Failures.For("disk-full")} refused\n{cluster.Outputs()}";
}
