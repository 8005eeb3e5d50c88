using RaftMQ.Consensus;
using RaftMQ.Replica;
using RaftMQ.Simulation.Traces;

namespace RaftMQ.Simulation.World;

/// <summary>
/// When links come up and go down, as the transport's do: up when each end has dialled the other, down when a process is gone, its last message is in, and a redial
/// was refused. A silent cut takes no link down.
/// </summary>
internal sealed partial class SimulatedNetwork
{
    /// <summary>How long the end of a connection is awaited before a link is reported down; what has not arrived by then never does.</summary>
    private const long DrainUs = 500_000;

    /// <summary>How long until a dial that is refused for a reason that stays is tried again.</summary>
    private const long RefusedRedialUs = 1_000_000;

    public void OnStarted(SimulatedNode node)
    {
        foreach (NodeId peer in node.Replica!.Peers.Keys)
        {
            DialIn(node.Id, (int)peer.Value, _chance.Between(100, 2_000));
        }
    }

    /// <summary>A node has other peers than before: who is new is dialled, who is none any more is cut off and reported down.</summary>
    public void SetPeers(SimulatedNode node)
    {
        for (int other = 1; other <= _nodes; other++)
        {
            if (other == node.Id)
            {
                continue;
            }

            Link link = this[node.Id, other];
            if (IsPeer(node, other))
            {
                DialIn(node.Id, other, _chance.Between(100, 2_000));
                continue;
            }

            if (this[other, node.Id].ConnectedLife == node.Life)
            {
                LoseIn(_chance.Between(50, 1_000), other, node.Id, node.Life);
            }

            link.Disconnect();
            if (link.ReportedUp is { } server)
            {
                link.ReportedUp = null;
                Down(node, other, server);
            }
        }
    }

    public void OnEnded(SimulatedNode node)
    {
        for (int other = 1; other <= _nodes; other++)
        {
            if (other == node.Id)
            {
                continue;
            }

            this[node.Id, other].Forget();
            Link theirs = this[other, node.Id];
            if (theirs.ConnectedLife == node.Life && !this[node.Id, other].IsCut)
            {
                LoseIn(_chance.Between(50, 1_000), other, node.Id, node.Life);
            }
        }
    }

    /// <summary>A node has become a member of a cluster: connections to members of another end.</summary>
    public void Identify(SimulatedNode node)
    {
        for (int other = 1; other <= _nodes; other++)
        {
            if (other != node.Id && _world.Nodes[other].IsRunning && !MayTalk(node, _world.Nodes[other]))
            {
                this[node.Id, other].Disconnect();
                this[other, node.Id].Disconnect();
                DialIn(node.Id, other, RefusedRedialUs);
                DialIn(other, node.Id, RefusedRedialUs);
            }
        }
    }

    public void Dial(in Appointment due)
    {
        SimulatedNode from = _world.Nodes[due.Node];
        SimulatedNode to = _world.Nodes[due.Other];
        Link link = this[due.Node, due.Other];
        if (!from.IsRunning || from.Life != due.Life)
        {
            return;
        }

        link.DialIsDue = false;
        if (!IsPeer(from, due.Other))
        {
            return;
        }

        bool isConnected = link.ConnectedLife != 0 && link.ConnectedLife == to.Life && to.IsRunning;
        bool isSilent = link.IsCut || this[due.Other, due.Node].IsCut || (to.IsRunning && to.IsPaused) || from.IsPaused;
        if (isConnected || isSilent)
        {
            if (!isConnected)
            {
                Redial(link, due);
            }

            return;
        }

        if (!to.IsRunning)
        {
            OnRefused(link, due, to.Life);
            Redial(link, due);
            return;
        }

        bool isMet = Meet(from, to);
        bool understand = Understand(from, to);
        if (!isMet || !MayTalk(from, to) || !understand)
        {
            // Its process goes on: what it sends over a later connection will come.
            OnRefused(link, due, lifeThatEnded: 0);
            DialIn(due.Node, due.Other, RefusedRedialUs);
            return;
        }

        link.ConnectedLife = to.Life;
        link.Peer = to.Replica!.Identity.Server;
        link.RedialUs = Link.FirstRedialUs;
        ReportIfUp(from, to);
        ReportIfUp(to, from);
    }

    public void ConnectionLost(in Appointment due)
    {
        Link link = this[due.Node, due.Other];
        if (_world.Nodes[due.Node].Life == due.Life && link.ConnectedLife == due.OtherLife)
        {
            link.Disconnect();
            DialIn(due.Node, due.Other, _chance.Between(10, 200));
        }
    }

    public void LinkDown(in Appointment due)
    {
        SimulatedNode node = _world.Nodes[due.Node];
        Link inbound = this[due.Other, due.Node];
        Link link = this[due.Node, due.Other];
        bool hasDialledMeanwhile = inbound.ConnectedLife != 0 && inbound.ConnectedLife == node.Life;
        if (node.IsRunning && node.Life == due.Life && !hasDialledMeanwhile && link.ReportedUp is { } server)
        {
            inbound.ClosedLife = Math.Max(inbound.ClosedLife, due.OtherLife);
            link.ReportedUp = null;
            Down(node, due.Other, server);
        }
    }

    private void OnRefused(Link link, in Appointment due, ulong lifeThatEnded)
    {
        if (link.ReportedUp is not null)
        {
            long drained = Math.Clamp(this[due.Other, due.Node].LastArrivalAt + 1, _world.Now, _world.Now + DrainUs);
            _world.Agenda.Add(drained, EventKind.LinkDown, due.Node, due.Other, due.Life, lifeThatEnded);
        }
    }

    private void ReportIfUp(SimulatedNode node, SimulatedNode peer)
    {
        Link link = this[node.Id, peer.Id];
        Link inbound = this[peer.Id, node.Id];
        bool isUp = link.ConnectedLife == peer.Life && inbound.ConnectedLife == node.Life;
        if (!isUp)
        {
            if (link.ConnectedLife != peer.Life)
            {
                // Who is dialled by a new process knows that the connection to the old one is dead.
                link.Disconnect();
                DialIn(node.Id, peer.Id, _chance.Between(10, 500));
            }

            return;
        }

        if (link.ReportedUp is { } before && before != link.Peer)
        {
            Down(node, peer.Id, before);
        }

        link.ReportedUp = link.Peer;
        _world.Trace.Note(_world.Now, node.Id, TraceKind.LinkUp, peer.Id);
        node.Post(new LinkUpInput(link.Peer, peer.Understands));
    }

    private void Down(SimulatedNode node, int peer, ServerId server)
    {
        _world.Trace.Note(_world.Now, node.Id, TraceKind.LinkDown, peer);
        node.Post(new LinkDownInput(server));
    }

    /// <summary>Who is dialled meets its peers only, and whoever is of its own cluster or of one that may become that.</summary>
    /// <returns>Whether it lets the other in.</returns>
    private bool Meet(SimulatedNode from, SimulatedNode to)
    {
        bool isPeer = IsPeer(to, from.Id);
        Storage.Identity.ServerIdentity identity = from.Replica!.Identity;
        _world.Trace.Note(_world.Now, from.Id, TraceKind.Met, to.Id);
        from.Post(new PeerMetInput(to.Replica!.Identity));
        if (isPeer || (identity.Cluster.IsBorn && MayTalk(from, to)))
        {
            to.Post(new PeerMetInput(identity, Runs.Plan.MemberOf(from.Id).PeerAddress));
        }

        return isPeer;
    }

    private static bool IsPeer(SimulatedNode node, int other) => node.Replica!.Peers.ContainsKey(new NodeId((uint)other));

    /// <summary>Whether each understands the other's cluster. Whose program is too old says so in its log, and somebody reads it.</summary>
    private static bool Understand(SimulatedNode a, SimulatedNode b)
    {
        foreach ((SimulatedNode who, SimulatedNode of) in new[] { (a, b), (b, a) })
        {
            int version = of.Replica!.VersionInForce;
            if (version != 0 && !who.Understands.Include(version))
            {
                who.BringNewerSoon();
                return false;
            }
        }

        return true;
    }

    private static bool MayTalk(SimulatedNode a, SimulatedNode b)
    {
        ClusterId mine = a.Replica!.Identity.Cluster;
        ClusterId theirs = b.Replica!.Identity.Cluster;
        return !mine.IsBorn || !theirs.IsBorn || mine == theirs;
    }

    private void ResetBy(in Appointment late) => LoseIn(_chance.Between(50, 500), late.Other, late.Node, late.Life);

    private void LoseIn(long wait, int node, int peer, ulong peerLife) =>
        _world.Agenda.Add(_world.Now + wait, EventKind.ConnectionLost, node, peer, _world.Nodes[node].Life, peerLife);

    private void Redial(Link link, in Appointment due)
    {
        DialIn(due.Node, due.Other, link.RedialUs + _chance.Below((int)(link.RedialUs / 4)));
        link.RedialUs = Math.Min(Link.LongestRedialUs, link.RedialUs * 2);
    }

    private void DialIn(int from, int to, long wait)
    {
        Link link = this[from, to];
        if (!link.DialIsDue)
        {
            link.DialIsDue = true;
            _world.Agenda.Add(_world.Now + wait, EventKind.Dial, from, to, _world.Nodes[from].Life);
        }
    }
}
