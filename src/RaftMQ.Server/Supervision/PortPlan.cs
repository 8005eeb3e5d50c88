using System.Net;
using System.Net.Sockets;
using RaftMQ.Contracts;
using RaftMQ.Server.Commands;

namespace RaftMQ.Server.Supervision;

/// <summary>Which ports the nodes of a <c>dev</c> cluster listen on: clients from the asked one on, peers where the system had room.</summary>
/// <param name="FirstClientPort">The first node's port for clients.</param>
/// <param name="PeerPorts">Each node's port for peers.</param>
internal sealed record PortPlan(int FirstClientPort, IReadOnlyList<int> PeerPorts)
{
    public int Nodes => PeerPorts.Count;

    /// <summary>Checks that the clients' ports are free and that the remembered peers' ports are, or takes others for those.</summary>
    /// <exception cref="CommandFailedException">A client's port is taken.</exception>
    public static PortPlan Make(int firstClientPort, int[]? rememberedPeerPorts, int nodes)
    {
        for (int port = firstClientPort; port < firstClientPort + nodes; port++)
        {
            if (!IsFree(port))
            {
                throw new CommandFailedException(
                    ExitCode.PortTaken, $"port {port} is taken by another process; choose others with --port (it needs {nodes} in a row), or stop that one");
            }
        }

        bool canKeep = rememberedPeerPorts is not null
            && Array.TrueForAll(rememberedPeerPorts, port => !IsAClients(port, firstClientPort, nodes) && IsFree(port));
        return new PortPlan(firstClientPort, canKeep ? rememberedPeerPorts! : ChoosePeerPorts(firstClientPort, nodes));
    }

    public string ClientAddress(int node) => $"127.0.0.1:{FirstClientPort + node - 1}";

    public string PeerAddress(int node) => $"127.0.0.1:{PeerPorts[node - 1]}";

    public Uri ClientUrl(int node) => new($"http://{ClientAddress(node)}");

    private static int[] ChoosePeerPorts(int firstClientPort, int nodes)
    {
        var open = new List<Socket>();
        try
        {
            var ports = new List<int>();
            while (ports.Count < nodes)
            {
                var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
                open.Add(socket);
                socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
                int port = ((IPEndPoint)socket.LocalEndPoint!).Port;
                if (!IsAClients(port, firstClientPort, nodes))
                {
                    ports.Add(port);
                }
            }

            return [.. ports];
        }
        finally
        {
            open.ForEach(socket => socket.Dispose());
        }
    }

    private static bool IsAClients(int port, int first, int nodes) => port >= first && port < first + nodes;

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
