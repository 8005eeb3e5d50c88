using System.Diagnostics;

namespace RaftMQ.Cluster.Tests;

/// <summary>
/// Processes are killed while they write a snapshot, compact the log, or take in a snapshot of another: under a load that has these under way most of the time, and at the moments in which
/// the files appear that are there meanwhile. What a kill leaves behind shows what it has hit.
/// </summary>
[Collection("cluster")]
public sealed class UpkeepKills
{
    private const string Snapshot = "snapshot.tmp";
    private const string Compaction = "bodies.tmp";
    private const string Install = "install";

    /// <summary>The longest that a kill waits behind the appearance of a file: about as long as the file is there.</summary>
    private const int MostMicrosecondsInSnapshot = 3_000;
    private const int MostMicrosecondsInCompaction = 15_000;
    private const int MostMicrosecondsInInstall = 150_000;

    /// <summary>More than the segments that a node's log holds on to: who was away for longer gets a snapshot.</summary>
    private const int AwayBytes = 56 * 1024 * 1024;
    private const int BulkBytes = 12 * 1024 * 1024;
    private const int OrderBytes = 2_000;
    private const int Backlog = 1_000;
    private const int MostInstallsInARow = 4;

    private static readonly object OftenSnapshots = new { snapshotAfterBytes = 1024 * 1024, tailBytes = 64 * 1024 };
    private static readonly object ManyKeys = new { requestKeyWindowMilliseconds = 60_000, maxRequestKeys = 1_000_000, maxRequestKeyBytes = 1024 * 1024 * 1024 };

    private readonly Random _chance = new(LongForm.Seed);
    private readonly Dictionary<string, int> _hits = new() { [Snapshot] = 0, [Compaction] = 0, [Install] = 0 };
    private readonly ServeCluster _cluster = new(3, ManyKeys, OftenSnapshots);
    private readonly Accounting _accounting;
    private readonly Bulk _bulk;
    private ulong _missed;
    private int _kills;
    private int _leadersKilled;
    private int _sendersKilled;

    public UpkeepKills()
    {
        _accounting = new Accounting(_cluster, "orders", OrderBytes);
        _bulk = new Bulk(_cluster, BulkBytes);
    }

    [Fact]
    public async Task Kills_during_snapshots_compaction_and_installation_lose_nothing()
    {
        using ServeCluster cluster = _cluster;
        Node first = await cluster.StartAllAsync();
        (await first.CreateAsync("orders")).IsDone.ShouldBeTrue();
        await _bulk.CreateAsync(first);
        using var stop = new CancellationTokenSource();
        Task load = Task.WhenAll(_accounting.RunAsync(3, stop.Token), _accounting.ConsumeAsync(3, stop.Token, Backlog), _bulk.RunAsync(2, stop.Token));
        long began = Stopwatch.GetTimestamp();

        // Where a kill lands is chance: it goes on until each kind was met, within a bound that the check below holds it to.
        while (_kills < LongForm.Kills || (_hits.Values.Min() < LongForm.Kills / 6 && _kills < 2 * LongForm.Kills))
        {
            int victim = _chance.Next(1, 4);
            await KillAndStartAsync(victim, Snapshot, MostMicrosecondsInSnapshot);
            await KillAndStartAsync(_chance.Next(1, 4), Compaction, MostMicrosecondsInCompaction);
            if (_hits[Install] < Math.Min(_hits[Snapshot], _hits[Compaction]))
            {
                await KillInInstallAsync(_chance.Next(1, 4));
            }
        }

        await stop.CancelAsync();
        await load;
        await cluster.LeaderAsync(allMembers: true);
        await cluster.UntilEqualAsync();
        int waited = _accounting.Backlog;
        await _accounting.SettleAsync();
        await RequireEqualAfterARestartAsync();
        LongForm.Say(
            $"seed {LongForm.Seed}: {_kills} kills in {Stopwatch.GetElapsedTime(began).TotalSeconds:0} s, {_leadersKilled} of the leader; left behind: {Snapshot} {_hits[Snapshot]} times, {Compaction} {_hits[Compaction]} times, {Install}* {_hits[Install]} times; {_sendersKilled} of the sender of a snapshot");
        LongForm.Say(
            $"{_accounting.Acknowledged:N0} messages acknowledged, {_accounting.Popped:N0} popped, {waited:N0} of them at the end; {_bulk.AcknowledgedBytes / 1_000_000:N0} MB of others; 0 lost, 0 twice, 0 out of order, hashes equal");
        _hits.Values.ShouldAllBe(hits => hits >= LongForm.Kills / 6);
    }

    /// <summary>Kills a node that is doing this, and starts it again.</summary>
    private async Task KillAndStartAsync(int victim, string doing, int mostMicroseconds)
    {
        await UntilWritesGoOnAsync();
        await KillAsync(victim, doing, mostMicroseconds);
        _cluster.Start(victim);
    }

    /// <summary>Lets a node be away until it needs a snapshot, and kills it, or who sends it, while it takes that in; again and again, as it begins anew with each start.</summary>
    private async Task KillInInstallAsync(int victim)
    {
        await UntilWritesGoOnAsync();
        await KillAsync(victim, Snapshot, MostMicrosecondsInSnapshot);
        long published = _bulk.AcknowledgedBytes;
        await Eventually.TrueAsync(() => _bulk.AcknowledgedBytes >= published + AwayBytes, () => "writes do not go on without a node\n" + _cluster.Outputs());
        _missed = (await (await _cluster.LeaderAsync()).ReportAsync())?.LastLogIndex ?? ulong.MaxValue;
        bool isInstalling = true;
        for (int i = _chance.Next(1, MostInstallsInARow + 1); i > 0 && isInstalling; i--)
        {
            _cluster.Start(victim);
            isInstalling = _chance.Next(4) == 0 ? await KillSenderAsync(victim) : await KillAsync(victim, Install, MostMicrosecondsInInstall);
        }

        if (_cluster.Process(victim).HasExited)
        {
            _cluster.Start(victim);
        }
    }

    /// <summary>Kills a node in the moment in which it is seen doing something, or a little later.</summary>
    /// <returns>Whether it was seen doing it.</returns>
    private async Task<bool> KillAsync(int victim, string doing, int mostMicroseconds)
    {
        bool led = (await _cluster[victim].ReportAsync())?.Role == "Leader";
        TimeSpan wait = TimeSpan.FromMicroseconds(_chance.Next(mostMicroseconds));
        Process process = _cluster.Process(victim).Process;
        bool wasSeen = await WatchAsync(victim, doing, () => KillAfter(wait, process));
        if (!wasSeen)
        {
            return false;
        }

        _cluster.Kill(victim);
        Count(victim);
        _leadersKilled += led ? 1 : 0;
        return true;
    }

    /// <summary>Kills the leader while it sends a snapshot, and starts it again.</summary>
    private async Task<bool> KillSenderAsync(int receiver)
    {
        Node leader = await _cluster.LeaderAsync();
        TimeSpan wait = TimeSpan.FromMicroseconds(_chance.Next(MostMicrosecondsInInstall));
        Process process = _cluster.Process(leader.Id).Process;
        bool wasSeen = leader.Id != receiver && await WatchAsync(receiver, Install, () => KillAfter(wait, process));
        if (wasSeen)
        {
            _cluster.Kill(leader.Id);
            Count(leader.Id);
            _leadersKilled++;
            _sendersKilled++;
            _cluster.Start(leader.Id);
        }

        return wasSeen;
    }

    private Task<bool> WatchAsync(int node, string file, Action kill) => FolderWatch.WhenThereAsync(
        _cluster.DataOf(node),
        file,
        kill,
        async () => file == Install && (await _cluster[node].ReportAsync())?.AppliedIndex >= _missed,
        () => $"node {node} never has {file}\n" + _cluster.Outputs());

    /// <summary>What is left of what it was doing.</summary>
    private void Count(int killed)
    {
        _kills++;
        string[] left = [.. Directory.GetFiles(_cluster.DataOf(killed)).Select(path => Path.GetFileName(path))];
        foreach (string doing in _hits.Keys)
        {
            _hits[doing] += left.Any(name => name.StartsWith(doing, StringComparison.Ordinal)) ? 1 : 0;
        }
    }

    private async Task UntilWritesGoOnAsync()
    {
        int before = _accounting.Acknowledged;
        await Eventually.TrueAsync(() => _accounting.Acknowledged > before + 10, () => $"writes do not go on after kill {_kills}, seed {LongForm.Seed}\n" + _cluster.Outputs());
    }

    private async Task RequireEqualAfterARestartAsync()
    {
        await _cluster.UntilEqualAsync();
        foreach (Node node in _cluster.Nodes)
        {
            _cluster.Kill(node.Id);
        }

        await _cluster.StartAllAsync();
        await _cluster.UntilEqualAsync();
    }

    private static void KillAfter(TimeSpan wait, Process process)
    {
        long seen = Stopwatch.GetTimestamp();
        while (Stopwatch.GetElapsedTime(seen) < wait)
        {
            Thread.Yield();
        }

        process.Kill();
    }
}
