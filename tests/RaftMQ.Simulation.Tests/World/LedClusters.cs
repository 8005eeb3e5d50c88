using RaftMQ.Simulation.Runs;
using RaftMQ.Simulation.World;

namespace RaftMQ.Simulation.Tests.World;

/// <summary>Clusters of a few seeds that have come up: every node is a member and knows its leader. No client asks for anything.</summary>
internal static class LedClusters
{
    /// <summary>Those of the first seeds, one after the other.</summary>
    /// <param name="seeds">How many.</param>
    /// <param name="isEnough">Whether a cluster of so many founders is wanted.</param>
    /// <param name="conditions">The network, or null for a calm one.</param>
    /// <param name="comesUpWithin">In microseconds.</param>
    public static IEnumerable<(ulong Seed, SimulatedWorld World)> Of(ulong seeds, Predicate<int> isEnough, NetworkConditions? conditions, long comesUpWithin)
    {
        for (ulong seed = 1; seed <= seeds; seed++)
        {
            var plan = new Plan(new RunOptions { Seed = seed, Events = 1, Profile = Profile.Calm });
            if (!isEnough(plan.Founders))
            {
                continue;
            }

            var world = new SimulatedWorld(plan, null);
            if (conditions is not null)
            {
                world.Network.Conditions = conditions;
                world.Network.Storms = true;
            }

            foreach (SimulatedNode node in world.Nodes)
            {
                world.Agenda.Add(node.Id * 10_000, EventKind.Start, node.Id);
            }

            world.Run(() => world.Nodes.All(node => node.Replica is { IsMember: true, Core.Leader: not null }), comesUpWithin).ShouldBeTrue($"seed {seed}: {world.Findings.First}");
            yield return (seed, world);
        }
    }
}
