using RaftMQ.Simulation.Runs;
using RaftMQ.Simulation.World;

namespace RaftMQ.Simulation.Faults;

/// <summary>
/// The memory of some nodes, or of all, is full for a while, as by requests under way: publishes are refused, and everything else goes on. Where disks become full, in one run of four.
/// </summary>
internal static class FullMemory
{
    /// <summary>What every node may hold: never reached but by this fault.</summary>
    public const long BudgetBytes = 1L << 40;

    private const long TickUs = 10_000;

    public static void Plan(SimulatedWorld world, Plan plan, long events)
    {
        Chance chance = plan.FaultChance(FaultKind.FullDisk).Fork(1);
        if (!plan.IsOn(FaultKind.FullDisk) || !chance.Percent(25))
        {
            return;
        }

        (bool all, ulong which, long length) = (chance.Percent(50), chance.Next(), chance.Between(50, 500));
        world.Faults.When(chance.Between(0, events * 2 / 3), () => Fill(world, all ? ulong.MaxValue : which, length * TickUs));
    }

    private static void Fill(SimulatedWorld world, ulong which, long length)
    {
        foreach (SimulatedNode node in world.Nodes)
        {
            if ((which >> node.Id & 1) == 1)
            {
                node.HoldInBuffers(BudgetBytes);
                world.Faults.Note("memory full", node.Id, BudgetBytes);
                world.Faults.At(world.Now + length, () => node.HoldInBuffers(0));
            }
        }
    }
}
