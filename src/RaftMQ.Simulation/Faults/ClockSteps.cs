using RaftMQ.Simulation.Runs;
using RaftMQ.Simulation.World;

namespace RaftMQ.Simulation.Faults;

/// <summary>Wall clocks jump by up to an hour, either way.</summary>
internal static class ClockSteps
{
    private const long HourMs = 3_600_000;

    public static void Plan(SimulatedWorld world, Plan plan, long events)
    {
        Chance chance = plan.FaultChance(FaultKind.WallClock);
        if (!plan.IsOn(FaultKind.WallClock))
        {
            return;
        }

        for (long left = chance.Between(0, 3); left > 0; left--)
        {
            (SimulatedNode node, long step) = (world.Nodes[(int)chance.Between(1, plan.Nodes)], chance.Between(-HourMs, HourMs));
            world.Faults.When(chance.Between(0, events), () =>
            {
                node.Clock.WallOffsetMs += step;
                world.Faults.Note("wall clock jumps", node.Id, step);
            });
        }
    }
}
