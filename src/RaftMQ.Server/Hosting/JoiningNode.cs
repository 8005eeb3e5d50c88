using RaftMQ.Consensus;
using RaftMQ.Server.Commands;
using RaftMQ.Server.Http;
using RaftMQ.Server.Operation;
using RaftMQ.Storage;
using RaftMQ.Storage.Identity;
using RaftMQ.Transport;

namespace RaftMQ.Server.Hosting;

/// <summary>A node that is to join a running cluster: while its folder is empty it learns from there which cluster that is and who the members are. It waits as long as nobody answers.</summary>
internal static partial class JoiningNode
{
    private static readonly TimeSpan BetweenAttempts = TimeSpan.FromSeconds(1);

    /// <summary>Asks the cluster.</summary>
    /// <param name="plan">The plan of a node that need not know others.</param>
    /// <param name="url">A node of the cluster.</param>
    /// <param name="logger">Who is told what is waited for.</param>
    /// <param name="stop">Ends the wait.</param>
    /// <returns>The plan with the cluster's members; the plan as it was if the node belongs to a cluster already; null if it was asked to stop.</returns>
    /// <exception cref="CommandFailedException">The folder cannot be read.</exception>
    public static async Task<NodePlan?> AskAsync(NodePlan plan, Uri url, ILogger logger, StopSignal stop)
    {
        if (!IsEmpty(plan.DataFolder))
        {
            return plan;
        }

        using var cluster = new ClusterClient(url);
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
        Member self = plan.Node.Members.First(member => member.Node == plan.Node.Node);
        Member[] others = [.. report.Members.Where(member => member.Node != self.Node.Value).Select(member => new Member(new NodeId(member.Node), 0, member.Peer, member.Client))];
        Array.ForEach(others, member => PeerAddress.Parse(member.PeerAddress));
        NodePlan joining = plan with
        {
            Node = plan.Node with { Members = [self, .. others], Joins = ClusterId.Parse(report.Cluster!) },
            Peers = plan.Peers with { Peers = others.ToDictionary(member => member.Node, member => member.PeerAddress) },
        };
        string nodes = string.Join(", ", report.Members.Select(member => member.Node));
        if (report.Members.Any(member => member.Node == self.Node.Value))
        {
            LogExpected(logger, report.Cluster!, nodes);
        }
        else
        {
            LogUnknown(logger, report.Cluster!, nodes, $"raftmq cluster add {self.Node} --client {self.ClientAddress} --peer {self.PeerAddress} --url {url.GetLeftPart(UriPartial.Authority)}");
        }

        return joining;
    }

    /// <summary>Whether the folder belongs to no cluster yet. What cannot be told here the start of the node says better.</summary>
    private static bool IsEmpty(string path)
    {
        try
        {
            return IdentityFile.Read(DataFolder.Open(path)) is not { Cluster.IsBorn: true };
        }
        catch (Exception other) when (other is StorageDamagedException or StorageRefusedException or IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }

    [LoggerMessage(Level = LogLevel.Information, EventName = "JoinWaiting", Message = "the data folder is empty; asking {Url} for the cluster to join: {Why}")]
    private static partial void LogWaiting(ILogger logger, Uri url, string why);

    [LoggerMessage(Level = LogLevel.Information, EventName = "JoinExpected", Message = "joining cluster {Cluster} of nodes {Nodes}, which expects this one")]
    private static partial void LogExpected(ILogger logger, string cluster, string nodes);

    [LoggerMessage(Level = LogLevel.Information, EventName = "JoinUnknown", Message = "joining cluster {Cluster} of nodes {Nodes}, once it is told to take this one in: {Command}")]
    private static partial void LogUnknown(ILogger logger, string cluster, string nodes, string command);
}
