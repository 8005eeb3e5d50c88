using System.Collections.Concurrent;
using System.Net;

namespace RaftMQ.Cluster.Tests.Chaos;

/// <summary>
/// A network for each node, and a hub that connects them. Node i is 10.77.0.i. To the others it is 10.77.1.i, an address of the hub, where the proxy takes what is meant for it; so whatever passes
/// between i and j has an address of the hub at both ends, and a route into nowhere at i for j's address drops everything that i sends to j, acknowledgements too.
/// </summary>
internal sealed class Network : IDisposable
{
    public const int ClientPort = 8080;
    public const int PeerPort = 7000;

    /// <summary>How long a client waits before it asks another node.</summary>
    private static readonly TimeSpan ClientPatience = TimeSpan.FromSeconds(2);

    private readonly NetworkNamespace _hub;
    private readonly NetworkNamespace[] _nodes;
    private readonly HttpClient[] _clients;
    private readonly ConcurrentDictionary<(int From, int To), int> _cuts = [];
    private readonly Lock _routes = new();

    public Network(int nodes, int seed)
    {
        _hub = NetworkNamespace.Create("hub");
        _hub.Configure("link add name bridge0 type bridge");
        _hub.Configure("link set bridge0 up");
        _nodes = [.. Enumerable.Range(1, nodes).Select(id => NetworkNamespace.Create($"{id}"))];
        _clients = [.. _nodes.Select(node => node.Client(ClientPatience))];
        for (int id = 1; id <= nodes; id++)
        {
            NetworkNamespace node = _nodes[id - 1];
            NetworkNamespace.Connect(node, "eth0", _hub, $"n{id}");
            _hub.Configure($"link set n{id} master bridge0 up");
            _hub.Configure($"address add {SeenAs(id)}/16 dev bridge0");
            node.Configure($"address add {Own(id)}/16 dev eth0");
            node.Configure("link set eth0 up");
        }

        Proxy = new PeerProxy(_hub, nodes, seed);
    }

    public PeerProxy Proxy { get; }

    /// <summary>A node's own address.</summary>
    public static IPAddress Own(int id) => new([10, 77, 0, (byte)id]);

    /// <summary>Where the others find it, and where it finds them to come from.</summary>
    public static IPAddress SeenAs(int id) => new([10, 77, 1, (byte)id]);

    /// <summary>A machine in this network.</summary>
    public Machine Machine(int id) => new(new IPEndPoint(Own(id), ClientPort), new IPEndPoint(SeenAs(id), PeerPort))
    {
        PeerListen = new IPEndPoint(Own(id), PeerPort),
        Network = _nodes[id - 1],
        Http = _clients[id - 1],
    };

    /// <summary>From now on nothing that one node sends arrives at the other, until as many mend it as have cut it.</summary>
    public void Cut(int from, int to)
    {
        lock (_routes)
        {
            if (_cuts.AddOrUpdate((from, to), 1, (_, cuts) => cuts + 1) == 1)
            {
                _nodes[from - 1].Configure($"route add blackhole {SeenAs(to)}/32");
            }
        }
    }

    public void Mend(int from, int to)
    {
        lock (_routes)
        {
            if (_cuts.AddOrUpdate((from, to), 0, (_, cuts) => cuts - 1) == 0)
            {
                _nodes[from - 1].Configure($"route del blackhole {SeenAs(to)}/32");
            }
        }
    }

    public void Dispose()
    {
        Proxy.Dispose();
        Array.ForEach(_clients, client => client.Dispose());
        Array.ForEach(_nodes, node => node.Dispose());
        _hub.Dispose();
    }
}
