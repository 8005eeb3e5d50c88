using RaftMQ.Simulation.Runs;
using RaftMQ.Simulation.World;

namespace RaftMQ.Simulation.Faults;

/// <summary>
/// A disk is lost, and comes back empty under the same node id: another incarnation, which counts only once it is admitted. In half of the runs a second one is lost on the way or later, of
/// the same node or of another that may break. A node that came later loses its disk once it is a voter.
/// </summary>
internal static class LostDisks
{
    public static void Plan(SimulatedWorld world, Plan plan, long events)
    {
        Chance chance = plan.FaultChance(FaultKind.LostDisk);
        if (!plan.IsOn(FaultKind.LostDisk) || plan.Breakable.Count == 0)
        {
            return;
        }

        for (int disks = chance.Percent(50) ? 2 : 1; disks > 0; disks--)
        {
            SimulatedNode node = world.Nodes[plan.Breakable[chance.Below(plan.Breakable.Count)]];
            world.Faults.When(chance.Between(events / 20, events * 3 / 4), () => Lose(world, node, chance));
        }
    }

    private static void Lose(SimulatedWorld world, SimulatedNode node, Chance chance)
    {
        bool cameLater = node.Id > world.Plan.Founders;
        bool isAwaited = cameLater && world.Ghost.Cluster?.Committed.Configuration.Membership?.Counts(node.Identity.Server) != true;
        if (!isAwaited && world.Faults.MaySpareTheBreakable())
        {
            world.Faults.Note("disk lost", node.Id);
            world.Reach.Count(Situation.LateMemberLostItsDisk, cameLater ? 1 : 0);
            node.LoseDisk();
        }
        else
        {
            world.Faults.At(world.Now + chance.Between(100_000, 500_000), () => Lose(world, node, chance));
        }
    }
}
