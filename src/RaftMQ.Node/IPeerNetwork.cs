using RaftMQ.Consensus;
using RaftMQ.Replica.Peers;
using RaftMQ.Storage.Identity;

namespace RaftMQ.Node;

/// <summary>What a peer network tells its owner. Called from the network's own threads; must not block.</summary>
public interface IPeerEvents
{
    /// <summary>A peer, or whoever is of this node's cluster, introduced itself in a handshake, also if its link is then refused.</summary>
    /// <param name="peer">Who it is.</param>
    /// <param name="address">Where it says that it is dialled, as host:port, if it dialled and said so.</param>
    void OnPeerMet(ServerIdentity peer, string? address);

    /// <summary>A node that is of no cluster, and no member known here, dialled and was refused: it may be about to be added.</summary>
    /// <param name="node">Under which number.</param>
    /// <param name="understands">The cluster versions that it says its program understands.</param>
    void OnStranger(NodeId node, ClusterVersions understands);

    /// <summary>A link to this server is up in both directions.</summary>
    /// <param name="server">The server.</param>
    /// <param name="understands">The cluster versions that it says its program understands.</param>
    void OnLinkUp(ServerId server, ClusterVersions understands);

    /// <summary>The link closed, and one redial was refused or failed at once: the server is probably dead.</summary>
    void OnLinkDown(ServerId server);

    /// <summary>A message from a peer of the same cluster, or between nodes of which one is unborn. Its sender is the one of the handshake.</summary>
    /// <param name="cluster">The sender's cluster at the time of sending.</param>
    /// <param name="message">The message.</param>
    void OnMessage(ClusterId cluster, PeerMessage message);
}

/// <summary>What a node says of cluster versions in a handshake.</summary>
/// <param name="Understands">What its program understands.</param>
/// <param name="Cluster">The version of the configuration in force; 0 while it is unborn.</param>
public readonly record struct SpokenVersions(ClusterVersions Understands, int Cluster);

/// <summary>The links to the other nodes, as the node sees them. Implemented by the transport, and by the simulator's network.</summary>
public interface IPeerNetwork : IAsyncDisposable
{
    /// <summary>Starts to dial the members and to accept them.</summary>
    /// <param name="self">Who this node is.</param>
    /// <param name="versions">What it says of cluster versions.</param>
    /// <param name="events">Whom to tell.</param>
    void Start(ServerIdentity self, SpokenVersions versions, IPeerEvents events);

    /// <summary>The node has been born into a cluster, or begins a new life: messages and handshakes say so from now on.</summary>
    void Identify(ServerIdentity self);

    /// <summary>The cluster's version has changed: handshakes say so from now on. Links that are open stay. Never blocks.</summary>
    void SetVersions(SpokenVersions versions);

    /// <summary>
    /// Members have come, gone or moved: who is new is dialled and let in, who is none any more is cut off and reported down, who has moved is dialled elsewhere from the next time
    /// on. Never blocks.
    /// </summary>
    /// <param name="peers">All members but this node, and where to dial them (host:port).</param>
    /// <exception cref="FormatException">An address is none.</exception>
    void SetPeers(IReadOnlyDictionary<NodeId, string> peers);

    /// <summary>Sends a message if a link to its receiver is up and has room; otherwise drops it. Never blocks. Order is kept per link.</summary>
    /// <returns>False if it was dropped.</returns>
    bool TrySend(PeerMessage message);
}
