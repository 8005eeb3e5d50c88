using System.Diagnostics;

namespace RaftMQ.Cluster.Tests;

/// <summary><c>raftmq dev add</c> and <c>raftmq dev remove</c>: from a second terminal nodes come into the cluster that runs in the first one, and leave it.</summary>
[Collection("cluster")]
public sealed class DevComingAndGoing : IDisposable
{
    private readonly DevRun _run = new();

    [Fact]
    public async Task A_node_that_is_added_holds_everything_survives_a_kill_and_is_there_again_at_the_next_start()
    {
        RaftMqProcess dev = await _run.StartAsync();
        (await _run[1].CreateAsync("orders")).IsDone.ShouldBeTrue();
        (await _run[1].PublishAsync("orders", "kept")).IsDone.ShouldBeTrue();

        string added = await SucceedAsync("add");
        added.ShouldContain("done; members: 1, 2, 3, 4; ");
        added.ShouldContain($"node 4 takes requests at {_run[4].Url.ToString().TrimEnd('/')}");
        dev.Output.ShouldContain("node 4    started, to join the others");

        Process.GetProcessById(_run.PidOf(4)).Kill();
        await Eventually.TrueAsync(() => dev.Output.Contains("node 4    started again", StringComparison.Ordinal), () => dev.Output);
        await UntilMemberAsync(4, dev);

        Signals.Term(dev.Process);
        (await dev.ExitAsync()).ShouldBe(0);
        RaftMqProcess again = await _run.StartAsync();
        again.Output.ShouldContain("starting 4 nodes");
        await UntilMemberAsync(4, again);
        (await _run[4].PopAsync("orders")).Message.ShouldBe("kept");
        again.Output.ShouldNotContain(" is configured with ");
    }

    [Fact]
    public async Task Also_the_leader_leaves_with_its_folder_and_its_number_is_given_again()
    {
        RaftMqProcess dev = await _run.StartAsync();
        (await _run[1].CreateAsync("orders")).IsDone.ShouldBeTrue();
        (await _run.RunAsync("cluster", "transfer", "1", "--url", _run[2].Url.ToString())).ExitCode.ShouldBe(0);
        int leader = _run.PidOf(1);

        string removed = await SucceedAsync("remove", "1");
        removed.ShouldContain("done; members: 2, 3; ");
        removed.ShouldContain("node 1 has ended, and its folder is removed");
        DevRun.HasEnded(leader).ShouldBeTrue();
        Directory.Exists(_run.FolderOf(1)).ShouldBeFalse();

        // Without a number the highest.
        (await SucceedAsync("remove")).ShouldContain("done; members: 2; node 2 leads");
        (int exitCode, string last) = await _run.RunAsync("dev", "remove", "--data", _run.Folder);
        exitCode.ShouldBe(6, last);
        last.Trim().ShouldStartWith("raftmq: node 2 is the last voter");

        (await SucceedAsync("add")).ShouldContain("done; members: 1, 2; ");
        await UntilMemberAsync(1, dev);
        (await _run[1].TopicsAsync()).Body.ShouldContain("orders");
        Signals.Term(dev.Process);
        (await dev.ExitAsync()).ShouldBe(0);
        (await _run.StartAsync()).Output.ShouldContain("starting 2 nodes");
    }

    [Fact]
    public async Task What_was_begun_or_done_by_other_hands_is_finished()
    {
        RaftMqProcess dev = await _run.StartAsync();

        // As far as `dev add` had come when somebody stopped it.
        int peer = ServeCluster.FreePorts(1)[0];
        string[] add =
            ["cluster", "add", "4", "--client", $"127.0.0.1:{_run.Port + 3}", "--peer", $"127.0.0.1:{peer}", "--wait", "0", "--url", _run[1].Url.ToString()];
        await Eventually.TrueAsync(async () => (await _run.RunAsync(add)).Output.Contains("node 4 is not there yet", StringComparison.Ordinal), () => dev.Output);
        (await SucceedAsync("add")).ShouldContain("done; members: 1, 2, 3, 4; ");
        await UntilMemberAsync(4, dev);

        (await _run.RunAsync("cluster", "remove", "3", "--url", _run[1].Url.ToString())).ExitCode.ShouldBe(0);
        (await SucceedAsync("remove", "3")).ShouldContain("node 3 has ended, and its folder is removed");
    }

    [Fact]
    public async Task A_removal_may_be_asked_for_again_and_says_whom_it_takes()
    {
        await _run.StartAsync();

        (await SucceedAsync("remove")).ShouldStartWith("node 3 leaves\ndone; members: 1, 2; ");

        // As it is when somebody stopped the first one and calls it again.
        (await SucceedAsync("remove", "3")).ShouldStartWith("node 3 is no member; members: 1, 2; ");
    }

    [Fact]
    public async Task A_plan_that_a_person_has_put_back_ends_processes_and_takes_no_data_away()
    {
        RaftMqProcess dev = await _run.StartAsync();
        string path = Path.Combine(_run.Folder, "dev.json");
        string before = await File.ReadAllTextAsync(path, TestContext.Current.CancellationToken);
        await SucceedAsync("add");

        await File.WriteAllTextAsync(path, before, TestContext.Current.CancellationToken);

        await Eventually.TrueAsync(() => dev.Output.Contains("it was not let go with `raftmq dev remove`", StringComparison.Ordinal), () => dev.Output);
        Directory.Exists(_run.FolderOf(4)).ShouldBeTrue();
    }

    [Fact]
    public async Task Wrong_input_and_a_cluster_that_does_not_run_are_said_in_one_line()
    {
        await RefusedAsync(6, $"raftmq: no `raftmq dev` runs on the folder {_run.Folder}; start it first", "add");
        await RefusedAsync(6, $"raftmq: no `raftmq dev` runs on the folder {_run.Folder}; start it first", "remove", "1");
        RaftMqProcess dev = await _run.StartAsync();
        await RefusedAsync(2, "raftmq: NODE is the number of a node, 1 or more, not \"x\"; see `raftmq dev remove --help`", "remove", "x");
        string[] add = ["cluster", "add", "5", "--client", "127.0.0.1:1", "--peer", "127.0.0.1:2", "--wait", "0", "--url", _run[1].Url.ToString()];
        await Eventually.TrueAsync(async () => (await _run.RunAsync(add)).Output.Contains("node 5 is not there yet", StringComparison.Ordinal), () => dev.Output);
        await RefusedAsync(2, $"raftmq: `raftmq dev` runs no node 5 in {_run.Folder}, but the nodes 1, 2, 3; `raftmq cluster remove 5`", "remove", "5");
        await RefusedAsync(2, "raftmq: --wait is 0 to 86400 seconds, not \"-1\"", "add", "--wait", "-1");
        Signals.Term(dev.Process);
        await dev.ExitAsync();
        await RefusedAsync(6, $"raftmq: no `raftmq dev` runs on the folder {_run.Folder}; start it first", "remove", "1");
    }

    public void Dispose() => _run.Dispose();

    private async Task RefusedAsync(int exitCode, string line, params string[] arguments)
    {
        (int code, string output) = await _run.RunAsync(["dev", .. arguments, "--data", _run.Folder]);
        code.ShouldBe(exitCode, output);
        output.Trim().ShouldStartWith(line);
        output.Trim().ShouldNotContain("\n");
    }

    private async Task<string> SucceedAsync(params string[] arguments)
    {
        (int exitCode, string output) = await _run.RunAsync(["dev", .. arguments, "--data", _run.Folder]);
        exitCode.ShouldBe(0, output);
        return output;
    }

    private async Task UntilMemberAsync(int node, RaftMqProcess dev) =>
        await Eventually.TrueAsync(async () => await _run[node].ReportAsync() is { Phase: "Member" }, () => dev.Output);
}
