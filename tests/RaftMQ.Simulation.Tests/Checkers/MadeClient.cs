using System.Text;
using RaftMQ.Queues;
using RaftMQ.Simulation.Histories;

namespace RaftMQ.Simulation.Tests.Checkers;

/// <summary>A client of a made-up run: one operation at a time.</summary>
internal sealed class MadeClient(int number)
{
    private QueueReply _reply;
    private string? _body;

    public int Number { get; } = number;

    public Operation? Current { get; private set; }

    public Operation? Last { get; private set; }

    public bool HasTakenEffect { get; private set; }

    /// <summary>The command that is sent for it; null for a read.</summary>
    public byte[]? Command => Current!.Kind switch
    {
        OperationKind.CreateTopic => QueueCommandCodec.CreateTopic(Current.Topic, Current.Key, Current.Policy),
        OperationKind.SetPolicy => QueueCommandCodec.SetTopicPolicy(Current.Topic, Current.Policy, Current.Key),
        OperationKind.Publish => QueueCommandCodec.Publish(Current.Topic, Encoding.UTF8.GetBytes(Current.Body!), Current.Key),
        OperationKind.Pop => QueueCommandCodec.Pop(Current.Topic, Current.Key),
        _ => null,
    };

    public void Begin(Operation operation)
    {
        Current = operation;
        HasTakenEffect = false;
    }

    public void TakeEffect(in QueueReply reply, string? body)
    {
        (_reply, _body) = (reply, body);
        HasTakenEffect = true;
    }

    public void Reply(long at)
    {
        Operation operation = Current!;
        operation.Outcome = _reply.Outcome;
        operation.Index = _reply.Index;
        operation.Taken = _body;
        End(at, Ending.Replied);
    }

    public void End(long at, Ending ending)
    {
        Current!.EndedAt = at;
        Current.Ending = ending;
        Last = Current;
        Current = null;
    }
}
