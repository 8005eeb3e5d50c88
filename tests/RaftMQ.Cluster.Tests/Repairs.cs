namespace RaftMQ.Cluster.Tests;

/// <summary>Bytes are changed on the disk of a real node: it says so, sets its folder aside, and is brought up by the others, and every message is there exactly once.</summary>
[Collection("cluster")]
public sealed class Repairs
{
    private const int MessageBytes = 40_000;

    /// <summary>More than a segment of 16 MiB and the end of the log that is kept in memory, so that the first one is released and becomes a file of bodies.</summary>
    private const int Messages = 900;

    private static readonly object OftenSnapshots = new { snapshotAfterBytes = 1024 * 1024 };

    [Theory]
    [InlineData("*.wal")]
    [InlineData("*.snapshot")]
    public async Task A_follower_that_finds_damage_at_its_start_is_brought_up_by_the_others(string pattern)
    {
        using var cluster = new ServeCluster(3, wal: OftenSnapshots);
        Node leader = await cluster.StartAllAsync();
        await FillAsync(leader);
        Node damaged = cluster.Nodes.First(node => node != leader);
        string before = (await damaged.ReportAsync())!.Incarnation;
        await cluster.UntilEqualAsync();
        await Eventually.TrueAsync(() => FilesOf(cluster, damaged.Id, "*.bodies").Length > 0, () => "no file of bodies\n" + cluster.Outputs());
        cluster.Kill(damaged.Id);
        Array.ForEach(FilesOf(cluster, damaged.Id, pattern), Damage);

        cluster.Start(damaged.Id);

        await RequireHealedAsync(cluster, damaged, before);
        await RequireAllThereAsync(damaged);
    }

    /// <summary>Its file names itself alone, and its log, in which the others stand, is what is damaged.</summary>
    [Fact]
    public async Task A_node_that_has_joined_finds_out_from_the_others_that_they_can_bring_it_up()
    {
        using var cluster = new ServeCluster(4, founders: 3, wal: OftenSnapshots);
        for (int id = 1; id <= 3; id++)
        {
            cluster.Start(id);
        }

        Node leader = await cluster.LeaderAsync();
        cluster.Start(4);
        (await cluster.OperateAsync(leader.Id, ["add", "4", .. cluster.AddressesOf(4)])).ExitCode.ShouldBe(0, cluster.Outputs());
        await FillAsync(await cluster.LeaderAsync());
        Node joined = cluster[4];
        string before = (await joined.ReportAsync())!.Incarnation;
        await cluster.UntilEqualAsync();
        cluster.Kill(4);
        Array.ForEach(FilesOf(cluster, 4, "*.snapshot"), Damage);

        cluster.Start(4);

        await RequireHealedAsync(cluster, joined, before);
        await RequireAllThereAsync(joined);
    }

    [Fact]
    public async Task A_damaged_body_of_a_follower_is_found_by_reading_everything_again()
    {
        using var cluster = new ServeCluster(3, wal: OftenSnapshots);
        Node leader = await cluster.StartAllAsync();
        await FillAsync(leader);
        Node damaged = cluster.Nodes.First(node => node != leader);
        string before = (await damaged.ReportAsync())!.Incarnation;
        await Eventually.TrueAsync(() => FilesOf(cluster, damaged.Id, "*.bodies").Length > 0, () => "no file of bodies\n" + cluster.Outputs());
        cluster.Kill(damaged.Id);
        Damage(FilesOf(cluster, damaged.Id, "*.bodies")[0]);

        cluster.Start(damaged.Id);

        await RequireHealedAsync(cluster, damaged, before);
        await RequireAllThereAsync(damaged);
    }

    [Fact]
    public async Task A_leader_that_meets_damage_while_it_runs_gives_way_and_is_brought_up_and_the_account_is_right()
    {
        using var cluster = new ServeCluster(3, wal: OftenSnapshots, repair: new { scrubPauseSeconds = 0 });
        Node leader = await cluster.StartAllAsync();
        await FillAsync(leader);
        string before = (await leader.ReportAsync())!.Incarnation;
        await leader.CreateAsync("traffic");
        var accounting = new Accounting(cluster, "traffic");
        using var stop = new CancellationTokenSource();
        Task traffic = accounting.RunAsync(2, stop.Token);
        await Eventually.TrueAsync(() => accounting.Acknowledged > 20 && FilesOf(cluster, leader.Id, "*.bodies").Length > 0, () => "no file of bodies\n" + cluster.Outputs());

        Damage(FilesOf(cluster, leader.Id, "*.bodies")[0]);
        int acknowledged = accounting.Acknowledged;
        await Eventually.TrueAsync(() => accounting.Acknowledged > acknowledged + 20, cluster.Outputs);
        await stop.CancelAsync();
        await traffic;

        await RequireHealedAsync(cluster, leader, before);
        await accounting.SettleAsync();
        await RequireAllThereAsync(leader);
    }

    [Fact]
    public async Task A_node_that_is_told_not_to_ends_as_before_and_leaves_everything_as_it_is()
    {
        using var cluster = new ServeCluster(3, repair: new { automatic = false });
        Node leader = await cluster.StartAllAsync();
        await leader.CreateAsync("orders");
        for (int i = 0; i < 20; i++)
        {
            await leader.PublishAsync("orders", $"m{i}");
        }

        Node damaged = cluster.Nodes.First(node => node != leader);
        await cluster.UntilEqualAsync();
        cluster.Kill(damaged.Id);
        string segment = FilesOf(cluster, damaged.Id, "*.wal").Single();
        byte[] bytes = await File.ReadAllBytesAsync(segment, TestContext.Current.CancellationToken);
        bytes[512 + 8] ^= 1;
        await File.WriteAllBytesAsync(segment, bytes, TestContext.Current.CancellationToken);

        RaftMqProcess ended = cluster.Start(damaged.Id);

        (await ended.ExitAsync()).ShouldBe(3);
        ended.Output.ShouldContain("repair.automatic is off");
        FilesOf(cluster, damaged.Id, "aside.*").ShouldBeEmpty();
    }

    private static async Task FillAsync(Node leader)
    {
        await leader.CreateAsync("orders");
        for (int i = 0; i < Messages; i++)
        {
            (await leader.PublishAsync("orders", MessageOf(i))).IsDone.ShouldBeTrue();
        }
    }

    private static async Task RequireHealedAsync(ServeCluster cluster, Node damaged, string before)
    {
        await Eventually.TrueAsync(
            async () => await damaged.ReportAsync() is { Phase: "Member" } report && report.Incarnation != before && FilesOf(cluster, damaged.Id, "aside.*").Length == 0
                && cluster.Process(damaged.Id).Output.Contains("set aside are removed", StringComparison.Ordinal),
            () => "not healed\n" + cluster.Outputs());
        await cluster.UntilEqualAsync();
        cluster.Process(damaged.Id).Output.ShouldContain("is set aside, and the node comes back as a new incarnation");
    }

    private static async Task RequireAllThereAsync(Node node)
    {
        for (int i = 0; i < Messages; i++)
        {
            (await node.PopAsync("orders")).Message.ShouldBe(MessageOf(i));
        }

        (await node.PopAsync("orders")).Reason.ShouldBe("empty");
    }

    private static string MessageOf(int number) => $"message {number} ".PadRight(MessageBytes, 'x');

    private static string[] FilesOf(ServeCluster cluster, int id, string pattern) =>
        [.. Directory.GetFiles(cluster.DataOf(id), pattern).Where(path => IsAside(path) == IsAside(pattern)).Order(StringComparer.Ordinal)];

    private static bool IsAside(string path) => Path.GetFileName(path).StartsWith("aside", StringComparison.Ordinal);

    /// <summary>Turns a byte over in the middle of what stands in a file. Between two write units nothing stands: the zeros there are nobody's, and are not checked.</summary>
    internal static void Damage(string path)
    {
        using FileStream file = File.Open(path, FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite);
        byte[] bytes = new byte[file.Length];
        file.ReadExactly(bytes);
        int middle = (bytes.AsSpan().LastIndexOfAnyExcept((byte)0) / 2) + 1;
        middle += bytes.AsSpan(middle).IndexOfAnyExcept((byte)0);
        file.Position = middle;
        file.WriteByte((byte)(bytes[middle] ^ 1));
    }
}
