using RaftMQ.Queues.State;

namespace RaftMQ.Queues.Commands;

/// <summary>
/// Changes the policy of a topic. Its own part: <see cref="PolicyBytes"/>. Replies, checked in this order: UnknownCommand, PolicyAboveMaxMessages, PolicyAboveMaxBytes, NoSuchTopic,
/// Done. What waits above a lowered limit stays if the topic rejects; if it drops the oldest, they go, a bounded number now and the rest with the publishes and changes that follow.
/// </summary>
internal static class SetTopicPolicyCommand
{
    public static byte[] Encode(string topic, in TopicPolicyChange change, string? key)
    {
        byte[] bytes = CommandBytes.Create(QueueCommandKind.SetTopicPolicy, topic, key, PolicyBytes.Length, out Span<byte> rest);
        PolicyBytes.Write(change, rest);
        return bytes;
    }

    public static QueueReply Apply(QueueState state, in CommandBytes command, ulong index)
    {
        if (!PolicyBytes.TryRead(command.Rest.Span, out TopicPolicyChange change))
        {
            return new QueueReply(QueueOutcome.UnknownCommand, default, index);
        }

        if (change.RefusalUnder(state.Limits) is var (outcome, limit))
        {
            return new QueueReply(outcome, default, index, limit);
        }

        if (state.Find(command.Topic) is not { } topic)
        {
            return new QueueReply(QueueOutcome.NoSuchTopic, default, index);
        }

        state.SetPolicy(topic, change.ApplyTo(topic.Policy));
        OldestFirst.DropExcess(state, topic);
        return new QueueReply(QueueOutcome.Done, default, index);
    }
}
