using RaftMQ.Queues.State;

namespace RaftMQ.Queues.Commands;

/// <summary>
/// Appends a message to a topic. Its own part is the body. Replies, checked in this order: NoSuchTopic, MessageTooLarge, MessageTooLargeForTopic; TopicFullMessages and
/// TopicFullBytes if the topic rejects; TopicFullMessages (of a limit of none) and DropBoundReached if it drops its oldest; QueueFullMessages, QueueFullBytes, Done.
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
        ReadOnlyMemory<byte> body = command.Rest;
        if (state.Find(command.Topic) is not { } topic)
        {
            return new QueueReply(QueueOutcome.NoSuchTopic, default, index);
        }

        QueueReply reply = topic.Policy.Overflow == Overflow.DropOldest
            ? MakeRoom(state, topic, body.Length, index)
            : Admit(state, topic, body.Length, index);
        if (reply.Outcome == QueueOutcome.Done)
        {
            state.Publish(topic, BodyReference.To(body.Span, command.RestOffset, index));
        }

        return reply;
    }

    /// <summary>To a topic that refuses what does not fit.</summary>
    private static QueueReply Admit(QueueState state, Topic topic, int bytes, ulong index)
    {
        (long maxMessages, bool messagesAreOwn) = topic.Policy.MessagesUnder(state.Limits);
        (long maxBytes, bool bytesAreOwn) = topic.Policy.BytesUnder(state.Limits);
        return TooLarge(state, topic, bytes, index)
            ?? (topic.Count >= maxMessages ? new QueueReply(QueueOutcome.TopicFullMessages, default, index, maxMessages, messagesAreOwn)
            : bytes > maxBytes - topic.Bytes ? new QueueReply(QueueOutcome.TopicFullBytes, default, index, maxBytes, bytesAreOwn)
            : AdmitToCluster(state, bytes, 0, 0, index));
    }

    /// <summary>To a topic that drops its oldest: none goes for a message that is not taken in after all, but those that are above a limit already.</summary>
    private static QueueReply MakeRoom(QueueState state, Topic topic, int bytes, ulong index)
    {
        if (TooLarge(state, topic, bytes, index) is { } refusal)
        {
            return refusal;
        }

        (long maxMessages, bool isOwn) = topic.Policy.MessagesUnder(state.Limits);
        int most = QueueMachine.MaxDropsPerCommand - OldestFirst.DropExcess(state, topic);
        if (maxMessages == 0)
        {
            return new QueueReply(QueueOutcome.TopicFullMessages, default, index, maxMessages, isOwn);
        }

        if (OldestFirst.RoomFor(state.Limits, topic, bytes, most) is not var (messages, freed))
        {
            return new QueueReply(QueueOutcome.DropBoundReached, default, index, QueueMachine.MaxDropsPerCommand);
        }

        QueueReply reply = AdmitToCluster(state, bytes, messages, freed, index);
        for (int i = 0; reply.Outcome == QueueOutcome.Done && i < messages; i++)
        {
            state.Drop(topic);
        }

        return reply;
    }

    private static QueueReply? TooLarge(QueueState state, Topic topic, int bytes, ulong index)
    {
        (long maxBytes, bool isOwn) = topic.Policy.BytesUnder(state.Limits);
        return bytes > state.Limits.MaxMessageBytes ? new QueueReply(QueueOutcome.MessageTooLarge, default, index, state.Limits.MaxMessageBytes)
            : bytes > maxBytes ? new QueueReply(QueueOutcome.MessageTooLargeForTopic, default, index, maxBytes, isOwn)
            : null;
    }

    /// <summary>All topics together always reject: no topic's messages go for those of another.</summary>
    private static QueueReply AdmitToCluster(QueueState state, int bytes, int goingMessages, long goingBytes, ulong index)
    {
        QueueLimits limits = state.Limits;
        return state.MessageCount - goingMessages >= limits.MaxMessages ? new QueueReply(QueueOutcome.QueueFullMessages, default, index, limits.MaxMessages)
            : bytes > limits.MaxBytes - (state.ByteCount - goingBytes) ? new QueueReply(QueueOutcome.QueueFullBytes, default, index, limits.MaxBytes)
            : new QueueReply(QueueOutcome.Done, default, index);
    }
}
