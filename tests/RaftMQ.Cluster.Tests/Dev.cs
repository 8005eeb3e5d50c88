using System.Diagnostics;
using System.Globalization;
using System.Text.RegularExpressions;

namespace RaftMQ.Cluster.Tests;

/// <summary><c>raftmq dev</c>: one command, a whole cluster, and nothing left behind.</summary>
[Collection("cluster")]
public sealed class Dev : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("raftmq-dev-").FullName;
    private readonly int _port = ConsecutivePorts(3);
    private readonly List<RaftMqProcess> _started = [];

    [Fact]
    public async Task It_shows_the_nodes_and_what_to_try_in_plain_text_when_piped()
    {
        RaftMqProcess dev = await StartAsync();

        dev.Output.ShouldContain("Leader");
        Regex.Count(dev.Output, "Follower").ShouldBe(2);
        Regex.Count(dev.Output, "  curl ").ShouldBe(3);
        dev.Output.ShouldContain($"http://127.0.0.1:{_port + 2}");
        dev.Output.ShouldNotContain('\u001b');
        var second = new Node(2, _port + 1);
        (await second.CreateAsync("orders")).IsDone.ShouldBeTrue();
    }

    [Fact]
    public async Task A_node_that_is_killed_is_started_again_and_that_is_said()
    {
        RaftMqProcess dev = await StartAsync();
        Process victim = Process.GetProcessById(PidOf(1));

        victim.Kill();

        await Eventually.TrueAsync(() => dev.Output.Contains("started again", StringComparison.Ordinal), () => dev.Output);
        dev.Output.ShouldContain("ended with signal 9; starting it again in 1 s");
        await Eventually.TrueAsync(async () => (await new Node(1, _port).ReportAsync())?.Phase == "Member", () => dev.Output);
    }

    [Fact]
    public async Task When_the_supervisor_is_killed_no_node_is_left()
    {
        RaftMqProcess dev = await StartAsync();
        int[] nodes = [PidOf(1), PidOf(2), PidOf(3)];

        dev.Kill();

        await Eventually.TrueAsync(() => Array.TrueForAll(nodes, HasEnded), () => "orphans: " + string.Join(", ", nodes.Where(pid => !HasEnded(pid))));
    }

    [Fact]
    public async Task A_signal_to_the_supervisor_stops_all_and_the_data_stays()
    {
        RaftMqProcess dev = await StartAsync();
        int[] nodes = [PidOf(1), PidOf(2), PidOf(3)];
        await new Node(1, _port).CreateAsync("orders");

        Signals.Term(dev.Process);

        (await dev.ExitAsync()).ShouldBe(0);
        dev.Output.ShouldContain("all nodes have stopped");
        Array.TrueForAll(nodes, HasEnded).ShouldBeTrue();

        await StartAsync();
        (await new Node(3, _port + 2).TopicsAsync()).Body.ShouldContain("orders");
    }

    [Fact]
    public async Task Ctrl_C_reaches_the_nodes_only_through_the_supervisor_and_a_second_one_does_not_wait_for_a_stuck_node()
    {
        RaftMqProcess dev = await StartAsync();
        int[] nodes = [PidOf(1), PidOf(2), PidOf(3)];
        using Process first = Process.GetProcessById(nodes[0]);
        using Process stuck = Process.GetProcessById(nodes[1]);

        // A terminal sends Ctrl-C to all of them: the nodes take no notice.
        Signals.Int(first);
        (await new Node(1, _port).CreateAsync("orders")).IsDone.ShouldBeTrue();
        Signals.Pause(stuck);
        Signals.Int(dev.Process);
        await Eventually.TrueAsync(() => HasEnded(nodes[0]) && HasEnded(nodes[2]), () => dev.Output);
        dev.Output.ShouldContain("stopping all nodes");
        HasEnded(nodes[1]).ShouldBeFalse();
        long second = Stopwatch.GetTimestamp();
        Signals.Int(dev.Process);

        (await dev.ExitAsync()).ShouldBe(0);
        Stopwatch.GetElapsedTime(second).ShouldBeLessThan(TimeSpan.FromSeconds(3));
        dev.Output.TrimEnd().ShouldEndWith("all nodes have stopped, 1 of them by force");
        nodes.ShouldAllBe(pid => HasEnded(pid));
        first.HasExited.ShouldBeTrue();
    }

    [Fact]
    public async Task A_node_that_needs_a_person_is_not_started_again_and_the_others_go_on()
    {
        RaftMqProcess dev = await StartAsync();
        Signals.Term(dev.Process);
        (await dev.ExitAsync()).ShouldBe(0);
        Directory.Move(Path.Combine(_folder, "node-1", "data"), Path.Combine(_folder, "aside"));
        Directory.Move(Path.Combine(_folder, "node-2", "data"), Path.Combine(_folder, "node-1", "data"));
        Directory.Move(Path.Combine(_folder, "aside"), Path.Combine(_folder, "node-1", "data-before"));

        // Node 1 is given node 2's folder and refuses it; node 2, now empty, waits to be admitted; alone, node 3 leads nobody.
        RaftMqProcess again = Track(RaftMqProcess.Start("dev", "--port", Text(_port), "--data", _folder));
        await Eventually.TrueAsync(() => again.Output.Contains("a person is needed: not starting it again", StringComparison.Ordinal), () => again.Output);

        again.Output.ShouldContain("and this is node 1");
        again.HasExited.ShouldBeFalse();
        await Eventually.TrueAsync(async () => await new Node(3, _port + 2).ReportAsync() is { Phase: "Member" }, () => again.Output);
    }

    [Fact]
    public async Task A_second_one_on_the_same_folder_or_port_says_so_in_one_line_and_leaves_the_first_alone()
    {
        await StartAsync();

        RaftMqProcess sameFolder = Track(RaftMqProcess.Start("dev", "--port", Text(ConsecutivePorts(3)), "--data", _folder));
        (await sameFolder.ExitAsync()).ShouldBe(3);
        sameFolder.Output.Trim().ShouldBe($"raftmq: another `raftmq dev` runs on the folder {_folder}; stop that one, or name another folder with --data");

        string other = Directory.CreateTempSubdirectory("raftmq-dev-").FullName;
        RaftMqProcess samePort = Track(RaftMqProcess.Start("dev", "--port", Text(_port), "--data", other));
        (await samePort.ExitAsync()).ShouldBe(4);
        samePort.Output.Trim().ShouldStartWith($"raftmq: port {_port} is taken by another process");
        samePort.Output.Trim().ShouldNotContain('\n');
        Directory.Delete(other, recursive: true);

        (await new Node(1, _port).CreateAsync("orders")).IsDone.ShouldBeTrue();
    }

    [Fact]
    public async Task Another_number_of_nodes_on_the_same_folder_is_refused()
    {
        RaftMqProcess dev = await StartAsync();
        Signals.Term(dev.Process);
        await dev.ExitAsync();

        RaftMqProcess five = Track(RaftMqProcess.Start("dev", "--nodes", "5", "--port", Text(ConsecutivePorts(5)), "--data", _folder));

        (await five.ExitAsync()).ShouldBe(2);
        five.Output.ShouldContain("has 3 nodes, not 5");
    }

    public void Dispose()
    {
        foreach (RaftMqProcess process in _started)
        {
            if (!process.HasExited)
            {
                Signals.Term(process.Process);
                process.Process.WaitForExit(TimeSpan.FromSeconds(10));
            }

            process.Dispose();
        }

        Directory.Delete(_folder, recursive: true);
    }

    private async Task<RaftMqProcess> StartAsync()
    {
        RaftMqProcess dev = Track(RaftMqProcess.Start("dev", "--port", Text(_port), "--data", _folder));
        await Eventually.TrueAsync(() => dev.Output.Contains("Ctrl-C stops it", StringComparison.Ordinal), () => dev.Output);
        dev.Output.ShouldContain("Leader", Case.Sensitive, dev.Output);
        return dev;
    }

    private RaftMqProcess Track(RaftMqProcess process)
    {
        _started.Add(process);
        return process;
    }

    private int PidOf(int node) => int.Parse(File.ReadAllText(Path.Combine(_folder, $"node-{node}", "pid")), CultureInfo.InvariantCulture);

    private static bool HasEnded(int pid)
    {
        try
        {
            using Process process = Process.GetProcessById(pid);
            return process.HasExited;
        }
        catch (ArgumentException)
        {
            return true;
        }
    }

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);

    /// <summary>A free port that is followed by free ones.</summary>
    private static int ConsecutivePorts(int count)
    {
        for (int attempt = 0; attempt < 100; attempt++)
        {
            int first = ServeCluster.FreePorts(1)[0];
            if (Enumerable.Range(first, count).All(IsFree))
            {
                return first;
            }
        }

        throw new InvalidOperationException($"no {count} free ports in a row");
    }

    private static bool IsFree(int port)
    {
        try
        {
            using var listener = new System.Net.Sockets.TcpListener(System.Net.IPAddress.Loopback, port);
            listener.Start();
            return true;
        }
        catch (System.Net.Sockets.SocketException)
        {
            return false;
        }
    }
}
