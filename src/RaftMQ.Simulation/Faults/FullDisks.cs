using RaftMQ.Simulation.Disk;
using RaftMQ.Simulation.Runs;
using RaftMQ.Simulation.World;

namespace RaftMQ.Simulation.Faults;

/// <summary>Disks are full for a while: some, or all of them, with a little room left or none.</summary>
internal static class FullDisks
{
    private const long TickUs = 10_000;

    public static void Plan(SimulatedWorld world, Plan plan, long events)
    {
        Chance chance = plan.FaultChance(FaultKind.FullDisk);
        if (!plan.IsOn(FaultKind.FullDisk))
        {
            return;
        }

        for (long left = chance.Between(1, 2); left > 0; left--)
        {
            (bool all, ulong which, long length, long room) = (chance.Percent(50), chance.Next(), chance.Between(50, 500), chance.Below(3) * plan.Wal.SegmentBytes);
            world.Faults.When(chance.Between(0, events * 2 / 3), () => Fill(world, all ? ulong.MaxValue : which, length * TickUs, room));
        }
    }

    private static void Fill(SimulatedWorld world, ulong which, long length, long room)
    {
        foreach (SimulatedNode node in world.Nodes)
        {
            if ((which >> node.Id & 1) == 1)
            {
                SimulatedDisk disk = node.Disk;
                disk.CapacityBytes = disk.UsedBytes + room;
                world.Faults.Note("disk full", node.Id, room);
                world.Faults.At(world.Now + length, () => disk.CapacityBytes = long.MaxValue);
            }
        }
    }
}
