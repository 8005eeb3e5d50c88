using RaftMQ.Simulation.Runs;
using RaftMQ.Simulation.World;

namespace RaftMQ.Simulation.Faults;

/// <summary>Processes stand still for up to ten election timeouts, while their clocks go on and what comes for them waits.</summary>
internal static class Pauses
{
    public static void Plan(SimulatedWorld world, Plan plan, long events)
    {
        Chance chance = plan.FaultChance(FaultKind.Pause);
        if (!plan.IsOn(FaultKind.Pause))
        {
            return;
        }

        long longest = 10L * plan.Replica.ElectionTimeoutTicks * plan.Replica.TickMilliseconds * 1_000;
        for (long left = chance.Between(5, 50); left > 0; left--)
        {
            (int number, bool isLeader, bool isShort) = ((int)chance.Between(1, plan.Nodes), chance.Percent(40), chance.Percent(50));
            long length = chance.Between(1_000, isShort ? longest / 5 : longest);
            world.Faults.When(chance.Between(0, events), () => Pause(world, Pick(world, number, isLeader), length));
        }
    }

    private static SimulatedNode Pick(SimulatedWorld world, int number, bool isLeader) =>
        (isLeader ? world.Nodes.FirstOrDefault(node => node.Replica?.Core.Role == Consensus.Role.Leader) : null) ?? world.Nodes[number];

    private static void Pause(SimulatedWorld world, SimulatedNode node, long length)
    {
        if (!node.IsRunning || node.IsPaused)
        {
            return;
        }

        ulong life = node.Life;
        node.Pause();
        world.Faults.At(world.Now + length, () =>
        {
            if (node.Life == life)
            {
                node.Resume();
            }
        });
    }
}
