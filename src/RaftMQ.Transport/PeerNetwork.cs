using System.Net;
using Microsoft.Extensions.Logging;
using RaftMQ.Consensus;
using RaftMQ.Node;
using RaftMQ.Replica.Peers;
using RaftMQ.Storage.Identity;

namespace RaftMQ.Transport;

/// <summary>How peers are reached.</summary>
public sealed record PeerNetworkOptions
{
    /// <summary>The other members and where to dial them (host:port); this node is not among them.</summary>
    public required IReadOnlyDictionary<NodeId, string> Peers { get; init; }

    /// <summary>Where to listen, or null if somebody else accepts connections and hands them to <see cref="PeerNetwork.AcceptAsync"/>.</summary>
    public IPEndPoint? Listen { get; init; }

    /// <summary>The largest frame in bytes. Default 16 MiB.</summary>
    public int MaxFrameBytes { get; init; } = 16 * 1024 * 1024;

    /// <summary>The most bytes waiting to be sent on one link; beyond it messages are dropped. Default 32 MiB.</summary>
    public long MaxQueuedBytes { get; init; } = 32L * 1024 * 1024;
}

/// <summary>The links to the other nodes: framed messages over TCP (<c>PROTOCOL.md</c>).</summary>
public sealed class PeerNetwork : IPeerNetwork
{
    /// <summary>The first bytes of every peer connection, by which a shared port tells it from HTTP.</summary>
    public static ReadOnlySpan<byte> Magic => "RAFTMQ\r\n"u8;

    /// <summary>Prepares the network; nothing is dialled or accepted before <see cref="Start"/>.</summary>
    public PeerNetwork(PeerNetworkOptions options, ILogger logger) => throw new NotImplementedException();

    /// <summary>Binds the listener now, so that a taken port shows before anything else starts. Optional; <see cref="Start"/> does it otherwise.</summary>
    /// <exception cref="System.Net.Sockets.SocketException">The address cannot be bound.</exception>
    public void Bind() => throw new NotImplementedException();

    /// <summary>Takes a connection that was accepted elsewhere and begins with <see cref="Magic"/> (not consumed yet); ends when the connection ends.</summary>
    public Task AcceptAsync(Stream connection, EndPoint? remote, CancellationToken cancellation) => throw new NotImplementedException();

    /// <inheritdoc/>
    public void Start(ServerIdentity self, IPeerEvents events) => throw new NotImplementedException();

    /// <inheritdoc/>
    public void Identify(ServerIdentity self) => throw new NotImplementedException();

    /// <inheritdoc/>
    public bool TrySend(PeerMessage message) => throw new NotImplementedException();

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => throw new NotImplementedException();
}
