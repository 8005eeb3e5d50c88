using System.Net;
using System.Net.Sockets;

namespace RaftMQ.Bench.Clusters;

/// <summary>
/// Ports of the loopback interface, chosen by the system and held until they are released for those who are to listen there. The system gives odd ones to listeners and even ones to
/// outgoing connections while it has both, so a node that is down for a while finds its port free.
/// </summary>
internal sealed class ReservedPorts : IDisposable
{
    private readonly List<Socket> _sockets = [];

    public ReservedPorts(int count)
    {
        for (int i = 0; i < count; i++)
        {
            var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
            _sockets.Add(socket);
            socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        }

        Ports = [.. _sockets.Select(socket => ((IPEndPoint)socket.LocalEndPoint!).Port)];
    }

    public IReadOnlyList<int> Ports { get; }

    public void Dispose() => _sockets.ForEach(socket => socket.Dispose());
}
