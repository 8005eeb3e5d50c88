using RaftMQ.Consensus;
using RaftMQ.Contracts;
using RaftMQ.Server.Commands;
using RaftMQ.Server.Http;
using RaftMQ.Server.Operation;
using RaftMQ.Storage;
using RaftMQ.Storage.Identity;
using RaftMQ.Transport;

namespace RaftMQ.Server.Hosting;

/// <summary>
/// A node that is to join a running cluster, or has: while its folder is empty it learns from there which cluster that is and who the members are, and waits as long as nobody answers. Later it
/// has that in its own log, but not if that turns out to be damaged: so it asks then, too, and goes without if there is no answer soon. A folder of another cluster is refused.
/// </summary>
internal static partial class JoiningNode
{
    private static readonly TimeSpan BetweenAttempts = TimeSpan.FromSeconds(1);

    /// <summary>For so long a node asks that has joined before.</summary>
    private static readonly TimeSpan PatienceOfMembers = TimeSpan.FromSeconds(2);

    /// <summary>Asks the cluster.</summary>
    /// <param name="plan">The plan of a node that need not know others.</param>
    /// <param name="url">A node of the cluster.</param>
    /// <param name="logger">Who is told what is waited for.</param>
    /// <param name="stop">Ends the wait.</param>
    /// <exception cref="CommandFailedException">The folder belongs to another cluster.</exception>
    /// <returns>The plan with the cluster's members; as it was if the node belongs to the cluster already, which does not answer; null if it was asked to stop.</returns>
    public static async Task<NodePlan?> AskAsync(NodePlan plan, Uri url, ILogger logger, StopSignal stop)
    {
        ServerIdentity? identity;
        try
        {
            identity = IdentityFile.Read(DataFolder.Open(plan.DataFolder));
        }
        catch (Exception other) when (other is StorageDamagedException or StorageRefusedException or IOException or UnauthorizedAccessException)
        {
            // The start of the node says it better.
            return plan;
        }

        return identity is { Cluster: { IsBorn: true } mine } ? await AskAgainAsync(plan, url, mine, logger) : await AskFirstAsync(plan, url, logger, stop);
    }

    private static async Task<NodePlan> AskAgainAsync(NodePlan plan, Uri url, ClusterId mine, ILogger logger)
    {
        using ClusterClient cluster = ClientOf(url, logger);
        using var patience = new CancellationTokenSource(PatienceOfMembers);
        ClusterReport report;
        try
        {
            report = await cluster.ReportAsync(patience.Token);
        }
        catch (Exception silent) when (silent is CommandFailedException or OperationCanceledException)
        {
            return plan;
        }

        if (report.Cluster is { } theirs && theirs != mine.ToString())
        {
            throw new CommandFailedException(
                ExitCode.DataRefused,
                $"the data folder {plan.DataFolder} belongs to cluster {mine}, and {url.GetLeftPart(UriPartial.Authority)} to cluster {theirs}; "
                + "to join that one, start with an empty folder; to go on with this one, start without --join and the key \"join\"");
        }

        try
        {
            return report.Cluster is not null && report.Members.Any(member => member.Node == plan.Node.Node.Value) ? Among(plan, report) : plan;
        }
        catch (Exception odd) when (odd is FormatException or OverflowException or ArgumentException)
        {
            return plan;
        }
    }

    private static ClusterClient ClientOf(Uri url, ILogger logger) => new([url], "name another node of the cluster with --join if it does not come", text => LogHeard(logger, text));

    private static async Task<NodePlan?> AskFirstAsync(NodePlan plan, Uri url, ILogger logger, StopSignal stop)
    {
        using ClusterClient cluster = ClientOf(url, logger);
        string? said = null;
        while (!stop.Requested.IsCompleted)
        {
            Task<(NodePlan? Joining, string Objection)> asking = TryAskAsync(plan, cluster, url, logger);
            await Task.WhenAny(stop.Requested, asking);
            if (stop.Requested.IsCompleted)
            {
                break;
            }

            (NodePlan? joining, string objection) = await asking;
            if (joining is not null)
            {
                return joining;
            }

            if (objection != said)
            {
                said = objection;
                LogWaiting(logger, url, objection);
            }

            await Task.WhenAny(stop.Requested, Task.Delay(BetweenAttempts));
        }

        return null;
    }

    private static async Task<(NodePlan? Joining, string Objection)> TryAskAsync(NodePlan plan, ClusterClient cluster, Uri url, ILogger logger)
    {
        try
        {
            ClusterReport report = await cluster.ReportAsync(CancellationToken.None);
            return report.Cluster is null ? (null, "it is not founded yet") : (Join(plan, report, url, logger), "");
        }
        catch (CommandFailedException failure)
        {
            return (null, failure.Message);
        }
        catch (Exception odd) when (odd is FormatException or OverflowException or ArgumentException)
        {
            return (null, $"it names a cluster or members that cannot be: {odd.Message}");
        }
    }

    private static NodePlan Join(NodePlan plan, ClusterReport report, Uri url, ILogger logger)
    {
        NodePlan joining = Among(plan, report);
        joining = joining with { Node = joining.Node with { Joins = ClusterId.Parse(report.Cluster!) } };
        Member self = joining.Node.Members[0];
        string nodes = string.Join(", ", report.Members.Select(member => member.Node));
        if (report.Version is { } version && joining.Node.Understands.ObjectionTo(version) is { } objection)
        {
            LogTooOld(logger, report.Cluster!, objection);
        }

        if (report.Members.Any(member => member.Node == self.Node.Value))
        {
            LogExpected(logger, report.Cluster!, nodes);
        }
        else
        {
            string command = $"raftmq cluster add {self.Node} --client {self.ClientAddress} --peer {self.PeerAddress} --url {url.GetLeftPart(UriPartial.Authority)}";
            LogUnknown(logger, report.Cluster!, nodes, command, self.Node);
        }

        return joining;
    }

    /// <summary>The plan of a node that knows the cluster's members, itself first.</summary>
    private static NodePlan Among(NodePlan plan, ClusterReport report)
    {
        Member self = plan.Node.Members.First(member => member.Node == plan.Node.Node);
        Member[] others = [.. report.Members.Where(member => member.Node != self.Node.Value).Select(member => new Member(new NodeId(member.Node), 0, member.Peer, member.Client))];
        Array.ForEach(others, member => PeerAddress.Parse(member.PeerAddress));
        return plan with
        {
            Node = plan.Node with { Members = [self, .. others] },
            Peers = plan.Peers with { Peers = others.ToDictionary(member => member.Node, member => member.PeerAddress) },
        };
    }

    [LoggerMessage(Level = LogLevel.Information, EventName = "JoinWaiting", Message = "the data folder is empty; asking {Url} for the cluster to join: {Why}")]
    private static partial void LogWaiting(ILogger logger, Uri url, string why);

    [LoggerMessage(Level = LogLevel.Warning, EventName = "JoinHeard", Message = "looking for the members of the cluster to join: {What}")]
    private static partial void LogHeard(ILogger logger, string what);

    [LoggerMessage(Level = LogLevel.Warning, EventName = "JoinTooOld", Message = "cluster {Cluster} cannot take this node in: {Why}")]
    private static partial void LogTooOld(ILogger logger, string cluster, string why);

    [LoggerMessage(Level = LogLevel.Information, EventName = "JoinExpected", Message = "joining cluster {Cluster} of nodes {Nodes}, which expects this one")]
    private static partial void LogExpected(ILogger logger, string cluster, string nodes);

    [LoggerMessage(
        Level = LogLevel.Information, EventName = "JoinUnknown",
        Message = "joining cluster {Cluster} of nodes {Nodes}, once it is told to take this one in: {Command} (in the place of another: replace OLD {Node} for add {Node})")]
    private static partial void LogUnknown(ILogger logger, string cluster, string nodes, string command, NodeId node);
}
