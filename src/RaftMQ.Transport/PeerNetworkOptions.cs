using System.Net;
using RaftMQ.Consensus;

namespace RaftMQ.Transport;

/// <summary>How peers are reached.</summary>
public sealed record PeerNetworkOptions
{
    /// <summary>The other members as of the start, and where to dial them (host:port); this node is not among them. At most one fewer than a configuration has.</summary>
    public required IReadOnlyDictionary<NodeId, string> Peers { get; init; }

    /// <summary>
    /// Where this node is dialled, as host:port of at most 255 bytes of UTF-8: said to those whom it dials, since a node whose log is behind may not know it. Empty if it is not to be said.
    /// </summary>
    public string Address { get; init; } = "";

    /// <summary>Where to listen, or null if somebody else accepts connections and hands them to <see cref="PeerNetwork.AcceptAsync"/>.</summary>
    public IPEndPoint? Listen { get; init; }

    /// <summary>The largest frame in bytes. Default 16 MiB; at least 1 KiB, at most 1 GiB.</summary>
    public int MaxFrameBytes { get; init; } = 16 * 1024 * 1024;

    /// <summary>The most bytes waiting to be sent on one link; beyond it messages are dropped. Default 32 MiB; at most 1 GiB.</summary>
    public long MaxQueuedBytes { get; init; } = 32L * 1024 * 1024;

    /// <summary>The most accepted connections that have not introduced themselves yet; one more is closed at once. Default 64.</summary>
    public int MaxHalfOpenConnections { get; init; } = 64;

    /// <summary>How long the links wait for what.</summary>
    public PeerTimeouts Timeouts { get; init; } = new();
}
