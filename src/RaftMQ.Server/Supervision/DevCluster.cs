using RaftMQ.Contracts;
using RaftMQ.Server.Commands;
using RaftMQ.Server.Operation;

namespace RaftMQ.Server.Supervision;

/// <summary>A <c>dev</c> cluster that runs, as the commands in a second terminal find it.</summary>
internal static class DevCluster
{
    /// <exception cref="CommandFailedException">There is none, or none that can be read.</exception>
    public static DevPlan PlanOf(DevFolder folder) => folder.ReadPlan()
        ?? throw new CommandFailedException(ExitCode.ClusterRefused, $"`raftmq dev` only begins in {folder.Path}; try again in a moment");

    /// <summary>A client of the cluster, whichever of its nodes are up.</summary>
    public static ClusterClient ClientOf(DevPlan plan) => new([.. plan.Nodes.Select(node => plan.ClientUrl(node.Number))], "see what `raftmq dev` says, and try again");
}
