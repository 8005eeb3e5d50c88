using System.Collections.Concurrent;
using RaftMQ.Consensus;
using RaftMQ.Replica.Peers;
using RaftMQ.Storage.Identity;

namespace RaftMQ.Node.Tests;

/// <summary>Links between nodes of one process: a message is handed over at once, a node that has gone is noticed at once.</summary>
internal sealed class LoopNetwork(ConcurrentDictionary<NodeId, LoopNetwork> all) : IPeerNetwork
{
    private static readonly Lock Gate = new();
    private IPeerEvents? _events;
    private ServerIdentity _self;
    private SpokenVersions _versions;

    /// <summary>What is believed of this node by the others: what it said before it went back to an older program.</summary>
    public ClusterVersions? Believed { get; init; }

    public void Start(ServerIdentity self, SpokenVersions versions, IPeerEvents events)
    {
        lock (Gate)
        {
            (_self, _versions, _events) = (self, versions, events);
            all[self.Server.Node] = this;
            foreach (LoopNetwork other in all.Values.Where(other => other != this))
            {
                Link(this, other);
                Link(other, this);
            }
        }
    }

    public void Identify(ServerIdentity self) => _self = self;

    public void SetVersions(SpokenVersions versions) => _versions = versions;

    /// <summary>Here everybody reaches everybody.</summary>
    public void SetPeers(IReadOnlyDictionary<NodeId, string> peers)
    {
    }

    public bool TrySend(PeerMessage message)
    {
        if (!all.TryGetValue(message.To.Node, out LoopNetwork? receiver) || receiver._self.Server != message.To)
        {
            return false;
        }

        receiver._events!.OnMessage(_self.Cluster, message);
        return true;
    }

    public ValueTask DisposeAsync()
    {
        lock (Gate)
        {
            if (_events is not null && all.TryRemove(_self.Server.Node, out _))
            {
                foreach (LoopNetwork other in all.Values)
                {
                    other._events!.OnLinkDown(_self.Server);
                }
            }
        }

        return ValueTask.CompletedTask;
    }

    private static void Link(LoopNetwork to, LoopNetwork from)
    {
        to._events!.OnPeerMet(from._self, null);
        to._events!.OnLinkUp(from._self.Server, from.Believed ?? from._versions.Understands);
    }
}
