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
    public void The_ports_of_the_peers_are_remembered_for_the_same_number_of_nodes()
    {
        using (DevFolder first = DevFolder.Open(_path))
        {
            first.PeerPortsFor(3).ShouldBeNull();
            first.Save(new PortPlan(8080, [7001, 7002, 7003]));
        }

        using DevFolder second = DevFolder.Open(_path);
        second.PeerPortsFor(3).ShouldBe([7001, 7002, 7003]);
        var refused = Should.Throw<CommandFailedException>(() => second.PeerPortsFor(5));
        refused.Message.ShouldContain("has 3 nodes, not 5; use --nodes 3");
        refused.Message.ShouldNotContain('\n');
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
    [InlineData("""{"nodes":3}""")]
    [InlineData("""{"peerPorts":[]}""")]
    [InlineData("""{"peerPorts":[70000]}""")]
    [InlineData("""{"peerPorts":["a"]}""")]
    [InlineData("""{"peerPorts":[1,2,3,4,5,6,7,8,9,10]}""")]
    public void A_plan_that_is_none_is_refused_with_what_to_do(string plan)
    {
        File.WriteAllText(Path.Combine(_path, "dev.json"), plan);

        Should.Throw<CommandFailedException>(() => DevFolder.Open(_path)).Message.ShouldContain("remove it, the data stays");
        File.Delete(Path.Combine(_path, "dev.json"));
        DevFolder.Open(_path).Dispose();
    }

    [Fact]
    public void A_clients_port_that_is_taken_is_named()
    {
        using Socket taken = Listen(out int port);

        var refused = Should.Throw<CommandFailedException>(() => PortPlan.Make(port, null, 1));

        refused.ExitCode.ShouldBe(ExitCode.PortTaken);
        refused.Message.ShouldStartWith($"port {port} is taken by another process");
    }

    [Fact]
    public void Peers_keep_their_ports_unless_one_is_taken_or_now_a_clients()
    {
        int[] free = FreePorts(2);
        PortPlan.Make(free[0], [free[1]], 1).PeerPorts.ShouldBe([free[1]]);
        PortPlan.Make(free[0], [free[0]], 1).PeerPorts.ShouldNotContain(free[0]);

        using Socket taken = Listen(out int port);
        PortPlan.Make(free[0], [port], 1).PeerPorts.ShouldNotContain(port);
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
        Socket[] open = [.. Enumerable.Range(0, count).Select(_ => Listen(out int _))];
        int[] ports = [.. open.Select(socket => ((IPEndPoint)socket.LocalEndPoint!).Port)];
        Array.ForEach(open, socket => socket.Dispose());
        return ports;
    }

    private static Socket Listen(out int port)
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        socket.Listen(1);
        port = ((IPEndPoint)socket.LocalEndPoint!).Port;
        return socket;
    }
}
