using System.CommandLine;
using System.Diagnostics;
using RaftMQ.Contracts;
using RaftMQ.Server.Operation;
using RaftMQ.Server.Supervision;

namespace RaftMQ.Server.Commands;

/// <summary>
/// <c>raftmq dev remove</c>: a node leaves a <c>dev</c> cluster that runs. First the cluster lets it go; then it goes from the plan, and the supervisor ends its process and removes its folder.
/// </summary>
internal static class DevRemoveCommand
{
    /// <summary>The supervisor ends a node by force after five.</summary>
    private static readonly TimeSpan EndPatience = TimeSpan.FromSeconds(15);
    private static readonly TimeSpan BetweenLooks = TimeSpan.FromMilliseconds(50);

    public static Command Build()
    {
        Option<string> data = DevCommand.Data();
        Option<int> wait = SharedOptions.Wait();
        Argument<uint> node = SharedOptions.Node("NODE", "The node that leaves; without it, the one of the highest number.");
        node.Arity = ArgumentArity.ZeroOrOne;
        var command = new CommandWithExample("remove", "Let a node of the cluster that runs leave; its folder goes with it.", "raftmq dev remove\nraftmq dev remove 2")
        {
            node, data, wait,
        };
        command.SetAction((arguments, cancellation) => RunAsync(
            arguments.GetRequiredValue(data), arguments.GetResult(node) is { Tokens.Count: > 0 } ? arguments.GetValue(node) : null, arguments.GetValue(wait), cancellation));
        return command;
    }

    private static async Task<int> RunAsync(string data, uint? asked, int seconds, CancellationToken cancellation)
    {
        using DevFolder folder = DevFolder.OpenRunning(data);
        DevPlan plan = DevCluster.PlanOf(folder);
        uint node = asked ?? (uint)plan.Nodes[^1].Number;
        if (!plan.Nodes.Any(known => known.Number == node))
        {
            throw new CommandFailedException(
                ExitCode.Configuration, $"`raftmq dev` runs no node {node} in {folder.Path}, but the nodes {string.Join(", ", plan.Nodes.Select(known => known.Number))}");
        }

        using ClusterClient cluster = DevCluster.ClientOf(plan);
        await cluster.SendAsync(HttpMethod.Delete, $"members/{node}", null, seconds, cancellation);
        await cluster.UntilAsync(report => ClusterText.Departure(report, node), seconds, cancellation);
        await File.WriteAllBytesAsync(folder.LeftOf((int)node), [], cancellation);
        folder.Save(plan.Without((int)node));
        await Console.Out.WriteLineAsync(
            await HasGoneAsync(folder.FolderOf((int)node), cancellation)
                ? $"node {node} has ended, and its folder is removed"
                : $"node {node} has left; once its process has ended, its folder {folder.FolderOf((int)node)} may be removed");
        return ExitCode.Ok.Value;
    }

    private static async Task<bool> HasGoneAsync(string path, CancellationToken cancellation)
    {
        long began = Stopwatch.GetTimestamp();
        while (Directory.Exists(path) && Stopwatch.GetElapsedTime(began) < EndPatience)
        {
            await Task.Delay(BetweenLooks, cancellation);
        }

        return !Directory.Exists(path);
    }
}
