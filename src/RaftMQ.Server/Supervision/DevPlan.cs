using System.Net;
using System.Net.Sockets;
using RaftMQ.Contracts;
using RaftMQ.Server.Commands;

namespace RaftMQ.Server.Supervision;

/// <summary>
/// Which nodes a <c>dev</c> cluster is to have on this machine, and on which ports. A node's ports are its own for good: the cluster has agreed on them.
/// </summary>
/// <param name="FirstClientPort">Node 1's port for clients; node n has the one n - 1 above it.</param>
/// <param name="Nodes">The nodes, ascending.</param>
internal sealed record DevPlan(int FirstClientPort, IReadOnlyList<DevNode> Nodes)
{
    public const int LargestPort = 65_535;

    /// <summary>So far above the clients' ports lie those of the peers, where they are free.</summary>
    private const int ToPeerPort = 1_000;

    /// <summary>Node numbers are looked for up to this one: far more than there may be members.</summary>
    private const int LargestNumber = 100;

    /// <summary>A new cluster of the nodes 1 to <paramref name="nodes"/>.</summary>
    /// <exception cref="CommandFailedException">A client's port is taken.</exception>
    public static DevPlan Found(int firstClientPort, int nodes)
    {
        var plan = new DevPlan(firstClientPort, [.. Enumerable.Range(1, nodes).Select(number => new DevNode(number, 0, Joins: false))]);
        plan.RequireFreePorts($"choose others with --port (it needs {nodes} in a row), or stop that one");
        foreach (DevNode node in plan.Nodes)
        {
            plan = plan.With(node with { PeerPort = plan.ChoosePeerPort(node.Number) });
        }

        return plan;
    }

    /// <summary>Checks that the ports of all nodes are free.</summary>
    /// <param name="otherwise">What a person may do.</param>
    /// <exception cref="CommandFailedException">One is taken.</exception>
    public void RequireFreePorts(string otherwise)
    {
        foreach (DevNode node in Nodes)
        {
            foreach (int port in new[] { ClientPort(node.Number), node.PeerPort }.Where(port => port != 0 && !IsFree(port)))
            {
                throw new CommandFailedException(ExitCode.PortTaken, $"port {port} is taken by another process; {otherwise}");
            }
        }
    }

    /// <summary>The lowest number that a node can be added under, or null if there is none.</summary>
    /// <param name="isTaken">Whether a number is taken elsewhere.</param>
    public int? FreeNumber(Func<int, bool> isTaken)
    {
        for (int number = 1; number <= LargestNumber && ClientPort(number) <= LargestPort; number++)
        {
            bool isFree = Find(number) is null && !isTaken(number) && !IsAPeers(ClientPort(number)) && IsFree(ClientPort(number));
            if (isFree)
            {
                return number;
            }
        }

        return null;
    }

    /// <summary>A free port for the peers of a node.</summary>
    public int ChoosePeerPort(int number)
    {
        int usual = ClientPort(number) + ToPeerPort;
        int port = usual <= LargestPort && IsFree(usual) ? usual : ChosenBySystem();
        while (IsAPeers(port) || Nodes.Any(node => ClientPort(node.Number) == port))
        {
            port = ChosenBySystem();
        }

        return port;
    }

    public DevNode? Find(int number) => Nodes.FirstOrDefault(node => node.Number == number);

    /// <summary>The plan with a node, in the place of the one of its number if there is one.</summary>
    public DevPlan With(DevNode node) => this with { Nodes = [.. Without(node.Number).Nodes.Append(node).OrderBy(other => other.Number)] };

    public DevPlan Without(int number) => this with { Nodes = [.. Nodes.Where(node => node.Number != number)] };

    public string ClientAddress(int number) => $"127.0.0.1:{ClientPort(number)}";

    public Uri ClientUrl(int number) => new($"http://{ClientAddress(number)}");

    private int ClientPort(int number) => FirstClientPort + number - 1;

    private bool IsAPeers(int port) => Nodes.Any(node => node.PeerPort == port);

    private static int ChosenBySystem()
    {
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        return ((IPEndPoint)socket.LocalEndPoint!).Port;
    }

    private static bool IsFree(int port)
    {
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            // As the server itself listens: connections of an earlier run that linger are no hindrance.
            socket.SetSocketOption(SocketOptionLevel.Socket, SocketOptionName.ReuseAddress, true);
            socket.Bind(new IPEndPoint(IPAddress.Loopback, port));
            socket.Listen(1);
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }
}

/// <summary>A node of a <c>dev</c> cluster.</summary>
/// <param name="Number">Its number, 1 or more.</param>
/// <param name="PeerPort">Where its peers reach it; 0 before that is chosen.</param>
/// <param name="Joins">Whether it came into a cluster that was there, and did not found it.</param>
internal sealed record DevNode(int Number, int PeerPort, bool Joins)
{
    public string PeerAddress => $"127.0.0.1:{PeerPort}";
}
