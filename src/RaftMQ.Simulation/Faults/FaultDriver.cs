using RaftMQ.Consensus;
using RaftMQ.Replica;
using RaftMQ.Replica.Requests;
using RaftMQ.Simulation.Invariants;
using RaftMQ.Simulation.Runs;
using RaftMQ.Simulation.Traces;
using RaftMQ.Simulation.World;

namespace RaftMQ.Simulation.Faults;

/// <summary>Everything that goes wrong in a storm, each kind by its own chance, until it is told to stop.</summary>
internal sealed class FaultDriver(SimulatedWorld world, Plan plan)
{
    private readonly Chance _changes = plan.FaultChance(FaultKind.Partition).Fork(1);
    private readonly List<SimulatedChange> _asked = [];
    private readonly Chance _terms = plan.FaultChance(FaultKind.PowerLoss).Fork(1);
    private bool _powerGoesWithTheDisk;
    private bool _ended;

    /// <summary>What an operator has asked for and may still be begun; and the last that he asked for, whatever has become of it.</summary>
    public IReadOnlyList<ClusterChange> Changes => [.. _asked.Where(change => change.IsAwaited || change == _asked[^1]).Select(change => change.Change)];

    /// <summary>Whether an answer to something that an operator has asked for may still come.</summary>
    public bool AwaitsChanges => _asked.Exists(change => change.IsAwaited);

    /// <summary>What a storm does from now on, if it is planned over so many events; it may end earlier.</summary>
    public void Begin(long events)
    {
        world.Network.Storms = true;
        Crashes.Plan(world, plan, events);
        PowerLosses.Plan(world, plan, events);
        Pauses.Plan(world, plan, events);
        Partitions.Plan(world, plan);
        Clogs.Plan(world, plan, events);
        SlowDisks.Plan(world, plan);
        FullDisks.Plan(world, plan, events);
        FullMemory.Plan(world, plan, events);
        Decay.Plan(world, plan, events);
        LostDisks.Plan(world, plan, events);
        ClockSteps.Plan(world, plan, events);
        MembershipChanges.Plan(world, plan, events);
        Upgrades.Plan(world, plan, events);
    }

    /// <summary>Nothing new goes wrong.</summary>
    public void End() => _ended = true;

    /// <summary>Plans a fault for when so many events have happened.</summary>
    public void When(long events, Action fault) => world.WhenEvents(events, () => Unless(fault));

    /// <summary>Plans a fault for a time.</summary>
    public void At(long time, Action fault) => world.At(time, () => Unless(fault));

    public void Note(string what, long a, long b = 0) => world.Trace.Note(world.Now, 0, TraceKind.Fault, a, b, text: what);

    /// <summary>An operator asks a node for a change.</summary>
    public void Ask(ClusterChange change, SimulatedNode node)
    {
        _asked.RemoveAll(earlier => !earlier.IsAwaited);
        _asked.Add(new SimulatedChange(change, node));
        Note(change.ToString(), node.Id);
        node.Post(new ChangeInput(_asked[^1]));
    }

    /// <summary>The next crash at an operation of a disk takes the power with it.</summary>
    public void PowerGoesWithTheDisk() => _powerGoesWithTheDisk = true;

    public bool LosesPowerWithTheDisk()
    {
        bool loses = _powerGoesWithTheDisk;
        _powerGoesWithTheDisk = false;
        return loses;
    }

    /// <summary>
    /// Whether the breakable nodes may lose what is durable: all other members sit in the configuration and are a majority, so that each committed entry is on a quorum without the
    /// breakable.
    /// </summary>
    public bool MaySpareTheBreakable()
    {
        if (world.Ghost.Cluster?.Committed.Configuration.Membership is not { } membership)
        {
            return false;
        }

        foreach (SimulatedNode node in world.Nodes.Where(node => !plan.Breakable.Contains(node.Id)))
        {
            // Who has not got the birth on its disk yet would found another cluster with whoever lost it.
            bool isUnborn = node.Id <= plan.Founders && world.Ghost.ImageOf(node.Identity.Server).Durable.Last == 0;
            bool hasNoSeat = membership.Find(new NodeId((uint)node.Id)) is { Suffrage: not Suffrage.Learner } && !membership.Counts(node.Identity.Server);
            if (isUnborn || hasNoSeat)
            {
                return false;
            }
        }

        return IsSound(membership);
    }

    /// <summary>Whether the nodes that may not be broken are a majority.</summary>
    public bool IsSound(Membership membership) => Majorities.IsMajority(membership, voter => !MayBreak(voter.Node));

    /// <summary>
    /// Whether the nodes that may not be broken are a majority in every configuration that may come of those in the logs, of what was asked for and of this: of all that may leave none is
    /// counted on, and whoever may break is counted in as soon as it is named.
    /// </summary>
    public bool StaysSound(ClusterChange change)
    {
        Membership[] mayBeInForce = world.Ghost.ConfigurationsThatMayBeInForce();
        ClusterChange[] changes = [.. Changes, change];
        Member[] members = [.. mayBeInForce.SelectMany(membership => membership.Members)];
        HashSet<NodeId> leave = [.. changes.Select(asked => asked.Leaves).OfType<NodeId>(), .. members.Select(member => member.Replaces)];
        HashSet<NodeId> named = [.. changes.Select(asked => asked.Comes).OfType<NodeId>(), .. members.Select(member => member.Node)];
        int sound = named.Count(node => !MayBreak(node) && !leave.Contains(node) && mayBeInForce.All(membership => membership.Find(node) is { Suffrage: Suffrage.Voter }));
        bool mayHarm = change.Leaves is not null || (change.Comes is { } comes && MayBreak(comes));
        return !mayHarm || sound > named.Count(MayBreak);
    }

    private bool MayBreak(NodeId node) => plan.Breakable.Contains((int)node.Value);

    /// <summary>A leader is about to tell the others of a configuration: a bad moment to be cut off, so that another leader may take it back.</summary>
    public void OnChange(SimulatedNode leader)
    {
        if (!_ended && plan.IsOn(FaultKind.Partition) && _changes.Percent(25))
        {
            Note("leader cut off with a change", leader.Id);
            Turn(leader, 1);
            At(world.Now + _changes.Between(500_000, 4_000_000), () => Turn(leader, -1));
        }
    }

    /// <summary>A node has given a new term and the log behind it to its disk in one batch: a bad moment to lose the power, so that the one may be there without the other.</summary>
    public void OnTermWithLog(SimulatedNode node)
    {
        if (world.Network.Storms && !_ended && plan.IsOn(FaultKind.PowerLoss) && _terms.Percent(25))
        {
            Note("power goes with a term and its log", node.Id);
            node.Disk.CrashAfter(1);
            PowerGoesWithTheDisk();
        }
    }

    private void Turn(SimulatedNode node, int cuts)
    {
        foreach (SimulatedNode other in world.Nodes.Where(other => other != node))
        {
            world.Network[node.Id, other.Id].Cuts += cuts;
            world.Network[other.Id, node.Id].Cuts += cuts;
        }
    }

    /// <summary>An operator may put an empty disk into a node that refuses to start.</summary>
    public void OnBroken(SimulatedNode node)
    {
        Chance chance = plan.FaultChance(FaultKind.Rot).Fork((ulong)node.Id);
        if (!plan.IsUncapped && chance.Percent(60))
        {
            At(world.Now + chance.Between(500_000, 4_000_000), () => ReplaceDisk(node));
        }
    }

    private void ReplaceDisk(SimulatedNode node)
    {
        if (node.IsBroken && MaySpareTheBreakable())
        {
            Note("disk replaced", node.Id);
            node.LoseDisk();
        }
    }

    private void Unless(Action fault)
    {
        if (!_ended)
        {
            fault();
        }
    }
}
