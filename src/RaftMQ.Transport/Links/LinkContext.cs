using Microsoft.Extensions.Logging;
using RaftMQ.Consensus;
using RaftMQ.Node;
using RaftMQ.Storage.Identity;

namespace RaftMQ.Transport.Links;

/// <summary>What all links of a network share: who the node is now, whom to tell, the limits, the watch.</summary>
internal sealed class LinkContext(PeerNetworkOptions options, ILogger logger, ServerIdentity self, SpokenVersions versions, IPeerEvents events, CancellationToken stopping)
{
    // An identity is 28 bytes and cannot be replaced in one store; a reference to a boxed one can.
    private volatile IdentityBox _self = new(self);
    private volatile VersionsBox _versions = new(versions);
    private volatile IReadOnlyDictionary<NodeId, PeerLink> _links = new Dictionary<NodeId, PeerLink>();

    public PeerNetworkOptions Options { get; } = options;

    /// <summary>The links with the other members as of now; replaced as a whole when members come and go.</summary>
    public IReadOnlyDictionary<NodeId, PeerLink> Links
    {
        get => _links;
        set => _links = value;
    }

    public PeerTimeouts Timeouts => Options.Timeouts;

    public ILogger Logger { get; } = logger;

    public IPeerEvents Events { get; } = events;

    public CancellationToken Stopping { get; } = stopping;

    public ConnectionWatch Watch { get; } = new(options.Timeouts);

    public ServerIdentity Self
    {
        get => _self.Identity;
        set => _self = new IdentityBox(value);
    }

    /// <summary>What this node says of cluster versions from the next handshake on.</summary>
    public SpokenVersions Versions
    {
        get => _versions.Versions;
        set => _versions = new VersionsBox(value);
    }

    private sealed record VersionsBox(SpokenVersions Versions);

    private sealed record IdentityBox(ServerIdentity Identity);
}
