using RaftMQ.Queues.State;

namespace RaftMQ.Queues.Commands;

/// <summary>
/// Creates a topic. Its own part: nothing for a topic without a policy, as entries had it before there were any; otherwise what differs from that, in <see cref="PolicyBytes"/>.
/// Replies, checked in this order: UnknownCommand, BadTopicName, PolicyAboveMaxMessages, PolicyAboveMaxBytes, TopicExists, TooManyTopics, Done.
/// </summary>
internal static class CreateTopicCommand
{
    public static byte[] Encode(string topic, in TopicPolicyChange policy, string? key)
    {
        byte[] bytes = CommandBytes.Create(QueueCommandKind.CreateTopic, topic, key, policy.IsEmpty ? 0 : PolicyBytes.Length, out Span<byte> rest);
        if (!policy.IsEmpty)
        {
            PolicyBytes.Write(policy, rest);
        }

        return bytes;
    }

    public static QueueReply Apply(QueueState state, in CommandBytes command, ulong index)
    {
        TopicPolicyChange policy = default;
        if (!command.Rest.IsEmpty && !PolicyBytes.TryRead(command.Rest.Span, out policy))
        {
            return new QueueReply(QueueOutcome.UnknownCommand, default, index);
        }

        if (!TopicName.IsValid(command.Topic.Span, state.Limits.MaxTopicNameBytes))
        {
            return new QueueReply(QueueOutcome.BadTopicName, default, index, state.Limits.MaxTopicNameBytes);
        }

        if (policy.RefusalUnder(state.Limits) is var (outcome, limit))
        {
            return new QueueReply(outcome, default, index, limit);
        }

        if (state.Find(command.Topic) is not null)
        {
            return new QueueReply(QueueOutcome.TopicExists, default, index);
        }

        if (state.TopicCount >= state.Limits.MaxTopics)
        {
            return new QueueReply(QueueOutcome.TooManyTopics, default, index, state.Limits.MaxTopics);
        }

        state.SetPolicy(state.Create(command.Topic.Span), policy.ApplyTo(default));
        return new QueueReply(QueueOutcome.Done, default, index);
    }
}
