using RaftMQ.Consensus;
using RaftMQ.Contracts;
using RaftMQ.Node;
using RaftMQ.Queues;
using RaftMQ.Replica.Requests;

namespace RaftMQ.Server.Http;

/// <summary>What the outcomes of the replica and of the queue mean to a client: one table.</summary>
internal static class Outcomes
{
    /// <summary>The refusal of an outcome, or null if it was carried out.</summary>
    /// <param name="outcome">How the request ended; not <see cref="RequestOutcome.Cancelled"/>, which nobody is left to read.</param>
    /// <param name="reply">The machine's reply, if there is one.</param>
    /// <param name="topic">The topic of the request, for the message.</param>
    /// <param name="status">The node as it is, to say what is missing.</param>
    /// <param name="limit">The limit of a node that it ran into, if it was one.</param>
    public static Refusal? RefusalOf(RequestOutcome outcome, in QueueReply reply, string topic, NodeStatus status, LimitReached limit = default) => outcome switch
    {
        RequestOutcome.Replied => RefusalOf(reply, topic),
        RequestOutcome.NoLeader => NoLeader(status),
        RequestOutcome.NotLeader => Refusal.NotLeader,
        RequestOutcome.NotReady when status.Phase == NodePhase.Recovering => Refusal.Because(Reason.NotReady),
        RequestOutcome.NotReady => Refusal.Because(Reason.NotReady, "a snapshot from the leader is on its way to it"),
        RequestOutcome.Overloaded => Refusal.Because(Reason.Overloaded, Words(limit)),
        RequestOutcome.DiskFull when limit.Limit == NodeLimit.NodesWithRoom => Refusal.Because(Reason.NodesFull, Words(limit)),
        RequestOutcome.DiskFull => Refusal.Because(Reason.DiskFull, Words(limit)),
        RequestOutcome.MemoryFull => Refusal.Because(Reason.MemoryFull, Words(limit)),
        RequestOutcome.Stopping => Refusal.Because(Reason.Stopping),
        RequestOutcome.Overwritten => Refusal.Because(Reason.Overwritten),
        RequestOutcome.OutcomeUnknown => Refusal.Because(Reason.OutcomeUnknown),
        _ => Refusal.Because(Reason.Internal),
    };

    private static Refusal? RefusalOf(in QueueReply reply, string topic) => reply.Outcome switch
    {
        QueueOutcome.Done => null,
        QueueOutcome.TopicExists => Refusal.TopicExists,
        QueueOutcome.NoSuchTopic => Refusal.NoSuchTopic,
        QueueOutcome.Empty => Refusal.Empty,
        QueueOutcome.TooManyTopics => Refusal.Because(Reason.TooManyTopics, $"{reply.Limit} topics (limits.maxTopics)"),
        QueueOutcome.TopicFullMessages => Refusal.Because(
            Reason.TopicFull, $"\"{topic}\" may hold {reply.Limit} messages ({MessagesOf(reply)})"),
        QueueOutcome.TopicFullBytes => Refusal.Because(
            Reason.TopicFull, $"with this message \"{topic}\" would hold more than {reply.Limit} bytes ({BytesOf(reply)})"),
        QueueOutcome.DropBoundReached => Refusal.Because(
            Reason.TopicFull, $"more than {reply.Limit} of the oldest messages of \"{topic}\" would have to be dropped at once"),
        QueueOutcome.QueueFullMessages => Refusal.Because(Reason.QueueFull, $"{reply.Limit} messages (limits.maxMessages)"),
        QueueOutcome.QueueFullBytes => Refusal.Because(Reason.QueueFull, $"{reply.Limit} bytes (limits.maxBytes)"),
        QueueOutcome.MessageTooLarge => MessageTooLarge(reply.Limit),
        QueueOutcome.MessageTooLargeForTopic => Refusal.Because(
            Reason.MessageTooLarge, $"at most {reply.Limit} bytes of UTF-8 fit into \"{topic}\" ({BytesOf(reply)})"),
        QueueOutcome.PolicyAboveMaxMessages => Refusal.Because(Reason.BadTopicPolicy, $"maxMessages may be {reply.Limit} at most (limits.maxMessagesPerTopic)"),
        QueueOutcome.PolicyAboveMaxBytes => Refusal.Because(Reason.BadTopicPolicy, $"maxBytes may be {reply.Limit} at most (limits.maxBytesPerTopic)"),
        QueueOutcome.BadTopicName => Refusal.Because(Reason.BadTopicName),
        QueueOutcome.RequestKeyReused => Refusal.Because(Reason.RequestKeyReused),
        QueueOutcome.RequestKeysFull => Refusal.Because(Reason.RequestKeysFull, $"{reply.Limit} keys (limits.maxRequestKeys)"),
        QueueOutcome.RequestKeyBytesFull => Refusal.Because(Reason.RequestKeysFull, $"what they were answered with takes {reply.Limit} bytes (limits.maxRequestKeyBytes)"),
        QueueOutcome.UnknownCommand => Refusal.Because(Reason.UnknownCommand),
        _ => Refusal.Because(Reason.Internal),
    };

    /// <summary>The refusal of a message that is too large.</summary>
    public static Refusal MessageTooLarge(long limit) =>
        Refusal.Because(Reason.MessageTooLarge, $"at most {limit} bytes of UTF-8 (limits.maxMessageBytes)");

    /// <summary>A limit of a node with its value and its key, for people; null for one that this program does not know.</summary>
    public static string? Words(LimitReached limit) => limit.Limit switch
    {
        NodeLimit.Requests => $"{limit.Value} requests (budgets.maxRequests)",
        NodeLimit.RequestBytes => $"{limit.Value} bytes of requests (budgets.maxRequestBytes)",
        NodeLimit.UncommittedEntries => $"{limit.Value} entries are not committed yet (budgets.maxUncommittedEntries)",
        NodeLimit.UncommittedBytes => $"{limit.Value} bytes are not committed yet (budgets.maxUncommittedBytes)",
        NodeLimit.ForwardedReads => $"{limit.Value} requests of other nodes wait for the leader to confirm that it leads",
        NodeLimit.Backups => $"{limit.Value} backup is read at a time",
        NodeLimit.Disk => "the disk of this node, or of the leader, has no room but its reserve",
        NodeLimit.DiskBudget => $"the folder of this node, or of the leader, may take {limit.Value} bytes (budgets.diskBytes)",
        NodeLimit.MemoryBudget => $"{limit.Value} bytes (budgets.memoryBytes)",
        NodeLimit.NodesWithRoom => $"{limit.Value} nodes must have room for it on disk and in memory (budgets.diskBytes, budgets.memoryBytes), and fewer have",
        _ => null,
    };

    private static string MessagesOf(in QueueReply reply) => reply.LimitIsOfTopic ? "maxMessages of the topic" : "limits.maxMessagesPerTopic";

    private static string BytesOf(in QueueReply reply) => reply.LimitIsOfTopic ? "maxBytes of the topic" : "limits.maxBytesPerTopic";

    /// <summary>The refusal of what needs a leader, where there is none.</summary>
    public static Refusal NoLeader(NodeStatus status) => status.Phase switch
    {
        NodePhase.Recovering => Refusal.Because(Reason.NotReady),
        NodePhase.Unborn when status.WaitingFor.Count > 0 => Refusal.Because(
            Reason.NoLeader, $"it has not been founded yet; this node waits for {Nodes(status.WaitingFor)}"),
        NodePhase.Removed => Refusal.Because(Reason.NotAMember),
        NodePhase.Unborn => Refusal.Because(Reason.NoLeader, "it has not been founded yet"),
        _ => Refusal.Because(Reason.NoLeader),
    };

    private static string Nodes(IReadOnlyList<NodeId> nodes) => (nodes.Count == 1 ? "node " : "nodes ") + string.Join(", ", nodes);
}
