using RaftMQ.Simulation.Runs;
using RaftMQ.Simulation.World;

namespace RaftMQ.Simulation.Faults;

/// <summary>
/// Nodes are cut off from each other: a random split, one alone, the leader alone, two halves with a bridge, or a ring of overlapping majorities; half of the cuts
/// work in one direction only. Cuts are silent.
/// </summary>
internal sealed class Partitions
{
    private const long StepUs = 10_000;

    private readonly SimulatedWorld _world;
    private readonly Chance _chance;
    private readonly int _startsPerMillion;
    private readonly int _healsPerMillion;
    private readonly long _shortest;
    private readonly List<(int From, int To)> _cut = [];
    private long _mayHealAt;

    private Partitions(SimulatedWorld world, Chance chance)
    {
        _world = world;
        _chance = chance;
        _startsPerMillion = chance.OneOf<int>([500, 2_000, 8_000, 30_000]);
        _healsPerMillion = (int)chance.Between(10_000, 100_000);
        _shortest = chance.Between(100, 200) * StepUs;
    }

    public static void Plan(SimulatedWorld world, Plan plan)
    {
        if (plan.IsOn(FaultKind.Partition) && plan.Nodes > 1)
        {
            new Partitions(world, plan.FaultChance(FaultKind.Partition)).Step();
        }
    }

    private void Step()
    {
        if (_cut.Count == 0 && _chance.PerMillion(_startsPerMillion))
        {
            Cut();
        }
        else if (_cut.Count > 0 && _world.Now >= _mayHealAt && _chance.PerMillion(_healsPerMillion))
        {
            Heal();
        }

        _world.Faults.At(_world.Now + StepUs, Step);
    }

    private void Cut()
    {
        int nodes = _world.Nodes.Count;
        int shape = _chance.Below(5);
        int center = shape == 2 ? Leader() : (int)_chance.Between(1, nodes);
        ulong sides = _chance.Next();
        bool oneWay = _chance.Percent(50);
        for (int from = 1; from <= nodes; from++)
        {
            for (int to = 1; to <= nodes; to++)
            {
                bool isCut = from != to && shape switch
                {
                    0 => Side(sides, from) != Side(sides, to),
                    1 or 2 => from == center || to == center,
                    3 => from != center && to != center && Side(sides, from) != Side(sides, to),
                    _ => Distance(from, to, nodes) > ((nodes / 2) + 1) / 2,
                };
                bool isWanted = !oneWay || (shape is 1 or 2 ? Side(sides, 0) == (from == center) : Side(sides, from) || !Side(sides, to));
                if (isCut && isWanted)
                {
                    _world.Network[from, to].Cuts++;
                    _cut.Add((from, to));
                }
            }
        }

        _mayHealAt = _world.Now + _shortest;
        _world.Faults.Note(oneWay ? "cut one way" : "cut", shape, center);
    }

    private void Heal()
    {
        foreach ((int from, int to) in _cut)
        {
            _world.Network[from, to].Cuts--;
        }

        _world.Faults.Note("healed", _cut.Count);
        _cut.Clear();
    }

    private int Leader() => _world.Nodes.FirstOrDefault(node => node.Replica?.Core.Role == Consensus.Role.Leader)?.Id ?? 1;

    private static bool Side(ulong sides, int node) => (sides >> node & 1) == 1;

    private static int Distance(int a, int b, int nodes)
    {
        int along = Math.Abs(a - b);
        return Math.Min(along, nodes - along);
    }
}
