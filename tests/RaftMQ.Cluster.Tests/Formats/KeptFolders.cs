using System.IO.Compression;
using System.Net;
using System.Runtime.CompilerServices;
using System.Text;

namespace RaftMQ.Cluster.Tests.Formats;

/// <summary>
/// A node starts from the data folder of each format that was released, and hands out all that is in it. The folders lie beside this file and are never made anew once they are released;
/// RAFTMQ_KEEP_FOLDER=format-N.zip makes one of today's format.
/// </summary>
[Collection("cluster")]
public sealed class KeptFolders
{
    private const string KeepVariable = "RAFTMQ_KEEP_FOLDER";
    private const int FillerBytes = 900_000;
    private const int Fillers = 24;

    /// <summary>Snapshots as often as may be, so that the log is released and bodies move to a file of their own.</summary>
    private static readonly object OftenSnapshots = new { snapshotAfterBytes = 1024 * 1024 };

    public static TheoryData<string> Folders() => [.. Directory.GetFiles(Here(), "*.zip").Select(path => Path.GetFileName(path)!).Order(StringComparer.Ordinal)];

    [Theory]
    [MemberData(nameof(Folders))]
    public async Task A_node_starts_from_a_folder_of_a_released_format_and_hands_out_all_that_is_in_it(string folder)
    {
        using var cluster = new ServeCluster(1, wal: OftenSnapshots);
        await ZipFile.ExtractToDirectoryAsync(Path.Combine(Here(), folder), cluster.DataOf(1), TestContext.Current.CancellationToken);

        Node node = await cluster.StartAllAsync();

        (await node.TopicsAsync()).Body.ShouldBe("""{"success":true,"topics":["orders","bulk","clicks"]}""");
        (await node.SendAsync(HttpMethod.Get, "/topic/clicks", null, null)).Body
            .ShouldBe("""{"success":true,"topic":"clicks","messages":2,"bytes":4,"maxMessages":2,"maxBytes":100,"overflow":"drop-oldest","dropped":1}""");
        foreach (string message in Orders().Skip(1))
        {
            (await node.PopAsync("orders")).Message.ShouldBe(message);
        }

        (await node.PopAsync("clicks")).Message.ShouldBe("m2");
        (await node.PopAsync("clicks")).Message.ShouldBe("m3");
        foreach (string topic in new[] { "bulk", "clicks", "orders" })
        {
            (await node.PopAsync(topic)).Status.ShouldBe(HttpStatusCode.NotFound);
        }

        // And it goes on with it.
        (await node.PublishAsync("orders", "new")).IsDone.ShouldBeTrue();
        await cluster.StopAsync(1);
        cluster.Start(1);
        (await (await cluster.LeaderAsync()).PopAsync("orders")).Message.ShouldBe("new");
    }

    [Fact]
    public async Task A_folder_of_today_is_kept_on_request()
    {
        using var cluster = new ServeCluster(1, wal: OftenSnapshots);
        await FillAsync(cluster);
        string kept = Path.Combine(Directory.CreateTempSubdirectory("raftmq-kept-").FullName, "folder.zip");
        Keep(cluster.DataOf(1), kept);
        new FileInfo(kept).Length.ShouldBeLessThan(200_000);
        if (Environment.GetEnvironmentVariable(KeepVariable) is { } name)
        {
            File.Copy(kept, Path.Combine(Here(), name));
        }

        Directory.Delete(Path.GetDirectoryName(kept)!, recursive: true);
    }

    private static async Task FillAsync(ServeCluster cluster)
    {
        Node node = await cluster.StartAllAsync();
        foreach (string topic in new[] { "orders", "bulk" })
        {
            (await node.CreateAsync(topic)).IsDone.ShouldBeTrue();
        }

        using var policy = new StringContent("""{"topic":"clicks","maxMessages":2,"maxBytes":100,"overflow":"drop-oldest"}""", Encoding.UTF8, "application/json");
        (await node.SendAsync(HttpMethod.Put, "/topic", policy, null)).IsDone.ShouldBeTrue();
        foreach (string message in Orders())
        {
            (await node.PublishAsync("orders", message, key: $"key-of-{message.Length}")).IsDone.ShouldBeTrue();
        }

        for (int i = 0; i < Fillers; i++)
        {
            (await node.PublishAsync("bulk", new string('x', FillerBytes))).IsDone.ShouldBeTrue();
            (await node.PopAsync("bulk")).IsDone.ShouldBeTrue();
        }

        for (int i = 1; i <= 3; i++)
        {
            (await node.PublishAsync("clicks", $"m{i}")).IsDone.ShouldBeTrue();
        }

        // The log has been released, and what still waits of it lies in a file of bodies, beside snapshots and a log that goes on behind them.
        await Eventually.TrueAsync(() => Has(cluster, "*.bodies") && Has(cluster, "*.snapshot"), cluster.Outputs);
        (await node.PopAsync("orders")).Message.ShouldBe(Orders().First());
        await cluster.StopAsync(1);
    }

    private static bool Has(ServeCluster cluster, string pattern) => Directory.GetFiles(cluster.DataOf(1), pattern).Length > 0;

    private static IEnumerable<string> Orders() => Enumerable.Range(0, 10).Select(i => $"order {i}: äöü €" + new string('o', i * 100));

    private static void Keep(string folder, string path)
    {
        using ZipArchive archive = ZipFile.Open(path, ZipArchiveMode.Create);
        foreach (string file in Directory.GetFiles(folder).Where(file => !file.EndsWith(".spare", StringComparison.Ordinal) && Path.GetFileName(file) != "lock"))
        {
            archive.CreateEntryFromFile(file, Path.GetFileName(file), CompressionLevel.SmallestSize);
        }
    }

    private static string Here([CallerFilePath] string path = "") => Path.GetDirectoryName(path)!;
}
