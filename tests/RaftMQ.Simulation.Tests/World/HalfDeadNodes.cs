using RaftMQ.Consensus;
using RaftMQ.Simulation.World;

namespace RaftMQ.Simulation.Tests.World;

/// <summary>
/// What is neither dead nor alive costs two election timeouts: from the beginning of the fault until those that it leaves a majority to follow one leader, and from its end until everybody
/// does; and then nothing changes any more.
/// </summary>
public sealed class HalfDeadNodes
{
    private const long Second = 1_000_000;
    private const long Millisecond = 1_000;
    private const long HourMs = 3_600_000;
    private const int TimeoutsOfPeace = 20;

    /// <summary>Two, and the votes of the last that could have been drawn.</summary>
    private const double MostTimeouts = 2.1;

    public enum Fault
    {
        LeaderIsHeardByNobody,
        LeaderHearsNobody,
        LeaderIsCutOff,
        FollowerIsHeardByNobody,
        FollowerHearsNobody,
        FollowerIsCutOff,
        LeaderIsABridge,
        FollowerIsABridge,
        LeaderStandsStill,
        FollowerStandsStill,
        ClockOfTheLeaderJumps,
        ClockOfAFollowerJumps,
    }

    public static TheoryData<Fault> Faults => [.. Enum.GetValues<Fault>()];

    [Theory]
    [MemberData(nameof(Faults))]
    public void Two_election_timeouts_later_one_leads_and_nothing_changes_any_more(Fault fault)
    {
        foreach ((ulong seed, SimulatedWorld world) in LedClusters.Of(seeds: 12, plan => plan.Founders is 3 or 5 or 7, conditions: null, comesUpWithin: 15 * Second))
        {
            world.Run(() => false, 2 * Second);
            SimulatedNode leader = SimulatedWorld.LeaderOf(world.Nodes)!;
            SimulatedNode victim = fault.ToString().Contains("Leader") ? leader : world.Nodes.First(node => node != leader);

            Term term = leader.Replica!.Core.CurrentTerm;

            Strike(world, fault, victim, 1);
            double unrestWithIt = UnrestIn(world, [.. Going(world, fault, victim)], LengthOf(fault));
            Strike(world, fault, victim, -1);
            double unrestAfterIt = UnrestIn(world, [.. world.Nodes], TimeoutsOfPeace * TimeoutUs(world));

            unrestWithIt.ShouldBeLessThanOrEqualTo(MostTimeouts, $"seed {seed}");
            unrestAfterIt.ShouldBeLessThanOrEqualTo(MostTimeouts, $"seed {seed}");
            if (fault is Fault.LeaderIsABridge or Fault.FollowerIsABridge)
            {
                // Of terms there are as many as candidates that got a vote: nobody has tried.
                world.Nodes.ShouldAllBe(node => node.Replica!.Core.CurrentTerm == term && node.Replica.Core.Leader == leader.Identity.Server, $"seed {seed}");
            }
        }
    }

    private static long LengthOf(Fault fault) => fault is Fault.LeaderStandsStill or Fault.FollowerStandsStill ? 30 * Second : 5 * Second;

    /// <summary>Those that the fault leaves a majority which hears each other.</summary>
    private static IEnumerable<SimulatedNode> Going(SimulatedWorld world, Fault fault, SimulatedNode victim) => fault switch
    {
        Fault.ClockOfAFollowerJumps or Fault.ClockOfTheLeaderJumps => world.Nodes,
        Fault.LeaderIsABridge or Fault.FollowerIsABridge => world.Nodes.Where(node => node == SimulatedWorld.LeaderOf(world.Nodes)),
        _ => world.Nodes.Where(node => node != victim),
    };

    /// <summary>A fault begins (1), or ends (-1).</summary>
    private static void Strike(SimulatedWorld world, Fault fault, SimulatedNode victim, int sign)
    {
        switch (fault)
        {
            case Fault.LeaderIsHeardByNobody or Fault.FollowerIsHeardByNobody:
                Cut(world, victim, outgoing: sign, incoming: 0);
                break;
            case Fault.LeaderHearsNobody or Fault.FollowerHearsNobody:
                Cut(world, victim, outgoing: 0, incoming: sign);
                break;
            case Fault.LeaderIsCutOff or Fault.FollowerIsCutOff:
                Cut(world, victim, outgoing: sign, incoming: sign);
                break;
            case Fault.LeaderIsABridge or Fault.FollowerIsABridge:
                Split(world, victim, sign);
                break;
            case Fault.ClockOfTheLeaderJumps or Fault.ClockOfAFollowerJumps:
                victim.Clock.WallOffsetMs += sign * HourMs;
                break;
            case Fault.LeaderStandsStill or Fault.FollowerStandsStill when sign > 0:
                victim.Pause();
                break;
            default:
                victim.Resume();
                break;
        }
    }

    private static void Cut(SimulatedWorld world, SimulatedNode node, int outgoing, int incoming)
    {
        foreach (SimulatedNode other in world.Nodes.Where(other => other != node))
        {
            world.Network[node.Id, other.Id].Cuts += outgoing;
            world.Network[other.Id, node.Id].Cuts += incoming;
        }
    }

    /// <summary>The others fall into two sides that do not hear each other.</summary>
    private static void Split(SimulatedWorld world, SimulatedNode bridge, int cuts)
    {
        SimulatedNode[] others = [.. world.Nodes.Where(node => node != bridge)];
        foreach (SimulatedNode left in others[..(others.Length / 2)])
        {
            foreach (SimulatedNode right in others[(others.Length / 2)..])
            {
                world.Network[left.Id, right.Id].Cuts += cuts;
                world.Network[right.Id, left.Id].Cuts += cuts;
            }
        }
    }

    /// <summary>How long it took until these nodes followed one leader among them and no more changed, in election timeouts.</summary>
    private static double UnrestIn(SimulatedWorld world, List<SimulatedNode> nodes, long time)
    {
        long began = world.Now;
        long timeout = TimeoutUs(world);
        long lastUnrest = began;
        Term term = default;
        while (world.Now < began + time)
        {
            world.Run(() => false, Millisecond);
            world.Findings.First.ShouldBeNull();
            SimulatedNode? leader = SimulatedWorld.LeaderOf(nodes);
            bool isStill = leader is not null && leader.Replica!.Core.CurrentTerm == term && nodes.TrueForAll(node => node.Replica!.Core is { } core && core.Leader == leader.Identity.Server && core.CurrentTerm == term);
            term = leader?.Replica!.Core.CurrentTerm ?? default;
            lastUnrest = isStill ? lastUnrest : world.Now;
        }

        return (double)(lastUnrest - began) / timeout;
    }

    private static long TimeoutUs(SimulatedWorld world) => world.Nodes.Max(node => node.Replica!.Core.ElectionTimeoutTicks) * world.Plan.Replica.TickMilliseconds * Millisecond;
}
