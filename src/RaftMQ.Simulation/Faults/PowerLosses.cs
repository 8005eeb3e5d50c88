using RaftMQ.Simulation.Runs;
using RaftMQ.Simulation.World;

namespace RaftMQ.Simulation.Faults;

/// <summary>Machines lose their power, one or all; what was not synced is kept, lost or spoiled.</summary>
internal static class PowerLosses
{
    public static void Plan(SimulatedWorld world, Plan plan, long events)
    {
        Chance chance = plan.FaultChance(FaultKind.PowerLoss);
        if (!plan.IsOn(FaultKind.PowerLoss))
        {
            return;
        }

        for (long left = chance.Between(3, 25); left > 0; left--)
        {
            (int node, bool atOnce, int operations) = ((int)chance.Between(1, plan.Nodes), chance.Percent(40), (int)chance.Between(0, 30));
            world.Faults.When(chance.Between(0, events), () => Lose(world, world.Nodes[node], atOnce, operations));
        }

        for (long left = chance.Between(0, 2); left > 0; left--)
        {
            world.Faults.When(chance.Between(0, events), () => LoseAll(world));
        }
    }

    private static void Lose(SimulatedWorld world, SimulatedNode node, bool atOnce, int operations)
    {
        if (atOnce)
        {
            node.LosePower();
            return;
        }

        world.Faults.Note("power goes after disk operations", node.Id, operations);
        node.Disk.CrashAfter(operations);
        world.Faults.PowerGoesWithTheDisk();
    }

    private static void LoseAll(SimulatedWorld world)
    {
        world.Faults.Note("power goes everywhere", world.Nodes.Count);
        foreach (SimulatedNode node in world.Nodes)
        {
            node.LosePower();
        }
    }
}
