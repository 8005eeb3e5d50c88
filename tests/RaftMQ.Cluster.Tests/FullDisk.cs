using System.Collections.Concurrent;
using System.Net;
using RaftMQ.Storage.Files;

namespace RaftMQ.Cluster.Tests;

/// <summary>A node whose disk fills up: a file system of 96 MiB, mounted by the test.</summary>
[Collection("cluster")]
public sealed class FullDisk : IDisposable
{
    private const int DiskBytes = 96 * 1024 * 1024;
    private const int FillerBytes = 18 * 1024 * 1024;

    private readonly MountedDisk _disk = MountedDisk.InMemory(DiskBytes);

    private string Filler => Path.Combine(_disk.Path, "filler");

    [Fact]
    public async Task Publishes_are_refused_with_507_everything_else_goes_on_and_freed_space_brings_them_back()
    {
        using var cluster = new ServeCluster(1);
        cluster.WriteConfiguration(1, 1, Path.Combine(_disk.Path, "data"));
        Node node = await cluster.StartAllAsync();
        (await node.CreateAsync("orders")).IsDone.ShouldBeTrue();
        (await node.PublishAsync("orders", "first")).IsDone.ShouldBeTrue();

        // Three segments of 16 MiB stand; with the filler there is room for a fourth, which publishes leave, and for no fifth.
        await File.WriteAllBytesAsync(Filler, new byte[FillerBytes], TestContext.Current.CancellationToken);
        string large = new('x', 900_000);
        Answer answer;
        int taken = 0;
        do
        {
            answer = await node.PublishAsync("orders", large);
            taken += answer.IsDone ? 1 : 0;
        }
        while (answer.IsDone && taken < 100);

        answer.Status.ShouldBe(HttpStatusCode.InsufficientStorage);
        answer.Reason.ShouldBe("disk-full");
        taken.ShouldBeInRange(10, 60);
        (await node.StatusAsync()).Body.ShouldContain("Leader");
        (await node.TopicsAsync()).Body.ShouldContain("orders");
        (await node.PopAsync("orders")).Message.ShouldBe("first");
        cluster.Process(1).HasExited.ShouldBeFalse();

        File.Delete(Filler);
        await Eventually.TrueAsync(async () => (await node.PublishAsync("orders", "again")).IsDone, cluster.Outputs);
        for (int i = 0; i < taken; i++)
        {
            (await node.PopAsync("orders")).Message.ShouldBe(large);
        }

        (await node.PopAsync("orders")).Message.ShouldBe("again");
        cluster.Kill(1);
        cluster.Start(1);
        (await (await cluster.LeaderAsync()).PopAsync("orders")).Reason.ShouldBe("empty");
    }

    [Fact]
    public async Task What_is_under_way_when_the_disk_becomes_full_is_done_or_waits_and_never_ends_the_node()
    {
        const int Publishers = 64;
        using var cluster = new ServeCluster(1);
        cluster.WriteConfiguration(1, 1, Path.Combine(_disk.Path, "data"));
        Node node = await cluster.StartAllAsync();
        (await node.CreateAsync("orders")).IsDone.ShouldBeTrue();
        await File.WriteAllBytesAsync(Filler, new byte[FillerBytes], TestContext.Current.CancellationToken);
        string large = new('x', 900_000);

        var answers = new ConcurrentBag<(string Message, Answer Answer)>();
        await Task.WhenAll(Enumerable.Range(0, Publishers).Select(publisher => PublishUntilRefusedAsync(publisher)));

        answers.Where(answer => !answer.Answer.IsDone).Select(answer => answer.Answer.Reason).Distinct().ShouldBeSubsetOf(["disk-full", "outcome-unknown", "overloaded"]);
        cluster.Process(1).HasExited.ShouldBeFalse(cluster.Outputs());
        (await node.TopicsAsync()).Body.ShouldContain("orders");
        File.Delete(Filler);
        await Eventually.TrueAsync(async () => (await node.PublishAsync("orders", "last")).IsDone, cluster.Outputs);
        var popped = new List<string>();
        while (await node.PopAsync("orders") is { IsDone: true } answer)
        {
            popped.Add(answer.Message!.TrimEnd('x'));
        }

        popped.ShouldBeUnique();
        answers.Where(answer => answer.Answer.IsDone).Select(answer => answer.Message).ShouldBeSubsetOf(popped);

        async Task PublishUntilRefusedAsync(int publisher)
        {
            Answer answer;
            int sent = 0;
            do
            {
                string message = $"{publisher}-{sent++}-";
                answer = await node.PublishAsync("orders", message + large);
                answers.Add((message, answer));
            }
            while (answer.IsDone && sent < 100);
        }
    }

    [Fact]
    public void No_room_for_another_name_is_a_full_disk_too()
    {
        _disk.LimitFiles(8);
        var files = new PhysicalFileSystem(_disk.Path);

        Should.Throw<DiskFullException>(() =>
        {
            for (int i = 0; i < 20; i++)
            {
                files.Create($"{i}").Dispose();
            }
        });
    }

    public void Dispose() => _disk.Dispose();
}
