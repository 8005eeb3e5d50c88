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
            (int node, int way, int operations, long stall) = ((int)chance.Between(1, plan.Nodes), chance.Below(10), (int)chance.Between(0, 30), chance.Between(5_000, 200_000));
            world.Faults.When(chance.Between(0, events), () => Lose(world, world.Nodes[node], way, operations, stall));
        }

        for (long left = chance.Between(0, 2); left > 0; left--)
        {
            world.Faults.When(chance.Between(0, events), () => LoseAll(world));
        }
    }

    private static void Lose(SimulatedWorld world, SimulatedNode node, int way, int operations, long stall)
    {
        if (way < 3)
        {
            node.LosePower();
            return;
        }

        bool inALargeWrite = way < 6;
        if (inALargeWrite)
        {
            // What comes while the disk stands still is written in one go, and torn in many places.
            node.StallDisk(stall);
            operations = 1 + (operations % 2);
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
