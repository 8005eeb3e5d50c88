using System.Diagnostics;

namespace RaftMQ.Cluster.Tests;

/// <summary>Two nodes of five are killed under load, and while they are down bytes are flipped in their files and files are cut: they are healed, and the account is right.</summary>
[Collection("cluster")]
public sealed class DamagedMinority
{
    private const int Nodes = 5;
    private const int OrderBytes = 4_000;
    private const int BulkBytes = 8 * 1024 * 1024;
    private const int FlipsAtMost = 8;

    /// <summary>In a file of bodies so many bytes lie between two flips that every message is hit.</summary>
    private const int BytesBetweenFlips = OrderBytes / 2;
    private const string BodyFiles = "*.bodies";

    private static readonly object OftenSnapshots = new { snapshotAfterBytes = 1024 * 1024, tailBytes = 64 * 1024 };

    private static readonly Harm[] Kinds =
    [
        new("*.wal", Cuts: false, All: false), new("*.snapshot", Cuts: true, All: true),
        new("*.wal", Cuts: true, All: false), new(BodyFiles, Cuts: true, All: false),
        new("*.snapshot", Cuts: false, All: true), new(BodyFiles, Cuts: false, All: false),
    ];

    private readonly Random _chance = new(LongForm.Seed);

    [Fact]
    public async Task Bytes_flipped_and_files_cut_on_a_minority_are_healed_and_nothing_is_lost()
    {
        using var cluster = new ServeCluster(Nodes, wal: OftenSnapshots);
        Node first = await cluster.StartAllAsync();
        await first.CreateAsync("orders");
        var bulk = new Bulk(cluster, BulkBytes);
        await bulk.CreateAsync(first);
        var accounting = new Accounting(cluster, "orders", OrderBytes);
        long began = Stopwatch.GetTimestamp();
        for (int round = 0; round < LongForm.DamageRounds; round++)
        {
            await RunRoundAsync(cluster, accounting, bulk, round);
        }

        double healed = Stopwatch.GetElapsedTime(began).TotalSeconds;
        await cluster.UntilEqualAsync();
        await accounting.SettleAsync();
        await cluster.UntilEqualAsync();
        LongForm.Say($"seed {LongForm.Seed}: {2 * LongForm.DamageRounds} nodes damaged and healed in {healed:0} s; {accounting.Acknowledged:N0} messages acknowledged, 0 lost, 0 twice, 0 out of order");
    }

    private async Task RunRoundAsync(ServeCluster cluster, Accounting accounting, Bulk bulk, int round)
    {
        using var stop = new CancellationTokenSource();
        Task load = Task.WhenAll(accounting.RunAsync(2, stop.Token), bulk.RunAsync(2, stop.Token));
        int[] victims = [.. Enumerable.Range(1, Nodes).OrderBy(_ => _chance.Next()).Take(2)];
        foreach (int victim in victims)
        {
            await Eventually.TrueAsync(
                () => FilesOf(cluster, victim, BodyFiles).Length > 0 && FilesOf(cluster, victim, "*.snapshot").Length > 1, () => "no file of bodies\n" + cluster.Outputs());
        }

        string[] incarnations = [.. await Task.WhenAll(victims.Select(async victim => (await cluster[victim].ReportAsync())!.Incarnation))];
        Harm[] harms = [.. victims.Select((_, i) => Kinds[((2 * round) + i) % Kinds.Length])];
        for (int i = 0; i < victims.Length; i++)
        {
            cluster.Kill(victims[i]);
            Damage(cluster, victims[i], harms[i]);
        }

        int before = accounting.Acknowledged;
        await Eventually.TrueAsync(() => accounting.Acknowledged > before + 20, () => "the others do not go on\n" + cluster.Outputs());
        await stop.CancelAsync();
        await load;
        Array.ForEach(victims, victim => cluster.Start(victim));
        for (int i = 0; i < victims.Length; i++)
        {
            if (harms[i].Pattern == BodyFiles)
            {
                // Found when it is read: the oldest message, where this node can hand it out.
                await cluster.UntilAppliedAsync(cluster[victims[i]], (await (await cluster.LeaderAsync()).ReportAsync())!.LastLogIndex);
                await accounting.PopAtAsync(cluster[victims[i]]);
            }

            await UntilHealedAsync(cluster, victims[i], incarnations[i], harms[i]);
        }
    }

    /// <summary>
    /// Waits until it has a seat as a new incarnation; or has taken a snapshot in, with which damaged bodies go before anybody reads them; or has passed over damaged snapshots because its
    /// log was still whole from the first entry on, so that it needs none.
    /// </summary>
    private static async Task UntilHealedAsync(ServeCluster cluster, int node, string before, Harm harm)
    {
        long began = Stopwatch.GetTimestamp();
        bool IsReplaced() => harm.Pattern == BodyFiles && cluster.Process(node).Output.Contains("installed a snapshot", StringComparison.Ordinal);
        bool IsPassedOver() => harm.Pattern == "*.snapshot" && cluster.Process(node).Output.Contains("passing over a snapshot", StringComparison.Ordinal);
        string now = before;
        await Eventually.TrueAsync(
            async () =>
            {
                Report? report = await cluster[node].ReportAsync();
                now = report?.Incarnation ?? before;
                return report is { Phase: "Member" } && (now != before || IsReplaced() || IsPassedOver()) && Directory.GetFiles(cluster.DataOf(node), "aside.*").Length == 0;
            },
            () => $"node {node} is not healed, seed {LongForm.Seed}\n" + cluster.Outputs());
        cluster.Process(node).Output.Contains("is set aside, and the node comes back as a new incarnation", StringComparison.Ordinal).ShouldBe(now != before, cluster.Outputs());
        LongForm.Say($"  node {node} was healed in {Stopwatch.GetElapsedTime(began).TotalSeconds:0.0} s{(now != before ? "" : IsReplaced() ? ", by a snapshot" : ", by its log")}");
    }

    private void Damage(ServeCluster cluster, int node, Harm harm)
    {
        // The oldest message lies in the first of the files of bodies.
        string[] files = FilesOf(cluster, node, harm.Pattern);
        foreach (string path in harm.All ? files : [files[harm.Pattern == BodyFiles ? 0 : _chance.Next(files.Length)]])
        {
            using FileStream file = File.Open(path, FileMode.Open, FileAccess.ReadWrite);
            byte[] bytes = new byte[file.Length];
            file.ReadExactly(bytes);
            int written = bytes.AsSpan().LastIndexOfAnyExcept((byte)0) + 1;

            // What was written last cannot be told from what was being written: not the last quarter.
            int within = 3 * written / 4;
            if (harm.Cuts)
            {
                file.SetLength(_chance.Next(harm.Pattern == BodyFiles ? OrderBytes : within));
                LongForm.Say($"node {node}: {Path.GetFileName(path)} cut from {bytes.Length} to {file.Length} bytes");
                continue;
            }

            int[] places = harm.Pattern == BodyFiles
                ? [.. Enumerable.Range(0, written / BytesBetweenFlips).Select(i => (i * BytesBetweenFlips) + _chance.Next(BytesBetweenFlips))]
                : [.. Enumerable.Range(0, _chance.Next(1, FlipsAtMost + 1)).Select(_ => _chance.Next(within))];
            foreach (int at in places)
            {
                file.Position = at;
                file.WriteByte((byte)(bytes[at] ^ (1 << _chance.Next(8))));
            }

            LongForm.Say($"node {node}: {Path.GetFileName(path)}, {places.Length} bits flipped");
        }
    }

    private static string[] FilesOf(ServeCluster cluster, int node, string pattern) =>
        [.. Directory.GetFiles(cluster.DataOf(node), pattern).Where(path => !Path.GetFileName(path).StartsWith("aside", StringComparison.Ordinal)).Order(StringComparer.Ordinal)];

    /// <param name="Pattern">To which files.</param>
    /// <param name="Cuts">Whether they are cut, or else bits in them turned over.</param>
    /// <param name="All">Whether to all of them, or else to one.</param>
    private sealed record Harm(string Pattern, bool Cuts, bool All);
}
