using RaftMQ.Simulation.Runs;
using RaftMQ.Simulation.World;

namespace RaftMQ.Simulation.Faults;

/// <summary>Processes end: at once, between two steps of a turn, between two operations of the disk, or in order because somebody restarts them.</summary>
internal static class Crashes
{
    public static void Plan(SimulatedWorld world, Plan plan, long events)
    {
        Chance chance = plan.FaultChance(FaultKind.Crash);
        if (!plan.IsOn(FaultKind.Crash))
        {
            return;
        }

        for (long left = chance.Between(5, 50); left > 0; left--)
        {
            (int node, int way, int steps) = ((int)chance.Between(1, plan.Nodes), chance.Below(10), (int)chance.Between(1, 30));
            world.Faults.When(chance.Between(0, events), () => Crash(world, world.Nodes[node], way, steps));
        }
    }

    private static void Crash(SimulatedWorld world, SimulatedNode node, int way, int steps)
    {
        switch (way)
        {
            case < 3:
                node.Die(powerIsLost: false);
                break;
            case < 6:
                world.Faults.Note("crash after steps", node.Id, steps);
                node.CrashAfterSteps(steps);
                break;
            case < 9:
                world.Faults.Note("crash after disk operations", node.Id, steps);
                node.Disk.CrashAfter(steps);
                break;
            default:
                node.Stop(handOver: steps % 4 > 0);
                break;
        }
    }
}
