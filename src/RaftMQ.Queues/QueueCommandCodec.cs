using RaftMQ.Queues.Commands;

namespace RaftMQ.Queues;

/// <summary>The bytes of commands, as they stand in the log. One file of <c>Commands/</c> per command holds its layout; this is the door for callers.</summary>
public static class QueueCommandCodec
{
    /// <summary>The command that sets the limits.</summary>
    public static byte[] Configure(QueueLimits limits) => ConfigureCommand.Encode(limits);

    /// <summary>The command that creates a topic.</summary>
    /// <param name="topic">Its name.</param>
    /// <param name="requestKey">The request key, if any.</param>
    /// <param name="policy">What is to differ from a topic without a policy.</param>
    /// <exception cref="ArgumentException">The topic is no valid text or far too long, or the key is longer than <see cref="QueueMachine.MaxRequestKeyLength"/> bytes.</exception>
    public static byte[] CreateTopic(string topic, string? requestKey = null, TopicPolicyChange policy = default) => CreateTopicCommand.Encode(topic, policy, requestKey);

    /// <summary>The command that changes the policy of a topic.</summary>
    /// <exception cref="ArgumentException">As for <see cref="CreateTopic"/>, or a limit is negative.</exception>
    public static byte[] SetTopicPolicy(string topic, TopicPolicyChange change, string? requestKey = null) => SetTopicPolicyCommand.Encode(topic, change, requestKey);

    /// <summary>The command that publishes a message; the body is copied.</summary>
    /// <exception cref="ArgumentException">As for <see cref="CreateTopic"/>.</exception>
    public static byte[] Publish(string topic, ReadOnlySpan<byte> body, string? requestKey = null) => PublishCommand.Encode(topic, body, requestKey);

    /// <summary>The command that takes the oldest message.</summary>
    /// <exception cref="ArgumentException">As for <see cref="CreateTopic"/>.</exception>
    public static byte[] Pop(string topic, string? requestKey = null) => CommandBytes.Create(QueueCommandKind.Pop, topic, requestKey, 0, out _);

    /// <summary>Reads the first words of a command.</summary>
    /// <returns>False if the bytes are no command that this program knows.</returns>
    public static bool TryReadHeader(ReadOnlySpan<byte> command, out QueueCommandHeader header) => CommandBytes.TryReadHeader(command, out header);

    /// <summary>Reads a <see cref="Configure"/> command back, to compare the limits in force with those of a configuration file.</summary>
    public static bool TryReadLimits(ReadOnlySpan<byte> command, out QueueLimits limits)
    {
        limits = new QueueLimits();
        return CommandBytes.TryRead(command.ToArray(), out CommandBytes bytes) && bytes.Kind == QueueCommandKind.Configure
            && ConfigureCommand.TryDecode(bytes.Rest.Span, out limits);
    }
}
