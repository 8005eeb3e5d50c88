using RaftMQ.Queues.State;

namespace RaftMQ.Queues.Commands;

/// <summary>Creates a topic. It has no part of its own. Replies, checked in this order: BadTopicName, TopicExists, TooManyTopics, Done.</summary>
internal static class CreateTopicCommand
{
    public static QueueReply Apply(QueueState state, in CommandBytes command, ulong index)
    {
        if (!TopicName.IsValid(command.Topic.Span, state.Limits.MaxTopicNameBytes))
        {
            return new QueueReply(QueueOutcome.BadTopicName, default, index, state.Limits.MaxTopicNameBytes);
        }

        if (state.Find(command.Topic) is not null)
        {
            return new QueueReply(QueueOutcome.TopicExists, default, index);
        }

        if (state.TopicCount >= state.Limits.MaxTopics)
        {
            return new QueueReply(QueueOutcome.TooManyTopics, default, index, state.Limits.MaxTopics);
        }

        state.Create(command.Topic.Span);
        return new QueueReply(QueueOutcome.Done, default, index);
    }
}
