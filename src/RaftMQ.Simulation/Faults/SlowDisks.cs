using RaftMQ.Simulation.Runs;
using RaftMQ.Simulation.World;

namespace RaftMQ.Simulation.Faults;

/// <summary>Some disks need up to a second for a sync, all the time or in spells.</summary>
internal static class SlowDisks
{
    public static void Plan(SimulatedWorld world, Plan plan)
    {
        Chance chance = plan.FaultChance(FaultKind.SlowDisk);
        if (!plan.IsOn(FaultKind.SlowDisk))
        {
            return;
        }

        long mean = chance.OneOf<long>([2_000, 10_000, 50_000, 200_000, 1_000_000]);
        bool inSpells = chance.Percent(50);
        foreach (SimulatedNode node in world.Nodes)
        {
            if (!chance.Percent(60))
            {
                continue;
            }

            if (inSpells)
            {
                Turn(world, node, mean, isSlow: false, chance.Fork((ulong)node.Id));
            }
            else
            {
                node.SyncUs = mean;
            }
        }
    }

    private static void Turn(SimulatedWorld world, SimulatedNode node, long mean, bool isSlow, Chance chance)
    {
        node.SyncUs = isSlow ? mean : Runs.Plan.HealthySyncUs;
        world.Faults.At(world.Now + chance.Exponential(3_000_000), () => Turn(world, node, mean, !isSlow, chance));
    }
}
