namespace RaftMQ.Cluster.Tests;

/// <summary>Two of three folders are lost for good: <c>raftmq recover</c> makes a new cluster out of the third.</summary>
[Collection("cluster")]
public sealed class MajorityLost
{
    [Fact]
    public async Task One_folder_of_three_becomes_a_cluster_of_its_own_with_all_that_it_had()
    {
        using var cluster = new ServeCluster(3, wal: new { snapshotAfterBytes = 1024 * 1024 });
        Node leader = await cluster.StartAllAsync();
        await leader.CreateAsync("orders");
        for (int i = 0; i < 200; i++)
        {
            (await leader.PublishAsync("orders", MessageOf(i))).IsDone.ShouldBeTrue();
        }

        for (int i = 0; i < 30; i++)
        {
            (await leader.PopAsync("orders")).Message.ShouldBe(MessageOf(i));
        }

        await cluster.UntilAppliedAsync(cluster[1], (await leader.ReportAsync())!.AppliedIndex);
        string old = (await leader.ReportAsync())!.Cluster!;
        using var recovered = new ServeCluster(1);
        string[] recover = ["recover", cluster.DataOf(1), "--data", recovered.DataOf(1), "--client", recovered[1].Address.ToString()];
        (await RunAsync([.. recover, "--confirm", old[..8]])).ShouldBe((3, true), "its node is running");
        for (int id = 1; id <= 3; id++)
        {
            cluster.Kill(id);
        }

        Directory.Delete(cluster.DataOf(2), recursive: true);
        Directory.Delete(cluster.DataOf(3), recursive: true);

        (await RunAsync([.. recover, "--confirm", "12345678"])).ShouldBe((2, false), "the digits are those of another cluster");
        (await RunAsync(recover)).ShouldBe((2, false), "nobody has typed anything");
        (await TypeAsync("no", recover)).ShouldBe((2, false));
        Directory.Exists(recovered.DataOf(1)).ShouldBeFalse("nothing is written before it is confirmed");
        (await TypeAsync(old[..8], recover)).ShouldBe((0, false));
        (await RunAsync([.. recover, "--confirm", old[..8]])).ShouldBe((3, true), "nothing is ever replaced");

        Node node = await recovered.StartAllAsync();
        (await node.ReportAsync())!.Cluster.ShouldNotBe(old);
        for (int i = 30; i < 200; i++)
        {
            (await node.PopAsync("orders")).Message.ShouldBe(MessageOf(i));
        }

        (await node.PopAsync("orders")).Reason.ShouldBe("empty");
        (await node.PublishAsync("orders", "more")).IsDone.ShouldBeTrue();
    }

    [Fact]
    public async Task What_is_no_folder_of_a_member_is_refused()
    {
        using var cluster = new ServeCluster(1);
        string data = cluster.DataOf(1);
        (await RunAsync("recover", Path.Combine(data, "nowhere"), "--data", data + "-new")).ShouldBe((2, true));
        string empty = Directory.CreateTempSubdirectory("raftmq-empty-").FullName;
        (await RunAsync("recover", empty, "--data", data + "-new")).ShouldBe((3, true));
        Directory.Delete(empty, recursive: true);
    }

    /// <summary>The exit code, and whether all that was said was one line.</summary>
    private static Task<(int Code, bool OneLine)> RunAsync(params string[] arguments) => TypeAsync("", arguments);

    private static async Task<(int Code, bool OneLine)> TypeAsync(string typed, string[] arguments)
    {
        using RaftMqProcess process = RaftMqProcess.Start(arguments);
        await process.Process.StandardInput.WriteAsync(typed);
        process.Process.StandardInput.Close();
        int code = await process.ExitAsync();
        return (code, process.Output.Trim().Count(letter => letter == '\n') == 0);
    }

    private static string MessageOf(int number) => $"{number} {new string('x', 20_000)}";
}
