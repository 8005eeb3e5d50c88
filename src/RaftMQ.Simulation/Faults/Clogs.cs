using RaftMQ.Simulation.Runs;
using RaftMQ.Simulation.World;

namespace RaftMQ.Simulation.Faults;

/// <summary>Links stop for a while and then bring everything that waited; in some seeds a set of nodes is clogged one after another (FoundationDB's swizzle-clog).</summary>
internal sealed class Clogs
{
    private const long StepUs = 100_000;

    private readonly SimulatedWorld _world;
    private readonly Chance _chance;
    private readonly int _perStepPerMillion;
    private readonly long _meanUs;

    private Clogs(SimulatedWorld world, Chance chance)
    {
        _world = world;
        _chance = chance;
        _perStepPerMillion = chance.OneOf<int>([2_000, 10_000, 50_000, 200_000]);
        _meanUs = chance.Between(1_000, 5_000_000);
    }

    public static void Plan(SimulatedWorld world, Plan plan, long events)
    {
        Chance chance = plan.FaultChance(FaultKind.Clog);
        if (!plan.IsOn(FaultKind.Clog) || plan.Nodes < 2)
        {
            return;
        }

        var clogs = new Clogs(world, chance);
        clogs.Step();
        for (long left = chance.Percent(10) ? chance.Between(1, 3) : 0; left > 0; left--)
        {
            world.Faults.When(chance.Between(0, events), clogs.Swizzle);
        }
    }

    private void Step()
    {
        for (int from = 1; from <= _world.Nodes.Count; from++)
        {
            for (int to = 1; to <= _world.Nodes.Count; to++)
            {
                if (from != to && _chance.PerMillion(_perStepPerMillion))
                {
                    Clog(from, to, _chance.Exponential(_meanUs));
                }
            }
        }

        _world.Faults.At(_world.Now + StepUs, Step);
    }

    private void Swizzle()
    {
        _world.Faults.Note("swizzle", 0);
        for (int node = 1; node <= _world.Nodes.Count; node++)
        {
            if (_chance.Percent(50))
            {
                int clogged = node;
                long until = _chance.Between(500_000, 5_000_000);
                _world.Faults.At(_world.Now + _chance.Between(0, 500_000), () => ClogAll(clogged, until));
            }
        }
    }

    private void ClogAll(int node, long length)
    {
        for (int other = 1; other <= _world.Nodes.Count; other++)
        {
            if (other != node)
            {
                Clog(node, other, length);
                Clog(other, node, length);
            }
        }
    }

    private void Clog(int from, int to, long length) =>
        _world.Network[from, to].CloggedUntil = Math.Max(_world.Network[from, to].CloggedUntil, _world.Now + length);
}
