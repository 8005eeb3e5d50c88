namespace RaftMQ.Queues;

/// <summary>What happens when a topic is at one of its limits and a message comes. The values are in the log.</summary>
public enum Overflow : byte
{
    /// <summary>The message is refused.</summary>
    Reject = 0,

    /// <summary>The oldest waiting messages go until it fits, at most <see cref="QueueMachine.MaxDropsPerCommand"/> at a time; they are counted.</summary>
    DropOldest = 1,
}

/// <summary>
/// What a topic may hold, and what happens when it is full. Replicated. The cluster's limits are the upper bounds also when they are lowered later: the tighter one holds. The
/// default is that of a topic without a policy.
/// </summary>
/// <param name="MaxMessages">The most messages; <see cref="OfCluster"/> for <see cref="QueueLimits.MaxMessagesPerTopic"/>.</param>
/// <param name="MaxBytes">The most body bytes; <see cref="OfCluster"/> for <see cref="QueueLimits.MaxBytesPerTopic"/>.</param>
/// <param name="Overflow">What happens at a limit.</param>
public readonly record struct TopicPolicy(long MaxMessages = TopicPolicy.OfCluster, long MaxBytes = TopicPolicy.OfCluster, Overflow Overflow = Overflow.Reject)
{
    /// <summary>Stands for the cluster's limit, whatever that is at the time.</summary>
    public const long OfCluster = 0;

    /// <summary>The limit in force for messages, and whether it is the topic's own.</summary>
    internal (long Limit, bool IsOwn) MessagesUnder(QueueLimits limits) => Tighter(MaxMessages, limits.MaxMessagesPerTopic);

    /// <summary>The limit in force for body bytes, and whether it is the topic's own.</summary>
    internal (long Limit, bool IsOwn) BytesUnder(QueueLimits limits) => Tighter(MaxBytes, limits.MaxBytesPerTopic);

    private static (long Limit, bool IsOwn) Tighter(long own, long ofCluster) => own != OfCluster && own <= ofCluster ? (own, true) : (ofCluster, false);
}

/// <summary>What is to become different in a topic's policy. What is null stays; the default changes nothing.</summary>
/// <param name="MaxMessages">The most messages, 1 or more and no more than the cluster's limit; <see cref="TopicPolicy.OfCluster"/> for that limit itself.</param>
/// <param name="MaxBytes">The most body bytes, likewise.</param>
/// <param name="Overflow">What happens at a limit.</param>
public readonly record struct TopicPolicyChange(long? MaxMessages = null, long? MaxBytes = null, Overflow? Overflow = null)
{
    /// <summary>Whether it changes nothing.</summary>
    public bool IsEmpty => this == default;

    internal TopicPolicy ApplyTo(TopicPolicy policy) => new(MaxMessages ?? policy.MaxMessages, MaxBytes ?? policy.MaxBytes, Overflow ?? policy.Overflow);

    /// <summary>Whether it asks for more than the cluster allows: which of its limits says no, and its value.</summary>
    internal (QueueOutcome Outcome, long Limit)? RefusalUnder(QueueLimits limits) =>
        MaxMessages > limits.MaxMessagesPerTopic ? (QueueOutcome.PolicyAboveMaxMessages, limits.MaxMessagesPerTopic)
        : MaxBytes > limits.MaxBytesPerTopic ? (QueueOutcome.PolicyAboveMaxBytes, limits.MaxBytesPerTopic)
        : null;
}

/// <summary>A topic as it is at one moment.</summary>
/// <param name="Messages">Messages waiting.</param>
/// <param name="Bytes">Body bytes waiting.</param>
/// <param name="MaxMessages">The limit in force for messages.</param>
/// <param name="MaxBytes">The limit in force for body bytes.</param>
/// <param name="Overflow">What happens at a limit.</param>
/// <param name="Dropped">Messages that were dropped because the topic was full, since it was created.</param>
public readonly record struct TopicGauges(long Messages, long Bytes, long MaxMessages, long MaxBytes, Overflow Overflow, long Dropped);
