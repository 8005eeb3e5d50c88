using RaftMQ.Consensus;
using RaftMQ.Simulation.Runs;
using RaftMQ.Simulation.World;

namespace RaftMQ.Simulation.Faults;

/// <summary>
/// An operator brings a newer program to one node after the other, and in some runs never to all of them. Now and then one goes back to the older, also when that is too late: then it refuses, or
/// is refused, and he does what it says.
/// </summary>
internal static class Upgrades
{
    /// <summary>What the program understands that all nodes begin with.</summary>
    public static readonly ClusterVersions Older = new(1, 1);

    /// <summary>What the program understands that comes.</summary>
    public static readonly ClusterVersions Newer = new(1, 2);

    public static void Plan(SimulatedWorld world, Plan plan, long events)
    {
        if (!plan.IsOn(FaultKind.Upgrade))
        {
            return;
        }

        Chance chance = plan.FaultChance(FaultKind.Upgrade);
        long spared = chance.Percent(20) ? chance.Between(1, plan.Nodes) : 0;
        foreach (SimulatedNode node in world.Nodes)
        {
            if (node.Id != spared)
            {
                world.Faults.When(chance.Between(0, events * 3 / 4), () => Bring(world, node, Newer));
            }
        }

        for (long left = chance.Between(0, 4); left > 0; left--)
        {
            SimulatedNode node = world.Nodes[(int)chance.Between(1, plan.Nodes)];
            world.Faults.When(chance.Between(0, events), () => Bring(world, node, Older));
        }
    }

    private static void Bring(SimulatedWorld world, SimulatedNode node, ClusterVersions program)
    {
        world.Faults.Note($"a program that understands {program}", node.Id);
        node.Bring(program);
    }
}
