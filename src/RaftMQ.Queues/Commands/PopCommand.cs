using RaftMQ.Queues.State;

namespace RaftMQ.Queues.Commands;

/// <summary>
/// Takes the oldest message of a topic. It has no part of its own. Replies, checked in this order: NoSuchTopic, Empty, RequestKeyBytesFull (with a key: the body is
/// kept for a retry, and there is no room for it), Done with the body.
/// </summary>
internal static class PopCommand
{
    public static QueueReply Apply(QueueState state, in CommandBytes command, ulong index)
    {
        if (state.Find(command.Topic) is not { } topic)
        {
            return new QueueReply(QueueOutcome.NoSuchTopic, default, index);
        }

        if (topic.Count == 0)
        {
            return new QueueReply(QueueOutcome.Empty, default, index);
        }

        bool isKept = command.Key.Length > 0;
        if (isKept && topic.Oldest.Body.Length > state.Limits.MaxRequestKeyBytes - state.Keys.Bytes)
        {
            return new QueueReply(QueueOutcome.RequestKeyBytesFull, default, index, state.Limits.MaxRequestKeyBytes);
        }

        return new QueueReply(QueueOutcome.Done, state.Pop(topic), index);
    }
}
