using System.Net;
using System.Net.Sockets;

namespace RaftMQ.Cluster.Tests.Chaos;

/// <summary>
/// Stands on every link between nodes: listens in the hub where nodes look for each other, knows by the address it comes from who dials, and passes on what it gets, in the weather of that link,
/// to the node that was meant.
/// </summary>
internal sealed class PeerProxy : IDisposable
{
    /// <summary>For a node to be reached, as nodes wait for each other.</summary>
    private static readonly TimeSpan ConnectPatience = TimeSpan.FromSeconds(2);

    private readonly NetworkNamespace _hub;
    private readonly Socket[] _listeners;
    private readonly Link[,] _links;
    private readonly CancellationTokenSource _stop = new();

    public PeerProxy(NetworkNamespace hub, int nodes, int seed)
    {
        _hub = hub;
        Nodes = nodes;
        _links = new Link[nodes + 1, nodes + 1];
        for (int from = 1; from <= nodes; from++)
        {
            for (int to = 1; to <= nodes; to++)
            {
                _links[from, to] = new Link(unchecked((seed * 31) + (from * nodes) + to));
            }
        }

        _listeners = [.. Enumerable.Range(1, nodes).Select(Listen)];
        for (int to = 1; to <= nodes; to++)
        {
            _ = AcceptAsync(_listeners[to - 1], to);
        }
    }

    public int Nodes { get; }

    /// <summary>The way from one node to another.</summary>
    public Link this[int from, int to] => _links[from, to];

    /// <summary>All ways, in both directions.</summary>
    public IEnumerable<Link> Links =>
        from one in Enumerable.Range(1, Nodes) from other in Enumerable.Range(1, Nodes) where one != other select this[one, other];

    public void Dispose()
    {
        _stop.Cancel();
        Array.ForEach(_listeners, listener => listener.Dispose());
        _stop.Dispose();
    }

    private Socket Listen(int to)
    {
        Socket listener = NewSocket(new IPEndPoint(Network.SeenAs(to), Network.PeerPort));
        listener.Listen();
        return listener;
    }

    private async Task AcceptAsync(Socket listener, int to)
    {
        try
        {
            while (true)
            {
                _ = PassAsync(await listener.AcceptAsync(_stop.Token), to);
            }
        }
        catch (Exception ended) when (ended is OperationCanceledException or ObjectDisposedException or SocketException)
        {
            // The network is taken down.
        }
    }

    private async Task PassAsync(Socket dialler, int to)
    {
        int from = ((IPEndPoint)dialler.RemoteEndPoint!).Address.GetAddressBytes()[^1];
        Socket dialled = NewSocket(new IPEndPoint(Network.SeenAs(from), 0));
        try
        {
            using var patience = CancellationTokenSource.CreateLinkedTokenSource(_stop.Token);
            patience.CancelAfter(ConnectPatience);
            await dialled.ConnectAsync(new IPEndPoint(Network.Own(to), Network.PeerPort), patience.Token);
            var connection = new ProxiedConnection(dialler, dialled, this[from, to], this[to, from]);
            await connection.RunAsync(_stop.Token);
        }
        catch (Exception unreachable) when (unreachable is SocketException or OperationCanceledException or ObjectDisposedException)
        {
            dialled.Dispose();
            dialler.Close(0);
        }
    }

    private Socket NewSocket(IPEndPoint address) => _hub.Run(() =>
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        socket.Bind(address);
        return socket;
    });
}
