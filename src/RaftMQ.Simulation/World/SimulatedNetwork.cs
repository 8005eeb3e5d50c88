using RaftMQ.Replica;
using RaftMQ.Replica.Peers;
using RaftMQ.Simulation.Traces;

namespace RaftMQ.Simulation.World;

/// <summary>
/// What is on the way between nodes. Raft's messages may be lost, late, out of order and repeated. A forwarded request is never delivered twice, as a frame on
/// a TCP connection is not: it stands for a client's command, and only one with a request key may be carried out again.
/// </summary>
internal sealed partial class SimulatedNetwork
{
    private const int SlowFactor = 20;

    /// <summary>One in so many messages to a former life of a process reaches the next one after all.</summary>
    private const int LateDeliveryOneIn = 8;

    private readonly SimulatedWorld _world;
    private readonly Chance _chance;
    private readonly Link[] _links;
    private readonly bool[] _calmed;
    private readonly int _nodes;

    public SimulatedNetwork(SimulatedWorld world, int nodes, NetworkConditions conditions, Chance chance)
    {
        _world = world;
        _nodes = nodes;
        Conditions = conditions;
        _chance = chance;
        _links = [.. Enumerable.Range(0, (nodes + 1) * (nodes + 1)).Select(_ => new Link())];
        _calmed = new bool[nodes + 1];
    }

    /// <summary>What a storm does to messages.</summary>
    public NetworkConditions Conditions { get; set; }

    /// <summary>Whether those conditions reign; else it is calm everywhere.</summary>
    public bool Storms { get; set; }

    /// <summary>The direction from one node to another.</summary>
    public Link this[int from, int to] => _links[(from * (_nodes + 1)) + to];

    /// <summary>Between calmed nodes nothing is slow or lost any more.</summary>
    public void Calm(int node) => _calmed[node] = true;

    /// <summary>Whether a node was calmed.</summary>
    public bool IsCalm(int node) => _calmed[node];

    /// <summary>Sends over the link, if it leads to the receiver as far as the sender knows.</summary>
    /// <returns>False if it was dropped for certain.</returns>
    public bool Send(SimulatedNode from, PeerMessage message)
    {
        int to = (int)message.To.Node.Value;
        Link link = this[from.Id, to];
        NetworkConditions conditions = ConditionsOf(from.Id, to);
        if (link.ConnectedLife == 0 || link.Peer != message.To)
        {
            return false;
        }

        if (_chance.PerMillion(conditions.RefusedPerMillion))
        {
            return false;
        }

        if (link.IsCut || _chance.PerMillion(conditions.LossPerMillion))
        {
            return true;
        }

        var input = new PeerMessageInput(from.Replica!.Identity.Cluster, message);
        Put(link, from, to, conditions, input);
        bool mayComeTwice = message is not ForwardRequest;
        if (mayComeTwice && _chance.PerMillion(conditions.DuplicatesPerMillion))
        {
            Put(link, from, to, conditions, input);
        }

        return true;
    }

    public void Deliver(in Appointment due)
    {
        SimulatedNode to = _world.Nodes[due.Node];
        Link link = this[due.Other, due.Node];
        var input = (PeerMessageInput)due.Subject!;
        if (link.IsCut || !to.IsRunning || due.OtherLife <= link.ClosedLife)
        {
            return;
        }

        if (to.Life != due.Life)
        {
            // The process that was meant is gone, and its machine says so. What was on the way may still come to the next process: Raft must bear it.
            ResetBy(due);
            if (input.Message is not RaftPeerMessage || _chance.Below(LateDeliveryOneIn) > 0)
            {
                return;
            }
        }

        if (to.Replica!.Identity.Server == input.Message.To)
        {
            NoteDelivery(due, input.Message);
            to.Post(input);
        }
    }

    private void Put(Link link, SimulatedNode from, int to, NetworkConditions conditions, PeerMessageInput input)
    {
        long delay = conditions.MinDelayUs + _chance.Exponential(conditions.MeanDelayUs);
        bool isSlow = conditions.SlowNode != 0 && (conditions.SlowNode == from.Id || conditions.SlowNode == to);
        long arrival = Math.Max(_world.Now + (isSlow ? delay * SlowFactor : delay), link.CloggedUntil);
        if (!conditions.Reorders)
        {
            arrival = Math.Max(arrival, link.LastArrivalAt);
        }

        link.LastArrivalAt = Math.Max(link.LastArrivalAt, arrival);
        _world.Agenda.Add(arrival, EventKind.Deliver, to, from.Id, link.ConnectedLife, from.Life, input);
    }

    private NetworkConditions ConditionsOf(int from, int to) => !Storms || (_calmed[from] && _calmed[to]) ? NetworkConditions.Calm : Conditions;

    private void NoteDelivery(in Appointment due, PeerMessage message)
    {
        (TraceKind kind, long term, long c, long d) = MessageFacts.Of(message);
        _world.Trace.Note(_world.Now, due.Node, kind, due.Other, term, c, d);
    }
}
