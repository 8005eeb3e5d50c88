namespace RaftMQ.Queues;

/// <summary>The bytes of commands, as they stand in the log. One file of <c>Commands/</c> per command holds its layout; this is the door for callers.</summary>
public static class QueueCommandCodec
{
    /// <summary>The command that sets the limits.</summary>
    public static byte[] Configure(QueueLimits limits) => throw new NotImplementedException();

    /// <summary>The command that creates a topic.</summary>
    public static byte[] CreateTopic(string topic, string? requestKey = null) => throw new NotImplementedException();

    /// <summary>The command that publishes a message; the body is copied.</summary>
    public static byte[] Publish(string topic, ReadOnlySpan<byte> body, string? requestKey = null) => throw new NotImplementedException();

    /// <summary>The command that takes the oldest message.</summary>
    public static byte[] Pop(string topic, string? requestKey = null) => throw new NotImplementedException();

    /// <summary>Reads the first words of a command.</summary>
    /// <returns>False if the bytes are no command that this program knows.</returns>
    public static bool TryReadHeader(ReadOnlySpan<byte> command, out QueueCommandHeader header) => throw new NotImplementedException();

    /// <summary>Reads a <see cref="Configure"/> command back, to compare the limits in force with those of a configuration file.</summary>
    public static bool TryReadLimits(ReadOnlySpan<byte> command, out QueueLimits limits) => throw new NotImplementedException();
}
