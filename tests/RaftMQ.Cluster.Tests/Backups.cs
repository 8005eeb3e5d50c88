using System.Text.Json;

namespace RaftMQ.Cluster.Tests;

/// <summary>A backup of a running cluster, and a new cluster out of it.</summary>
[Collection("cluster")]
public sealed class Backups : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("raftmq-backup-").FullName;

    private string BackupPath => Path.Combine(_folder, "orders.backup");

    [Fact]
    public async Task A_backup_of_a_cluster_under_load_becomes_a_cluster_of_its_own_with_every_message_that_waited()
    {
        using var cluster = new ServeCluster(3, wal: new { snapshotAfterBytes = 1024 * 1024 });
        Node leader = await cluster.StartAllAsync();
        await leader.CreateAsync("orders");
        await leader.CreateAsync("load");
        for (int i = 0; i < 100; i++)
        {
            (await leader.PublishAsync("orders", MessageOf(i))).IsDone.ShouldBeTrue();
        }

        for (int i = 0; i < 30; i++)
        {
            (await leader.PopAsync("orders")).Message.ShouldBe(MessageOf(i));
        }

        using var stop = new CancellationTokenSource();
        Task load = Task.Run(
            async () =>
            {
                while (!stop.IsCancellationRequested)
                {
                    (await leader.PublishAsync("load", "something")).IsDone.ShouldBeTrue();
                }
            },
            TestContext.Current.CancellationToken);
        Node follower = cluster.Nodes.First(node => node != leader);
        await cluster.UntilAppliedAsync(follower, (await leader.ReportAsync())!.AppliedIndex);
        (await RunAsync("backup", "--from", follower.Url.ToString(), BackupPath)).ShouldBe(0);
        await stop.CancelAsync();
        await load;

        using var restored = new ServeCluster(2, founders: 1);
        (await RunAsync(["restore", BackupPath, "--data", restored.DataOf(1), .. restored.AddressesOf(1)])).ShouldBe(0);
        restored.Start(1);
        Node node = await restored.LeaderAsync();
        (await node.ReportAsync())!.Cluster.ShouldNotBe((await leader.ReportAsync())!.Cluster);
        for (int i = 30; i < 100; i++)
        {
            (await node.PopAsync("orders")).Message.ShouldBe(MessageOf(i));
        }

        (await node.PopAsync("orders")).Reason.ShouldBe("empty");
        (await node.PublishAsync("orders", "more")).IsDone.ShouldBeTrue();
        restored.Kill(1);
        restored.Start(1);
        await restored.LeaderAsync();
        (await node.PublishAsync("orders", "even more")).IsDone.ShouldBeTrue();
        (await node.PopAsync("orders")).Message.ShouldBe("more");

        // It grows like any other, and the newcomer has what the backup had.
        restored.Start(2);
        (int exitCode, string output) = await restored.OperateAsync(1, ["add", "2", .. restored.AddressesOf(2)]);
        exitCode.ShouldBe(0, $"{output}\n{restored.Outputs()}");
        await restored.UntilCaughtUpAsync(2);
        await restored.UntilEqualAsync();
        (await restored[2].PopAsync("orders")).Message.ShouldBe("even more");
    }

    [Fact]
    public async Task What_is_no_whole_backup_is_refused_with_the_reason_and_nothing_is_left()
    {
        using var cluster = new ServeCluster(1);
        Node node = await cluster.StartAllAsync();
        await node.CreateAsync("orders");
        (await node.PublishAsync("orders", MessageOf(1))).IsDone.ShouldBeTrue();
        (await RunAsync("backup", "--from", node.Url.ToString(), BackupPath)).ShouldBe(0);
        (await RunAsync("backup", "--from", node.Url.ToString(), BackupPath)).ShouldBe(2, "a file is never replaced");
        byte[] whole = await File.ReadAllBytesAsync(BackupPath, TestContext.Current.CancellationToken);

        await RefusesAsync(whole[..^1], "ends too early");
        byte[] damaged = [.. whole];
        damaged[whole.Length / 2] ^= 1;
        await RefusesAsync(damaged, "damaged");
        await RefusesAsync([.. whole, 0], "follows");
        await RefusesAsync("no backup at all"u8.ToArray(), "no backup");
        await RefusesAsync([], "no backup");

        (await RunAsync("restore", BackupPath, "--data", cluster.DataOf(1))).ShouldBe(3, "a folder is never replaced");
        (await RunAsync("restore", Path.Combine(_folder, "missing"), "--data", Path.Combine(_folder, "x"))).ShouldBe(2);
        (await RunAsync("backup", "--from", "http://127.0.0.1:1", Path.Combine(_folder, "y"))).ShouldBe(6);
        (await RunAsync("backup", "--from", "nowhere", Path.Combine(_folder, "y"))).ShouldBe(2);
        Directory.GetFiles(_folder).ShouldBe([BackupPath, Path.Combine(_folder, "wrong.backup")], ignoreOrder: true);
    }

    [Fact]
    public async Task A_full_disk_is_told_from_what_is_refused_and_nothing_is_left_on_it()
    {
        using var cluster = new ServeCluster(1);
        Node node = await cluster.StartAllAsync();
        await node.CreateAsync("orders");
        for (int i = 0; i < 100; i++)
        {
            (await node.PublishAsync("orders", MessageOf(i))).IsDone.ShouldBeTrue();
        }

        (await RunAsync("backup", "--from", node.Url.ToString(), BackupPath)).ShouldBe(0);
        string digits = (await node.ReportAsync())!.Cluster![..8];
        using MountedDisk disk = MountedDisk.InMemory(1024 * 1024);
        string data = Path.Combine(disk.Path, "data");

        (await RunAsync("backup", "--from", node.Url.ToString(), Path.Combine(disk.Path, "backup"))).ShouldBe(5);
        cluster.Kill(1);
        (await RunAsync("restore", BackupPath, "--data", data)).ShouldBe(5);
        (await RunAsync("recover", cluster.DataOf(1), "--data", data, "--confirm", digits)).ShouldBe(5);

        Directory.GetFileSystemEntries(disk.Path).ShouldBeEmpty();
    }

    [Fact]
    public async Task A_node_that_refuses_is_told_from_what_is_wrong_with_data()
    {
        using var cluster = new ServeCluster(3);
        cluster.Start(1);
        await cluster.UntilPhaseAsync(1, "Unborn");

        using RaftMqProcess process = RaftMqProcess.Start("backup", "--from", cluster[1].Url.ToString(), BackupPath);

        (await process.ExitAsync()).ShouldBe(6, process.Output);
        process.Output.ShouldContain("answered 503");
        File.Exists(BackupPath).ShouldBeFalse();
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private async Task RefusesAsync(byte[] bytes, string because)
    {
        string path = Path.Combine(_folder, "wrong.backup");
        string data = Path.Combine(_folder, "data");
        await File.WriteAllBytesAsync(path, bytes, TestContext.Current.CancellationToken);
        using RaftMqProcess process = RaftMqProcess.Start("restore", path, "--data", data);
        (await process.ExitAsync()).ShouldBe(3);
        process.Output.ShouldContain(because);
        process.Output.Trim().ShouldNotContain("\n", Case.Sensitive, "one line");
        Directory.Exists(data).ShouldBeFalse();
    }

    private static async Task<int> RunAsync(params string[] arguments)
    {
        using RaftMqProcess process = RaftMqProcess.Start(arguments);
        return await process.ExitAsync();
    }

    private static string MessageOf(int number) => JsonSerializer.Serialize(new { number, text = new string('x', 20_000) });
}
