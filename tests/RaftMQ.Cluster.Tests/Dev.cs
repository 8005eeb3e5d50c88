using System.Diagnostics;
using System.Text.RegularExpressions;

namespace RaftMQ.Cluster.Tests;

/// <summary><c>raftmq dev</c>: one command, a whole cluster, and nothing left behind.</summary>
[Collection("cluster")]
public sealed class Dev : IDisposable
{
    private readonly DevRun _run = new();

    [Fact]
    public async Task It_shows_the_nodes_and_what_to_try_in_plain_text_when_piped()
    {
        RaftMqProcess dev = await _run.StartAsync();

        dev.Output.ShouldContain("Leader");
        Regex.Count(dev.Output, "Follower").ShouldBe(2);
        Regex.Count(dev.Output, "  curl ").ShouldBe(3);
        dev.Output.ShouldContain($"http://127.0.0.1:{_run.Port + 2}");
        dev.Output.ShouldNotContain('\u001b');
        Node second = _run[2];
        (await second.CreateAsync("orders")).IsDone.ShouldBeTrue();
    }

    [Fact]
    public async Task A_node_that_is_killed_is_started_again_and_that_is_said()
    {
        RaftMqProcess dev = await _run.StartAsync();
        Process victim = Process.GetProcessById(_run.PidOf(1));

        victim.Kill();

        await Eventually.TrueAsync(() => dev.Output.Contains("started again", StringComparison.Ordinal), () => dev.Output);
        dev.Output.ShouldContain("ended with signal 9; starting it again in 1 s");
        await Eventually.TrueAsync(async () => (await _run[1].ReportAsync())?.Phase == "Member", () => dev.Output);
    }

    [Fact]
    public async Task When_the_supervisor_is_killed_no_node_is_left()
    {
        RaftMqProcess dev = await _run.StartAsync();
        int[] nodes = [_run.PidOf(1), _run.PidOf(2), _run.PidOf(3)];

        dev.Kill();

        await Eventually.TrueAsync(() => Array.TrueForAll(nodes, DevRun.HasEnded), () => "orphans: " + string.Join(", ", nodes.Where(pid => !DevRun.HasEnded(pid))));
    }

    [Fact]
    public async Task A_signal_to_the_supervisor_stops_all_and_the_data_stays()
    {
        RaftMqProcess dev = await _run.StartAsync();
        int[] nodes = [_run.PidOf(1), _run.PidOf(2), _run.PidOf(3)];
        await _run[1].CreateAsync("orders");

        Signals.Term(dev.Process);

        (await dev.ExitAsync()).ShouldBe(0);
        dev.Output.ShouldContain("all nodes have stopped");
        Array.TrueForAll(nodes, DevRun.HasEnded).ShouldBeTrue();

        await _run.StartAsync();
        (await _run[3].TopicsAsync()).Body.ShouldContain("orders");
    }

    [Fact]
    public async Task Ctrl_C_reaches_the_nodes_only_through_the_supervisor_and_a_second_one_does_not_wait_for_a_stuck_node()
    {
        RaftMqProcess dev = await _run.StartAsync();
        int[] nodes = [_run.PidOf(1), _run.PidOf(2), _run.PidOf(3)];
        using Process first = Process.GetProcessById(nodes[0]);
        using Process stuck = Process.GetProcessById(nodes[1]);

        // A terminal sends Ctrl-C to all of them: the nodes take no notice.
        Signals.Int(first);
        (await _run[1].CreateAsync("orders")).IsDone.ShouldBeTrue();
        Signals.Pause(stuck);
        Signals.Int(dev.Process);
        await Eventually.TrueAsync(() => DevRun.HasEnded(nodes[0]) && DevRun.HasEnded(nodes[2]), () => dev.Output);
        dev.Output.ShouldContain("stopping all nodes");
        DevRun.HasEnded(nodes[1]).ShouldBeFalse();
        long second = Stopwatch.GetTimestamp();
        Signals.Int(dev.Process);

        (await dev.ExitAsync()).ShouldBe(0);
        Stopwatch.GetElapsedTime(second).ShouldBeLessThan(TimeSpan.FromSeconds(3));
        dev.Output.TrimEnd().ShouldEndWith("all nodes have stopped, 1 of them by force");
        nodes.ShouldAllBe(pid => DevRun.HasEnded(pid));
        first.HasExited.ShouldBeTrue();
    }

    [Fact]
    public async Task A_node_that_needs_a_person_is_not_started_again_and_the_others_go_on()
    {
        RaftMqProcess dev = await _run.StartAsync();
        Signals.Term(dev.Process);
        (await dev.ExitAsync()).ShouldBe(0);
        Directory.Move(Path.Combine(_run.Folder, "node-1", "data"), Path.Combine(_run.Folder, "aside"));
        Directory.Move(Path.Combine(_run.Folder, "node-2", "data"), Path.Combine(_run.Folder, "node-1", "data"));
        Directory.Move(Path.Combine(_run.Folder, "aside"), Path.Combine(_run.Folder, "node-1", "data-before"));

        // Node 1 is given node 2's folder and refuses it; node 2, now empty, waits to be admitted; alone, node 3 leads nobody.
        RaftMqProcess again = _run.Start("dev", "--port", DevRun.Text(_run.Port), "--data", _run.Folder);
        await Eventually.TrueAsync(() => again.Output.Contains("a person is needed: not starting it again", StringComparison.Ordinal), () => again.Output);

        again.Output.ShouldContain("and this is node 1");
        again.HasExited.ShouldBeFalse();
        await Eventually.TrueAsync(async () => await _run[3].ReportAsync() is { Phase: "Member" }, () => again.Output);
    }

    [Fact]
    public async Task A_second_one_on_the_same_folder_or_port_says_so_in_one_line_and_leaves_the_first_alone()
    {
        await _run.StartAsync();

        RaftMqProcess sameFolder = _run.Start("dev", "--port", DevRun.Text(DevRun.ConsecutivePorts(3)), "--data", _run.Folder);
        (await sameFolder.ExitAsync()).ShouldBe(3);
        sameFolder.Output.Trim().ShouldBe($"raftmq: another `raftmq dev` runs on the folder {_run.Folder}; stop that one, or name another folder with --data");

        string other = Directory.CreateTempSubdirectory("raftmq-dev-").FullName;
        RaftMqProcess samePort = _run.Start("dev", "--port", DevRun.Text(_run.Port), "--data", other);
        (await samePort.ExitAsync()).ShouldBe(4);
        samePort.Output.Trim().ShouldStartWith($"raftmq: port {_run.Port} is taken by another process");
        samePort.Output.Trim().ShouldNotContain('\n');
        Directory.Delete(other, recursive: true);

        (await _run[1].CreateAsync("orders")).IsDone.ShouldBeTrue();
    }

    [Fact]
    public async Task Another_number_of_nodes_or_other_ports_on_the_same_folder_are_refused()
    {
        RaftMqProcess dev = await _run.StartAsync();
        Signals.Term(dev.Process);
        await dev.ExitAsync();

        RaftMqProcess five = _run.Start("dev", "--nodes", "5", "--port", DevRun.Text(DevRun.ConsecutivePorts(5)), "--data", _run.Folder);

        (await five.ExitAsync()).ShouldBe(2);
        five.Output.ShouldContain("has 3 nodes, not 5");
        RaftMqProcess elsewhere = _run.Start("dev", "--port", DevRun.Text(DevRun.ConsecutivePorts(3)), "--data", _run.Folder);
        (await elsewhere.ExitAsync()).ShouldBe(2);
        elsewhere.Output.ShouldContain($"has its clients from port {_run.Port} on");
    }

    public void Dispose() => _run.Dispose();
}
