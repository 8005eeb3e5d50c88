using System.Text;
using RaftMQ.Queues;
using RaftMQ.Simulation.Histories;

namespace RaftMQ.Simulation.World;

/// <summary>What a client wants, attempt after attempt the same.</summary>
internal sealed record ClientRequest(OperationKind Kind, string Topic, string? Body, string? Key, TopicPolicyChange Policy = default)
{
    public byte[] Encode() => Kind switch
    {
        OperationKind.CreateTopic => QueueCommandCodec.CreateTopic(Topic, Key, Policy),
        OperationKind.SetPolicy => QueueCommandCodec.SetTopicPolicy(Topic, Policy, Key),
        OperationKind.Publish => QueueCommandCodec.Publish(Topic, Encoding.UTF8.GetBytes(Body!), Key),
        _ => QueueCommandCodec.Pop(Topic, Key),
    };
}
