namespace RaftMQ.Queues;

/// <summary>What a command asks for. The values are in the log.</summary>
public enum QueueCommandKind : byte
{
    /// <summary>Sets the limits; the settings of a birth are such a command.</summary>
    Configure = 1,

    /// <summary>Creates a topic.</summary>
    CreateTopic = 2,

    /// <summary>Appends a message to a topic.</summary>
    Publish = 3,

    /// <summary>Takes the oldest message of a topic.</summary>
    Pop = 4,

    /// <summary>Changes the policy of a topic.</summary>
    SetTopicPolicy = 5,
}

/// <summary>
/// The first words of a command, readable without decoding the rest: what a replica needs to admit, forward and time it.
/// </summary>
/// <param name="Kind">What it asks for.</param>
/// <param name="Topic">The topic's name.</param>
/// <param name="HasRequestKey">Whether it can be sent again without being done twice.</param>
public readonly record struct QueueCommandHeader(QueueCommandKind Kind, string Topic, bool HasRequestKey);
