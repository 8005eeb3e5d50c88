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
        using var recovered = new ServeCluster(2, founders: 1);
        string[] recover = ["recover", cluster.DataOf(1), "--data", recovered.DataOf(1), .. recovered.AddressesOf(1)];
        (await RunAsync([.. recover, "--confirm", old[..8]])).ShouldBe((3, true), "its node is running");
        for (int id = 1; id <= 3; id++)
        {
            cluster.Kill(id);
        }

        Directory.Delete(cluster.DataOf(2), recursive: true);
        Directory.Delete(cluster.DataOf(3), recursive: true);

        Dictionary<string, string> before = FilesOf(cluster.DataOf(1));
        (await RunAsync([.. recover, "--confirm", "12345678"])).ShouldBe((2, false), "the digits are those of another cluster");
        (await RunAsync(recover)).ShouldBe((2, false), "nobody has typed anything");
        (await TypeAsync("no", recover)).ShouldBe((2, false));
        Directory.Exists(recovered.DataOf(1)).ShouldBeFalse("nothing is written before it is confirmed");
        (await TypeAsync(old[..8], recover)).ShouldBe((0, false));
        (await RunAsync([.. recover, "--confirm", old[..8]])).ShouldBe((3, true), "nothing is ever replaced");
        FilesOf(cluster.DataOf(1)).ShouldBe(before, "the old folder is only read");

        recovered.Start(1);
        Node node = await recovered.LeaderAsync();
        (await node.ReportAsync())!.Cluster.ShouldNotBe(old);

        // It grows like any other; half of what it had is handed out by the newcomer.
        recovered.Start(2);
        (int exitCode, string output) = await recovered.OperateAsync(1, ["add", "2", .. recovered.AddressesOf(2)]);
        exitCode.ShouldBe(0, $"{output}\n{recovered.Outputs()}");
        await recovered.UntilCaughtUpAsync(2);
        for (int i = 30; i < 200; i++)
        {
            (await recovered[1 + (i % 2)].PopAsync("orders")).Message.ShouldBe(MessageOf(i));
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

    /// <summary>The last folder may be one that is damaged itself. To open it as a start does would go on setting it aside, and remove what was set aside before.</summary>
    [Fact]
    public async Task What_is_set_aside_or_half_way_there_is_told_from_a_folder_that_holds_nothing_and_is_left_as_it_is()
    {
        using var cluster = new ServeCluster(1);
        Node node = await cluster.StartAllAsync();
        (await node.CreateAsync("orders")).IsDone.ShouldBeTrue();
        (await node.PublishAsync("orders", "kept")).IsDone.ShouldBeTrue();
        string digits = (await node.ReportAsync())!.Cluster[..8];
        cluster.Kill(1);
        string data = cluster.DataOf(1);
        Array.ForEach(Directory.GetFiles(data, "*.spare"), File.Delete);
        string[] names = [.. Directory.GetFiles(data).Select(path => Path.GetFileName(path)).Where(name => name != "lock")];
        using var recovered = new ServeCluster(1);
        string[] recover = ["recover", data, "--data", recovered.DataOf(1), "--client", recovered[1].Address.ToString(), "--confirm", digits];

        // About to be set aside, with an older folder aside; half way; and to the end.
        File.WriteAllText(Path.Combine(data, "damaged"), "a byte is wrong");
        File.WriteAllText(Path.Combine(data, "aside.identity"), "older");
        await RefusesAsync(recover, data, "its node was setting it aside");
        File.Move(Path.Combine(data, "damaged"), Path.Combine(data, "setting-aside"));
        File.Delete(Path.Combine(data, "aside.identity"));
        File.Move(Path.Combine(data, names[0]), Path.Combine(data, "aside." + names[0]));
        await RefusesAsync(recover, data, "its node was setting it aside");
        Array.ForEach(names[1..], name => File.Move(Path.Combine(data, name), Path.Combine(data, "aside." + name)));
        File.Move(Path.Combine(data, "setting-aside"), Path.Combine(data, "aside.damaged"));
        await RefusesAsync(recover, data, "holds nothing but what was set aside");

        // Its node has come back as a new incarnation, and nobody is there to bring it up.
        cluster.Start(1);
        await Eventually.TrueAsync(() => cluster.Process(1).Output.Contains("waiting for the leader of cluster", StringComparison.Ordinal), cluster.Outputs);
        cluster.Kill(1);
        await RefusesAsync(recover, data, "holds nothing but what was set aside");

        string copy = data + "-copy";
        Directory.CreateDirectory(copy);
        string[] aside = [.. Directory.GetFiles(data, "aside.*").Where(path => Path.GetFileName(path) != "aside.damaged")];
        Array.ForEach(aside, path => File.Copy(path, Path.Combine(copy, Path.GetFileName(path)["aside.".Length..])));
        recover[1] = copy;
        (await RunAsync(recover)).Code.ShouldBe(0);
        node = await recovered.StartAllAsync();
        (await node.PopAsync("orders")).Message.ShouldBe("kept");
        File.WriteAllText(Path.Combine(copy, "discard"), "");
        await RefusesAsync([.. recover[..3], recovered.DataOf(1) + "-new"], copy, "holds nothing that counts");
    }

    private static async Task RefusesAsync(string[] recover, string data, string because)
    {
        Dictionary<string, string> before = FilesOf(data);
        using RaftMqProcess process = RaftMqProcess.Start(recover);
        (await process.ExitAsync()).ShouldBe(3);
        process.Process.WaitForExit();
        process.Output.Trim().ShouldNotContain("\n", Case.Sensitive, "one line");
        process.Output.ShouldContain(because);
        FilesOf(data).ShouldBe(before);
    }

    /// <summary>Every name with what it holds.</summary>
    private static Dictionary<string, string> FilesOf(string folder) =>
        Directory.GetFiles(folder).ToDictionary(path => path, path => Convert.ToHexString(System.Security.Cryptography.SHA256.HashData(File.ReadAllBytes(path))));

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
