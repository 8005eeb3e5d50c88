using RaftMQ.Consensus;
using RaftMQ.Simulation.Invariants;
using RaftMQ.Simulation.Runs;
using RaftMQ.Simulation.Traces;
using RaftMQ.Simulation.World;

namespace RaftMQ.Simulation.Faults;

/// <summary>Everything that goes wrong in a storm, each kind by its own chance, until it is told to stop.</summary>
internal sealed class FaultDriver(SimulatedWorld world, Plan plan)
{
    private readonly Chance _changes = plan.FaultChance(FaultKind.Partition).Fork(1);
    private readonly Chance _terms = plan.FaultChance(FaultKind.PowerLoss).Fork(1);
    private bool _powerGoesWithTheDisk;
    private bool _ended;

    /// <summary>The last change that an operator has asked for.</summary>
    public SimulatedChange? Change { get; set; }

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
    public bool IsSound(Membership membership) => Majorities.IsMajority(membership, voter => !plan.Breakable.Contains((int)voter.Node.Value));

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
