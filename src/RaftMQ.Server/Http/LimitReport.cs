using RaftMQ.Node;
using RaftMQ.Queues;

namespace RaftMQ.Server.Http;

/// <summary>A limit and how much of it is in use: a line of <c>GET /v1/node</c>.</summary>
/// <param name="Name">The key of the configuration that sets it.</param>
/// <param name="Used">How much is in use, in the limit's own unit.</param>
/// <param name="Limit">Its value; null where there is none.</param>
internal sealed record LimitReport(string Name, long Used, long? Limit)
{
    /// <summary>All limits whose use is known without counting anything.</summary>
    /// <param name="queue">The limits of the cluster.</param>
    /// <param name="status">The node as it is.</param>
    /// <param name="node">What it was told.</param>
    /// <param name="requests">Its requests under way.</param>
    /// <param name="connections">The connections of its clients.</param>
    /// <param name="largeBodyBytes">What large bodies take that are being received.</param>
    public static LimitReport[] All(
        QueueLimits queue, NodeStatus status, NodeOptions node, (int Count, long Bytes) requests, ClientConnections connections, long largeBodyBytes)
    {
        NodeGauges used = status.Gauges;
        return
        [
            new("limits.maxTopics", used.Topics, queue.MaxTopics),
            new("limits.maxMessages", status.MessageCount, queue.MaxMessages),
            new("limits.maxBytes", used.Bytes, queue.MaxBytes),
            new("limits.maxRequestKeys", used.RequestKeys, queue.MaxRequestKeys),
            new("limits.maxRequestKeyBytes", used.RequestKeyBytes, queue.MaxRequestKeyBytes),
            new("budgets.memoryBytes", used.MemoryBytes, node.MemoryBudgetBytes),
            new("budgets.diskBytes", used.FolderBytes, node.DiskBudgetBytes),
            new("budgets.maxRequests", requests.Count, node.MaxRequests),
            new("budgets.maxRequestBytes", requests.Bytes, node.MaxRequestBytes),
            new("budgets.maxUncommittedEntries", used.UncommittedEntries, node.MaxUncommittedEntries),
            new("budgets.maxUncommittedBytes", used.UncommittedBytes, node.MaxUncommittedBytes),
            new("http.maxConnections", connections.Count, connections.Options.MaxConnections),
            new("http.maxLargeBodyBytes", largeBodyBytes, connections.Options.MaxLargeBodyBytes),
        ];
    }
}
