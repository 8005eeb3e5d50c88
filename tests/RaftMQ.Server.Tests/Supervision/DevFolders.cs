using System.Net;
using System.Net.Sockets;
using RaftMQ.Contracts;
using RaftMQ.Server.Commands;
using RaftMQ.Server.Supervision;

namespace RaftMQ.Server.Tests.Supervision;

/// <summary>What <c>raftmq dev</c> remembers between runs, and which ports it takes.</summary>
public sealed class DevFolders : IDisposable
{
    private readonly string _path = Directory.CreateTempSubdirectory("raftmq-dev-folder-").FullName;

    [Fact]
    public void The_plan_is_remembered_and_every_node_is_configured_by_it()
    {
        var plan = new DevPlan(8080, [new DevNode(1, 7001, Joins: false), new DevNode(4, 7004, Joins: true)]);
        using (DevFolder first = DevFolder.Open(_path))
        {
            first.ReadPlan().ShouldBeNull();
            first.Save(plan);
        }

        using DevFolder second = DevFolder.Open(_path);
        DevPlan read = second.ReadPlan()!;
        read.FirstClientPort.ShouldBe(8080);
        read.Nodes.ShouldBe(plan.Nodes);
        string founder = File.ReadAllText(second.ConfigurationOf(1));
        founder.ShouldNotContain("join");
        founder.ShouldContain("127.0.0.1:8083");
        founder.ShouldContain("127.0.0.1:7004");
        File.ReadAllText(second.ConfigurationOf(4)).ShouldContain("\"join\": \"http://127.0.0.1:8080/\"");
    }

    [Fact]
    public void A_plan_is_changed_only_while_a_supervisor_has_the_folder_and_by_one_command_at_a_time()
    {
        Should.Throw<CommandFailedException>(() => DevFolder.OpenRunning(_path)).Message.ShouldContain("no `raftmq dev` runs on the folder");
        using (DevFolder supervisor = DevFolder.Open(_path))
        {
            using DevFolder first = DevFolder.OpenRunning(_path);
            Should.Throw<CommandFailedException>(() => DevFolder.OpenRunning(_path)).Message.ShouldContain("is under way on the folder");
        }

        var none = Should.Throw<CommandFailedException>(() => DevFolder.OpenRunning(_path));
        none.ExitCode.ShouldBe(ExitCode.ClusterRefused);
        none.Message.ShouldNotContain('\n');
    }

    [Fact]
    public void A_node_that_comes_has_a_number_a_port_and_a_folder_of_its_own()
    {
        int first = FreePorts(1)[0];
        var plan = new DevPlan(first, [new DevNode(2, 7002, Joins: false)]);

        plan.FreeNumber(_ => false).ShouldBe(1);
        plan.FreeNumber(number => number <= 3).ShouldNotBe(3);
        using Socket taken = Listen(first);
        plan.FreeNumber(_ => false).ShouldNotBe(1);
        (plan with { Nodes = [new DevNode(2, first + 2, Joins: false)] }).FreeNumber(_ => false).ShouldNotBe(3, "that is where node 2's peers reach it");
        new DevPlan(65_535, [new DevNode(1, 7001, Joins: false)]).FreeNumber(_ => false).ShouldBeNull();
    }

    [Fact]
    public void A_folder_that_another_has_open_is_refused_and_let_go_at_its_end()
    {
        using (DevFolder.Open(_path))
        {
            Should.Throw<CommandFailedException>(() => DevFolder.Open(_path)).Message.ShouldContain("another `raftmq dev` runs on the folder");
        }

        DevFolder.Open(_path).Dispose();
    }

    [Fact]
    public void A_folder_that_cannot_be_written_is_not_blamed_on_another_process()
    {
        string lockName = Path.Combine(_path, "dev.lock");
        Directory.CreateDirectory(lockName);

        Should.Throw<CommandFailedException>(() => DevFolder.Open(_path)).Message.ShouldContain("cannot be written to");
    }

    [Theory]
    [InlineData("")]
    [InlineData("[]")]
    [InlineData("""{"clientPort":8080}""")]
    [InlineData("""{"clientPort":8080,"nodes":[]}""")]
    [InlineData("""{"clientPort":65535,"nodes":[{"node":2,"peerPort":1,"joins":false}]}""")]
    [InlineData("""{"clientPort":8080,"nodes":[{"node":0,"peerPort":1,"joins":false}]}""")]
    [InlineData("""{"clientPort":8080,"nodes":[{"node":1,"peerPort":70000,"joins":false}]}""")]
    [InlineData("""{"clientPort":8080,"nodes":[{"node":1,"peerPort":"a","joins":false}]}""")]
    [InlineData("""{"clientPort":8080,"nodes":[{"node":1,"peerPort":1,"joins":false},{"node":1,"peerPort":2,"joins":false}]}""")]
    public void A_plan_that_is_none_is_refused_with_what_to_do(string plan)
    {
        File.WriteAllText(Path.Combine(_path, "dev.json"), plan);

        using DevFolder folder = DevFolder.Open(_path);
        Should.Throw<CommandFailedException>(folder.ReadPlan).Message.ShouldContain("is not what `raftmq dev` wrote");
    }

    [Fact]
    public void Data_without_a_plan_is_refused_with_what_to_do()
    {
        string data = Path.Combine(_path, "node-2", "data");
        Directory.CreateDirectory(Path.Combine(_path, "node-1"));
        using DevFolder folder = DevFolder.Open(_path);
        folder.ReadPlanOrBegin().ShouldBeNull("a first start that was killed early leaves folders without data");

        Directory.CreateDirectory(data);

        var refused = Should.Throw<CommandFailedException>(folder.ReadPlanOrBegin);
        refused.ExitCode.ShouldBe(ExitCode.DataRefused);
        refused.Message.ShouldStartWith($"{_path} holds the data of node-2, and no plan (dev.json)");
    }

    [Fact]
    public void A_folder_in_which_no_cluster_has_begun_is_left_as_it_was_found()
    {
        string made = Path.Combine(_path, "above", "made");
        DevFolder.Open(made).Dispose();
        Directory.GetFileSystemEntries(_path).ShouldBeEmpty();

        DevFolder.Open(_path).Dispose();
        Directory.GetFileSystemEntries(_path).ShouldBeEmpty();

        using (DevFolder begun = DevFolder.Open(made))
        {
            begun.Save(new DevPlan(8080, [new DevNode(1, 7001, Joins: false)]));
        }

        Directory.Exists(made).ShouldBeTrue();
    }

    [Fact]
    public void A_port_that_is_taken_is_named()
    {
        using Socket taken = Listen(0);
        int port = ((IPEndPoint)taken.LocalEndPoint!).Port;

        var founding = Should.Throw<CommandFailedException>(() => DevPlan.Found(port, 1));
        founding.ExitCode.ShouldBe(ExitCode.PortTaken);
        founding.Message.ShouldStartWith($"port {port} is taken by another process");

        int free = FreePorts(1)[0];
        Should.Throw<CommandFailedException>(() => new DevPlan(free, [new DevNode(1, port, Joins: false)]).RequireFreePorts("")).Message.ShouldStartWith($"port {port} ");
        DevPlan.Found(free, 1).Nodes[0].PeerPort.ShouldNotBe(free);
    }

    [Fact]
    public void The_log_of_a_node_starts_anew_at_four_mebibytes_and_keeps_the_one_before()
    {
        string path = Path.Combine(_path, "log");
        string line = new('x', 1023);
        using (var log = new BoundedLog(path))
        {
            for (int i = 0; i < 4097; i++)
            {
                log.Write(line);
            }
        }

        new FileInfo(path).Length.ShouldBe(1024);
        new FileInfo(path + ".1").Length.ShouldBe(4096 * 1024);
    }

    [Fact]
    public void A_disk_that_takes_no_more_costs_lines_of_the_log_and_nothing_else()
    {
        // The device that is always full (Linux).
        Assert.SkipUnless(File.Exists("/dev/full"), "there is no /dev/full here");
        using var log = new BoundedLog("/dev/full");

        log.Write("lost");
        log.Write("lost too");
    }

    public void Dispose() => Directory.Delete(_path, recursive: true);

    private static int[] FreePorts(int count)
    {
        Socket[] open = [.. Enumerable.Range(0, count).Select(_ => Listen(0))];
        int[] ports = [.. open.Select(socket => ((IPEndPoint)socket.LocalEndPoint!).Port)];
        Array.ForEach(open, socket => socket.Dispose());
        return ports;
    }

    private static Socket Listen(int port)
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        socket.Bind(new IPEndPoint(IPAddress.Loopback, port));
        socket.Listen(1);
        return socket;
    }
}
