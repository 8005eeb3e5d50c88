using RaftMQ.Queues.State;

namespace RaftMQ.Queues.Commands;

/// <summary>
/// Appends a message to a topic. Its own part is the body. Replies, checked in this order: NoSuchTopic, MessageTooLarge, TopicFullMessages, TopicFullBytes,
/// QueueFullMessages, QueueFullBytes, Done.
/// </summary>
internal static class PublishCommand
{
    public static byte[] Encode(string topic, ReadOnlySpan<byte> body, string? key)
    {
        byte[] bytes = CommandBytes.Create(QueueCommandKind.Publish, topic, key, body.Length, out Span<byte> rest);
        body.CopyTo(rest);
        return bytes;
    }

    public static QueueReply Apply(QueueState state, in CommandBytes command, ulong index)
    {
        QueueLimits limits = state.Limits;
        ReadOnlyMemory<byte> body = command.Rest;
        if (state.Find(command.Topic) is not { } topic)
        {
            return new QueueReply(QueueOutcome.NoSuchTopic, default, index);
        }

        (QueueOutcome outcome, long limit) =
            body.Length > limits.MaxMessageBytes ? (QueueOutcome.MessageTooLarge, (long)limits.MaxMessageBytes)
            : topic.Count >= limits.MaxMessagesPerTopic ? (QueueOutcome.TopicFullMessages, limits.MaxMessagesPerTopic)
            : body.Length > limits.MaxBytesPerTopic - topic.Bytes ? (QueueOutcome.TopicFullBytes, limits.MaxBytesPerTopic)
            : state.MessageCount >= limits.MaxMessages ? (QueueOutcome.QueueFullMessages, limits.MaxMessages)
            : body.Length > limits.MaxBytes - state.ByteCount ? (QueueOutcome.QueueFullBytes, limits.MaxBytes)
            : (QueueOutcome.Done, 0);
        if (outcome == QueueOutcome.Done)
        {
            state.Publish(topic, BodyReference.To(body.Span, command.RestOffset, index));
        }

        return new QueueReply(outcome, default, index, limit);
    }
}
