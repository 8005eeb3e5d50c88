using System.CommandLine;
using System.Diagnostics;
using RaftMQ.Contracts;
using RaftMQ.Server.Http;
using RaftMQ.Server.Operation;
using RaftMQ.Server.Supervision;

namespace RaftMQ.Server.Commands;

/// <summary>
/// <c>raftmq dev remove</c>: a node leaves a <c>dev</c> cluster that runs. First the cluster lets it go; then it goes from the plan, and the supervisor ends its process and removes its folder.
/// </summary>
internal static class DevRemoveCommand
{
    /// <summary>For so long the end of a process is waited for: the supervisor ends it by force after seven seconds.</summary>
    private const int MostSecondsForItsEnd = 15;
    private const int LeastSecondsForItsEnd = 1;

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
        long began = Stopwatch.GetTimestamp();
        using DevFolder folder = DevFolder.OpenRunning(data);
        DevPlan plan = DevCluster.PlanOf(folder);
        uint node = asked ?? (uint)plan.Nodes[^1].Number;
        using ClusterClient cluster = DevCluster.ClientOf(plan);
        ClusterReport before = await cluster.ReportAsync(seconds, cancellation);
        bool runs = plan.Nodes.Any(known => known.Number == node);
        if (!runs && before.Members.Any(member => member.Node == node))
        {
            throw new CommandFailedException(
                ExitCode.Configuration,
                $"`raftmq dev` runs no node {node} in {folder.Path}, but the nodes {string.Join(", ", plan.Nodes.Select(known => known.Number))}; "
                + $"`raftmq cluster remove {node}` lets go whom others run");
        }

        await cluster.SendAsync(HttpMethod.Delete, $"members/{node}", null, seconds, cancellation);
        if (asked is null)
        {
            await Console.Error.WriteLineAsync($"node {node} leaves");
        }

        await cluster.UntilAsync(report => ClusterText.Departure(report, node), seconds, cancellation, ClusterText.Removed(before, node));
        string path = folder.FolderOf((int)node);
        if (runs)
        {
            await File.WriteAllBytesAsync(folder.LeftOf((int)node), [], cancellation);
            folder.Save(plan.Without((int)node));
        }
        else if (!Directory.Exists(path))
        {
            return ExitCode.Ok.Value;
        }

        double left = Math.Clamp(seconds - Stopwatch.GetElapsedTime(began).TotalSeconds, LeastSecondsForItsEnd, MostSecondsForItsEnd);
        await Console.Out.WriteLineAsync(
            await HasGoneAsync(path, TimeSpan.FromSeconds(left), cancellation)
                ? $"node {node} has ended, and its folder is removed"
                : $"node {node} has left; once its process has ended, its folder {path} may be removed");
        return ExitCode.Ok.Value;
    }

    private static async Task<bool> HasGoneAsync(string path, TimeSpan patience, CancellationToken cancellation)
    {
        long began = Stopwatch.GetTimestamp();
        while (Directory.Exists(path) && Stopwatch.GetElapsedTime(began) < patience)
        {
            await Task.Delay(BetweenLooks, cancellation);
        }

        return !Directory.Exists(path);
    }
}
