using RaftMQ.Simulation.Runs;
using RaftMQ.Simulation.World;

namespace RaftMQ.Simulation.Tests.World;

/// <summary>Clusters of a few seeds that have come up: every founder is a member and knows its leader. No client asks for anything.</summary>
internal static class LedClusters
{
    /// <summary>Those of the first seeds, one after the other.</summary>
    /// <param name="seeds">How many.</param>
    /// <param name="isWanted">Whether a cluster is wanted.</param>
    /// <param name="conditions">The network, or null for a calm one.</param>
    /// <param name="comesUpWithin">In microseconds.</param>
    /// <param name="kinds">What a plan is made for; nothing happens by itself all the same. By membership some have nodes that are no founders.</param>
    public static IEnumerable<(ulong Seed, SimulatedWorld World)> Of(
        ulong seeds, Predicate<Plan> isWanted, NetworkConditions? conditions, long comesUpWithin, params FaultKind[] kinds)
    {
        HashSet<FaultKind> without = [.. Enum.GetValues<FaultKind>().Except(kinds)];
        for (ulong seed = 1; seed <= seeds; seed++)
        {
            var plan = new Plan(new RunOptions { Seed = seed, Events = 1, Without = without });
            if (!isWanted(plan))
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

            world.Run(() => world.Nodes.Take(plan.Founders).All(node => node.Replica is { IsMember: true, Core.Leader: not null }), comesUpWithin).ShouldBeTrue($"seed {seed}: {world.Findings.First}");
            yield return (seed, world);
        }
    }
}
