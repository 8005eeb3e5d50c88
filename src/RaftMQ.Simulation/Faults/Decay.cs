using RaftMQ.Simulation.Disk;
using RaftMQ.Simulation.Runs;
using RaftMQ.Simulation.World;

namespace RaftMQ.Simulation.Faults;

/// <summary>
/// What was durable is harmed: bits rot, sectors cannot be read, writes and reads go astray, reads are stale. Together with lost disks this never reaches more nodes than a quorum can
/// spare, but in one seed of ten, in which only safety is looked at.
/// </summary>
internal static class Decay
{
    private const int LongestWaits = 200;
    private const long WaitUs = 50_000;

    public static void Plan(SimulatedWorld world, Plan plan, long events)
    {
        Chance chance = plan.FaultChance(FaultKind.Rot);
        if (!plan.IsOn(FaultKind.Rot))
        {
            return;
        }

        foreach (int node in plan.Breakable)
        {
            for (long left = chance.Between(0, 3); left > 0; left--)
            {
                (int way, long sectors) = (chance.Below(11), chance.Percent(70) ? 1 : chance.Between(2, 20));
                (bool thenRestarts, int waits) = (chance.Percent(50), chance.Percent(50) ? LongestWaits : 0);
                world.Faults.When(chance.Between(events / 10, events), () => HarmAtRest(world, world.Nodes[node], waits, () => Harm(world, plan, world.Nodes[node], way, sectors, thenRestarts)));
            }
        }
    }

    /// <summary>Half of all harm waits a while for a disk that rests: the end of its log is marked then, and is not spared.</summary>
    private static void HarmAtRest(SimulatedWorld world, SimulatedNode node, int waits, Action harm)
    {
        if (waits == 0 || node.DiskRests)
        {
            harm();
            return;
        }

        world.Faults.At(world.Now + WaitUs, () => HarmAtRest(world, node, waits - 1, harm));
    }

    private static void Harm(SimulatedWorld world, Plan plan, SimulatedNode node, int way, long sectors, bool thenRestarts)
    {
        if (node.IsBroken || !(plan.IsUncapped || world.Faults.MaySpareTheBreakable()))
        {
            return;
        }

        SimulatedDisk disk = node.Disk;
        disk.SparesLastWrite = !node.DiskRests;
        for (long i = 0; i < sectors; i++)
        {
            string? where = way switch
            {
                < 5 => disk.Rot(),
                < 7 => disk.LoseSector(),
                < 9 => disk.MisdirectWrite(),
                _ => null,
            };
            if (where is not null)
            {
                world.Faults.Note("harmed " + where, node.Id, way);
            }
        }

        disk.SparesLastWrite = true;
        if (way == 9)
        {
            world.Faults.Note("a read goes astray", node.Id);
            disk.MisdirectNextRead();
        }
        else if (way == 10)
        {
            world.Faults.Note("a read is stale", node.Id);
            disk.MakeNextReadStale();
        }

        if (thenRestarts)
        {
            node.Die(powerIsLost: false);
        }
    }
}
