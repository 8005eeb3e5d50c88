namespace RaftMQ.Queues;

/// <summary>
/// The replicated state machine: topics with their messages in order, and the request keys that make a retry return the first result.
/// The same commands in the same order give the same state and the same replies on every node. It has no clock: time comes with the commands.
/// </summary>
public sealed class QueueMachine
{
    /// <summary>The most bytes of a request key.</summary>
    public const int MaxRequestKeyLength = 255;

    /// <summary>The limits in force.</summary>
    public QueueLimits Limits => throw new NotImplementedException();

    /// <summary>The names of all topics in order of creation.</summary>
    public IReadOnlyList<string> Topics => throw new NotImplementedException();

    /// <summary>Messages waiting in all topics.</summary>
    public long MessageCount => throw new NotImplementedException();

    /// <summary>Body bytes waiting in all topics.</summary>
    public long ByteCount => throw new NotImplementedException();

    /// <summary>A hash of the whole state, kept incrementally: equal states have equal hashes on every node.</summary>
    public ulong StateHash => throw new NotImplementedException();

    /// <summary>How many messages wait in a topic, or null if there is no such topic.</summary>
    public long? Count(string topic) => throw new NotImplementedException();

    /// <summary>Carries out the next command of the log. Bytes that are no command are refused, never an exception.</summary>
    public QueueReply Apply(in CommittedCommand command) => throw new NotImplementedException();
}
