using System.Net;
using RaftMQ.Node;
using RaftMQ.Server.Http;
using RaftMQ.Transport;

namespace RaftMQ.Server.Hosting;

/// <summary>Everything that is needed to run one node in this process; made by the commands.</summary>
internal sealed record NodePlan
{
    /// <summary>What the node is told.</summary>
    public required NodeOptions Node { get; init; }

    /// <summary>What clients may take.</summary>
    public HttpOptions Http { get; init; } = new();

    /// <summary>Where to listen for clients.</summary>
    public required IPEndPoint Clients { get; init; }

    /// <summary>How the other nodes are reached. Without a place to listen of their own they come in on <see cref="Clients"/>.</summary>
    public required PeerNetworkOptions Peers { get; init; }

    /// <summary>The node's folder; created if it is missing.</summary>
    public required string DataFolder { get; init; }

    /// <summary>Whether an orderly stop removes the folder: the assignment's rule.</summary>
    public bool RemoveDataAtStop { get; init; }

    /// <summary>Whether the node ends with its supervisor.</summary>
    public bool Supervised { get; init; }
}
