namespace RaftMQ.Queues;

/// <summary>What became of a command that was applied. Everything but <see cref="Done"/> is a refusal that changed nothing, but that with a publish
/// a topic that drops its oldest loses what it holds above its limits.</summary>
public enum QueueOutcome : byte
{
    /// <summary>Nothing was decided: what an unset reply says.</summary>
    None = 0,

    /// <summary>Carried out.</summary>
    Done = 1,

    /// <summary>A topic of this name exists.</summary>
    TopicExists = 2,

    /// <summary>No topic has this name.</summary>
    NoSuchTopic = 3,

    /// <summary>The topic holds no message.</summary>
    Empty = 4,

    /// <summary>The cluster holds as many topics as it may.</summary>
    TooManyTopics = 5,

    /// <summary>The topic holds as many messages as it may.</summary>
    TopicFullMessages = 6,

    /// <summary>The topic holds as many bytes as it may.</summary>
    TopicFullBytes = 7,

    /// <summary>All topics together hold as many messages as they may.</summary>
    QueueFullMessages = 8,

    /// <summary>All topics together hold as many bytes as they may.</summary>
    QueueFullBytes = 9,

    /// <summary>The message is larger than a message may be.</summary>
    MessageTooLarge = 10,

    /// <summary>The topic's name is empty, too long, or holds characters that a name may not.</summary>
    BadTopicName = 11,

    /// <summary>The request key was used for another request.</summary>
    RequestKeyReused = 12,

    /// <summary>As many request keys are remembered as may be.</summary>
    RequestKeysFull = 13,

    /// <summary>The command is of a kind or version that this program does not know.</summary>
    UnknownCommand = 14,

    /// <summary>The message alone is larger than all that its topic may hold.</summary>
    MessageTooLargeForTopic = 15,

    /// <summary>The policy allows more messages than the cluster allows a topic.</summary>
    PolicyAboveMaxMessages = 16,

    /// <summary>The policy allows more bytes than the cluster allows a topic.</summary>
    PolicyAboveMaxBytes = 17,

    /// <summary>The topic drops its oldest, and for this message more would have to go than one command may drop.</summary>
    DropBoundReached = 18,

    /// <summary>What request keys were answered with holds as many bytes as it may.</summary>
    RequestKeyBytesFull = 19,
}
