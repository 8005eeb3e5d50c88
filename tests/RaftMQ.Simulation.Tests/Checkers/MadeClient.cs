using System.Text;
using RaftMQ.Queues;
using RaftMQ.Simulation.Histories;

namespace RaftMQ.Simulation.Tests.Checkers;

/// <summary>A client of a made-up run: one operation at a time.</summary>
internal sealed class MadeClient(int number)
{
    private QueueReply _reply;

    public int Number { get; } = number;

    public Operation? Current { get; private set; }

    public Operation? Last { get; private set; }

    public bool HasTakenEffect { get; private set; }

    /// <summary>The command that is sent for it; null for a read.</summary>
    public byte[]? Command => Current!.Kind switch
    {
        OperationKind.CreateTopic => QueueCommandCodec.CreateTopic(Current.Topic, Current.Key),
        OperationKind.Publish => QueueCommandCodec.Publish(Current.Topic, Encoding.UTF8.GetBytes(Current.Body!), Current.Key),
        OperationKind.Pop => QueueCommandCodec.Pop(Current.Topic, Current.Key),
        _ => null,
    };

    public void Begin(Operation operation)
    {
        Current = operation;
        HasTakenEffect = false;
    }

    public void TakeEffect(in QueueReply reply)
    {
        _reply = reply;
        HasTakenEffect = true;
    }

    public void Reply(long at)
    {
        Operation operation = Current!;
        operation.Outcome = _reply.Outcome;
        operation.Index = _reply.Index;
        operation.Taken = operation.Kind == OperationKind.Pop && _reply.Outcome == QueueOutcome.Done ? Encoding.UTF8.GetString(_reply.Body.Span) : null;
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
