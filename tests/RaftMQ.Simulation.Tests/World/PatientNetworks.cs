using RaftMQ.Consensus;
using RaftMQ.Simulation.World;

namespace RaftMQ.Simulation.Tests.World;

/// <summary>Time-outs follow the network with the settings that everybody has: a cluster comes up on it, and once it knows it nobody stands for election without need.</summary>
public sealed class PatientNetworks
{
    private const long Second = 1_000_000;

    /// <summary>Around the world and back in 200 ms.</summary>
    private static readonly NetworkConditions s_wan = new() { MinDelayUs = 100_000, MeanDelayUs = 5_000 };

    /// <summary>One message in ten is lost, the others take 1 ms and 5 more at the mean, and overtake each other.</summary>
    private static readonly NetworkConditions s_lossy = new() { MinDelayUs = 1_000, MeanDelayUs = 5_000, Reorders = true, LossPerMillion = 100_000 };

    /// <summary>A far network whose delays vary as much as they are long.</summary>
    private static readonly NetworkConditions s_farAndLossy = new() { MinDelayUs = 20_000, MeanDelayUs = 80_000, LossPerMillion = 100_000 };

    [Fact]
    public void A_cluster_around_the_world_comes_up_and_stays_with_its_leader()
    {
        foreach (SimulatedWorld world in LedClustersOn(s_wan, comesUpWithin: 15 * Second))
        {
            world.Run(() => false, 30 * Second);
            RequirePeace(world, 600 * Second);
            RaftCore leader = SimulatedWorld.LeaderOf(world.Nodes)!.Replica!.Core;
            leader.ElectionTimeoutTicks.ShouldBeInRange(40, 80, "twice the round trip of 20 ticks, or a little more");
        }
    }

    [Fact]
    public void On_a_lossy_network_nobody_stands_for_election_without_need()
    {
        foreach (SimulatedWorld world in LedClustersOn(s_lossy, comesUpWithin: 15 * Second).Concat(LedClustersOn(s_farAndLossy, comesUpWithin: 60 * Second)))
        {
            world.Run(() => false, 30 * Second);
            RequirePeace(world, 600 * Second);
        }
    }

    [Fact]
    public void A_network_that_was_slow_is_forgotten()
    {
        foreach (SimulatedWorld world in LedClustersOn(s_wan, comesUpWithin: 15 * Second))
        {
            world.Run(() => false, 30 * Second);
            world.Network.Conditions = NetworkConditions.Calm;
            int changes = world.LeaderChanges;
            world.Run(() => false, 70 * Second);

            world.LeaderChanges.ShouldBe(changes);
            foreach (SimulatedNode node in world.Nodes)
            {
                node.Replica!.Core.ElectionTimeoutTicks.ShouldBe(world.Plan.Replica.ElectionTimeoutTicks, "all go by what the leader announces");
            }
        }
    }

    private static IEnumerable<SimulatedWorld> LedClustersOn(NetworkConditions conditions, long comesUpWithin) =>
        LedClusters.Of(seeds: 5, plan => plan.Founders >= 2, conditions, comesUpWithin).Select(led => led.World);

    private static void RequirePeace(SimulatedWorld world, long time)
    {
        (int changes, Term term) = (world.LeaderChanges, TermOf(world));
        world.Run(() => false, time);
        world.Findings.First.ShouldBeNull();
        (world.LeaderChanges, TermOf(world)).ShouldBe((changes, term), $"{world.Plan.Founders} nodes");
    }

    private static Term TermOf(SimulatedWorld world) => world.Nodes.Max(node => node.Replica!.Core.CurrentTerm);
}
