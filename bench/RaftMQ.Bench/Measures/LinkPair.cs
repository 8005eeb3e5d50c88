using System.Net;
using System.Net.Sockets;
using Microsoft.Extensions.Logging.Abstractions;
using RaftMQ.Consensus;
using RaftMQ.Node;
using RaftMQ.Replica.Peers;
using RaftMQ.Storage.Identity;
using RaftMQ.Transport;

namespace RaftMQ.Bench.Measures;

/// <summary>Two peer networks of this process, linked over loopback. The second sends every message back to the first.</summary>
internal sealed class LinkPair : IAsyncDisposable
{
    private static readonly TimeSpan LinkTimeout = TimeSpan.FromSeconds(10);

    private readonly PeerNetwork _near;
    private readonly PeerNetwork _far;

    private LinkPair(PeerNetwork near, PeerNetwork far)
    {
        _near = near;
        _far = far;
    }

    public static ServerId Near { get; } = new(new NodeId(1), 1);

    public static ServerId Far { get; } = new(new NodeId(2), 2);

    /// <param name="returned">Called with each message that has come back, on the link's own thread.</param>
    public static async Task<LinkPair> ConnectAsync(Action<PeerMessage> returned)
    {
        int[] ports = [FreePort(), FreePort()];
        PeerNetwork near = Network(ports[0], Far.Node, ports[1]);
        PeerNetwork far = Network(ports[1], Near.Node, ports[0]);
        var nearEvents = new Events(returned);
        var farEvents = new Events(message => far.TrySend(Turned(message)));
        near.Start(new ServerIdentity(new ClusterId(1), Near), new SpokenVersions(ClusterVersions.OfThisProgram, 1), nearEvents);
        far.Start(new ServerIdentity(new ClusterId(1), Far), new SpokenVersions(ClusterVersions.OfThisProgram, 1), farEvents);
        await Task.WhenAll(nearEvents.Up.Task, farEvents.Up.Task).WaitAsync(LinkTimeout);
        return new LinkPair(near, far);
    }

    public bool TrySend(PeerMessage message) => _near.TrySend(message);

    public async ValueTask DisposeAsync()
    {
        await _near.DisposeAsync();
        await _far.DisposeAsync();
    }

    private static PeerMessage Turned(PeerMessage message) => message switch
    {
        ForwardRequest request => new ForwardCancel(Far, Near, request.Request),
        ForwardCancel cancel => new ForwardCancel(Far, Near, cancel.Request),
        _ => throw new BenchFailedException($"{message.GetType().Name} is not sent back"),
    };

    private static PeerNetwork Network(int port, NodeId peer, int peerPort) => new(
        new PeerNetworkOptions
        {
            Listen = new IPEndPoint(IPAddress.Loopback, port),
            Peers = new Dictionary<NodeId, string> { [peer] = $"127.0.0.1:{peerPort}" },
        },
        NullLogger.Instance);

    private static int FreePort()
    {
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        return ((IPEndPoint)socket.LocalEndPoint!).Port;
    }

    private sealed class Events(Action<PeerMessage> message) : IPeerEvents
    {
        public TaskCompletionSource Up { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public void OnStranger(NodeId node, ClusterVersions understands)
        {
        }

        public void OnPeerMet(ServerIdentity peer, string? address)
        {
        }

        public void OnLinkUp(ServerId server, ClusterVersions understands) => Up.TrySetResult();

        public void OnLinkDown(ServerId server)
        {
        }

        public void OnMessage(ClusterId cluster, PeerMessage received) => message(received);
    }
}
