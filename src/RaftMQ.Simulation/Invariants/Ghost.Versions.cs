using RaftMQ.Consensus;
using RaftMQ.Simulation.Runs;
using RaftMQ.Simulation.World;

namespace RaftMQ.Simulation.Invariants;

/// <summary>The version of the cluster (I24, docs/decisions/0014): raised only to what every member's program understands, and nobody has or applies what its program does not understand.</summary>
internal sealed partial class Ghost
{
    private void RequireUnderstood(SimulatedNode node)
    {
        findings.Checks++;
        int version = Math.Max(node.Replica!.ClusterVersion, node.Replica.VersionInForce);
        if (version > node.Understands.Newest)
        {
            findings.Report("I24", $"node {node.Id} goes on in a cluster of version {version}, and its program understands {node.Understands}");
        }
    }

    private void OnRaise(SimulatedNode leader, Membership before, Membership next)
    {
        if (next.Version <= before.Version)
        {
            return;
        }

        world.Reach.Count(Situation.VersionRaised);
        findings.Checks++;
        foreach (Member member in next.Members)
        {
            // One that has gone back may not have been noticed yet. It refuses the raise.
            if (world.Nodes[(int)member.Node.Value].NewestEverUnderstood < next.Version)
            {
                findings.Report("I24", $"leader {leader.Id} raises the cluster to version {next.Version}, and node {member.Node} has never had a program that understands it");
            }
        }
    }
}
