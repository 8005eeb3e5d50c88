using System.Net;
using System.Net.Sockets;
using RaftMQ.Consensus;
using RaftMQ.Node;
using RaftMQ.Storage.Identity;

namespace RaftMQ.Transport.Tests.Support;

/// <summary>One real network on loopback, with what it reported.</summary>
internal sealed class TestNode : IAsyncDisposable
{
    private TestNode(ServerIdentity self, PeerNetworkOptions options)
    {
        Self = self;
        Network = new PeerNetwork(options, Log);
    }

    public ServerIdentity Self { get; private set; }

    public ServerId Server => Self.Server;

    public RecordedEvents Events { get; } = new();

    public RecordedLog Log { get; } = new();

    public PeerNetwork Network { get; }

    public static ServerId Id(uint node, ulong incarnation = 0) => new(new NodeId(node), incarnation == 0 ? 100 + node : incarnation);

    /// <summary>Ports that were free a moment ago; the classes that use them are one collection, so that they run one after the other.</summary>
    public static IReadOnlyDictionary<uint, int> FreePorts(params uint[] nodes)
    {
        var sockets = nodes.Select(node =>
        {
            var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
            socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
            return (node, socket);
        }).ToList();
        var ports = sockets.ToDictionary(pair => pair.node, pair => ((IPEndPoint)pair.socket.LocalEndPoint!).Port);
        sockets.ForEach(pair => pair.socket.Dispose());
        return ports;
    }

    public static TestNode Prepare(
        ServerIdentity self, IReadOnlyDictionary<uint, int> ports, Func<PeerNetworkOptions, PeerNetworkOptions>? change = null, SpokenVersions? versions = null)
    {
        var options = new PeerNetworkOptions
        {
            Peers = ports.Where(pair => pair.Key != self.Server.Node.Value)
                .ToDictionary(pair => new NodeId(pair.Key), pair => $"127.0.0.1:{pair.Value}"),
            Listen = new IPEndPoint(IPAddress.Loopback, ports[self.Server.Node.Value]),
        };
        return new TestNode(self, change?.Invoke(options) ?? options) { Versions = versions ?? Frames.Version1 };
    }

    public static TestNode Start(
        ServerIdentity self, IReadOnlyDictionary<uint, int> ports, Func<PeerNetworkOptions, PeerNetworkOptions>? change = null, SpokenVersions? versions = null)
    {
        TestNode node = Prepare(self, ports, change, versions);
        node.Start();
        return node;
    }

    /// <summary>What it says of cluster versions at its start.</summary>
    public SpokenVersions Versions { get; init; } = Frames.Version1;

    public void Start() => Network.Start(Self, Versions, Events);

    public void Identify(ServerIdentity self)
    {
        Self = self;
        Network.Identify(self);
    }

    public ValueTask DisposeAsync() => Network.DisposeAsync();
}
