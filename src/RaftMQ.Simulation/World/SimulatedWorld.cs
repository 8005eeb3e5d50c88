using System.Collections;
using RaftMQ.Consensus;
using RaftMQ.Simulation.Faults;
using RaftMQ.Simulation.Invariants;
using RaftMQ.Simulation.Runs;
using RaftMQ.Simulation.Traces;

namespace RaftMQ.Simulation.World;

/// <summary>
/// A cluster, its clients, its network and its disks in one thread, with a time of its own: the next thing that is due happens, and what follows from it is put on the agenda.
/// </summary>
internal sealed class SimulatedWorld
{
    private readonly PriorityQueue<Action, (long Events, int Order)> _whenEvents = new();
    private int _ordered;
    private readonly SimulatedNode[] _nodes;
    private HashSet<int>? _serving;

    public SimulatedWorld(Plan plan, Action<string>? trace)
    {
        Plan = plan;
        Trace = new Trace(trace);
        Ghost = new Ghost(this, Findings);
        Network = new SimulatedNetwork(this, plan.Nodes, plan.Network, plan.Chance.Fork(Purpose.Messages));
        Faults = new FaultDriver(this, plan);
        _nodes = [.. Enumerable.Range(1, plan.Nodes).Select(id => new SimulatedNode(this, plan, id))];
        Nodes = new NodeList(_nodes);
        Clients = new Clients(this, plan);
    }

    public Plan Plan { get; }

    public Agenda Agenda { get; } = new();

    public Trace Trace { get; }

    public Findings Findings { get; } = new();

    public Reach Reach { get; } = new();

    public Ghost Ghost { get; }

    public SimulatedNetwork Network { get; }

    public FaultDriver Faults { get; }

    public NodeList Nodes { get; }

    public Clients Clients { get; }

    /// <summary>Virtual time in microseconds.</summary>
    public long Now { get; private set; }

    /// <summary>Handled inputs, but for ticks: messages, completions of disks, client calls.</summary>
    public long Events { get; set; }

    /// <summary>How often some node began to lead.</summary>
    public int LeaderChanges { get; set; }

    /// <summary>Of these nodes the one that leads the latest term, if any believes that it leads.</summary>
    public static SimulatedNode? LeaderOf(IEnumerable<SimulatedNode> nodes) =>
        nodes.Where(node => node.Replica?.Core.Role == Role.Leader).MaxBy(node => node.Replica!.Core.CurrentTerm);

    /// <summary>Whether clients find somebody there.</summary>
    public bool MayServe(int node) => _nodes[node - 1].IsRunning && _serving?.Contains(node) != false;

    /// <summary>From now on clients ask only these.</summary>
    public void Serve(IEnumerable<int> nodes) => _serving = [.. nodes];

    /// <summary>Does something rare at a time.</summary>
    public void At(long time, Action deed) => Agenda.Add(Math.Max(time, Now), EventKind.Deed, 0, subject: deed);

    /// <summary>Does something rare once so many events have happened.</summary>
    public void WhenEvents(long events, Action deed) => _whenEvents.Enqueue(deed, (events, _ordered++));

    /// <summary>Lets happen what is due until something is so, a time is over, or something is wrong.</summary>
    /// <returns>Whether it came to be so.</returns>
    public bool Run(Func<bool> until, long atMostUs)
    {
        long end = Now + atMostUs;
        while (Findings.First is null && !until())
        {
            if (Now >= end || !Agenda.TryTake(out Appointment due))
            {
                return false;
            }

            Now = due.At;
            Happen(due);
            while (_whenEvents.TryPeek(out _, out (long Events, int Order) first) && first.Events <= Events)
            {
                _whenEvents.Dequeue()();
            }
        }

        return Findings.First is null;
    }

    /// <summary>A node refuses to start with what is on its disk.</summary>
    public void OnBroken(SimulatedNode node) => Faults.OnBroken(node);

    private void Happen(in Appointment due)
    {
        switch (due.Kind)
        {
            case EventKind.Turn:
                Nodes[due.Node].Turn(due);
                break;
            case EventKind.Tick:
                Nodes[due.Node].Tick(due);
                break;
            case EventKind.Deliver:
                Network.Deliver(due);
                break;
            case EventKind.DiskRun:
                Nodes[due.Node].RunDisk(due);
                break;
            case EventKind.DiskAnswer:
                Nodes[due.Node].AnswerDisk(due);
                break;
            case EventKind.Dial:
                Network.Dial(due);
                break;
            case EventKind.ConnectionLost:
                Network.ConnectionLost(due);
                break;
            case EventKind.LinkDown:
                Network.LinkDown(due);
                break;
            case EventKind.Start:
                Nodes[due.Node].Start();
                break;
            case EventKind.Client:
                Clients[due.Node].Act(due);
                break;
            default:
                ((Action)due.Subject!)();
                break;
        }
    }
}

/// <summary>The nodes, by their number from 1.</summary>
internal sealed class NodeList(SimulatedNode[] nodes) : IEnumerable<SimulatedNode>
{
    public int Count => nodes.Length;

    public SimulatedNode this[int id] => nodes[id - 1];

    public IEnumerator<SimulatedNode> GetEnumerator() => ((IEnumerable<SimulatedNode>)nodes).GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => nodes.GetEnumerator();
}
