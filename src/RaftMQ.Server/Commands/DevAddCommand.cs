using System.CommandLine;
using RaftMQ.Contracts;
using RaftMQ.Server.Http;
using RaftMQ.Server.Operation;
using RaftMQ.Server.Supervision;

namespace RaftMQ.Server.Commands;

/// <summary>
/// <c>raftmq dev add</c>: a further node for a <c>dev</c> cluster that runs. First the cluster takes it in as a learner, so that a refusal leaves nothing behind; then it comes into the plan, and
/// the supervisor starts it. An addition that was interrupted is gone on with by the next one.
/// </summary>
internal static class DevAddCommand
{
    public static Command Build()
    {
        Option<string> data = DevCommand.Data();
        Option<int> wait = SharedOptions.Wait();
        var command = new CommandWithExample("add", "Add a node to the cluster that runs: it receives the log, and votes when it has caught up.", "raftmq dev add") { data, wait };
        command.SetAction((arguments, cancellation) => RunAsync(arguments.GetRequiredValue(data), arguments.GetValue(wait), cancellation));
        return command;
    }

    private static async Task<int> RunAsync(string data, int seconds, CancellationToken cancellation)
    {
        using DevFolder folder = DevFolder.OpenRunning(data);
        DevPlan plan = DevCluster.PlanOf(folder);
        using ClusterClient cluster = DevCluster.ClientOf(plan);
        ClusterReport report = await cluster.ReportAsync(seconds, cancellation);
        DevNode node = Begun(plan, report) ?? Choose(folder, plan, report);
        var addresses = new ChangeFields { Client = plan.ClientAddress(node.Number), Peer = node.PeerAddress };
        await cluster.SendAsync(HttpMethod.Put, $"members/{node.Number}", addresses, seconds, cancellation);
        folder.Save(plan.With(node));
        await cluster.UntilAsync(next => ClusterText.Arrival(next, (uint)node.Number, "`raftmq dev` starts it"), seconds, cancellation);
        await Console.Out.WriteLineAsync($"node {node.Number} takes requests at http://{plan.ClientAddress(node.Number)}");
        return ExitCode.Ok.Value;
    }

    /// <summary>A node of this cluster that is on its way to become a voter.</summary>
    private static DevNode? Begun(DevPlan plan, ClusterReport report)
    {
        ClusterMember? begun = report.Members.FirstOrDefault(
            member => member.Suffrage is ClusterMember.Learner or ClusterMember.Incoming && member.Client == plan.ClientAddress((int)member.Node));
        return begun is null ? null : plan.Find((int)begun.Node) ?? new DevNode((int)begun.Node, new Uri($"tcp://{begun.Peer}").Port, Joins: true);
    }

    private static DevNode Choose(DevFolder folder, DevPlan plan, ClusterReport report)
    {
        // Never in the folder of another, whoever left it there.
        int? number = plan.FreeNumber(taken => report.Members.Any(member => member.Node == taken) || Directory.Exists(folder.FolderOf(taken)));
        return number is { } free
            ? new DevNode(free, plan.ChoosePeerPort(free), Joins: true)
            : throw new CommandFailedException(ExitCode.PortTaken, $"there is no free port for a further node above {plan.FirstClientPort}; stop what listens there");
    }
}
