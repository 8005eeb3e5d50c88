using RaftMQ.Queues;
using RaftMQ.Replica;
using RaftMQ.Replica.Requests;

namespace RaftMQ.Node;

/// <summary>What a node knows of a topic.</summary>
/// <param name="Outcome">Replied; NoLeader while the node knows nothing yet; Overloaded or Stopping.</param>
/// <param name="Gauges">The topic, or null if this node knows none of that name.</param>
public readonly record struct TopicLook(RequestOutcome Outcome, TopicGauges? Gauges);

/// <summary>A client's wish to see a topic as this node has it, with the promise of an answer. It decides nothing and asks nobody, so the replica does not hear of it.</summary>
internal sealed class SubmittedLook(string topic)
{
    private readonly TaskCompletionSource<TopicLook> _promise = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public Task<TopicLook> Task => _promise.Task;

    /// <summary>Answers from the machine; on the replica's thread, which alone may look at it.</summary>
    public void Answer(QueueReplica replica)
    {
        bool knowsNothing = replica.AppliedIndex == Consensus.LogIndex.Zero;
        _promise.SetResult(knowsNothing ? new TopicLook(RequestOutcome.NoLeader, null) : new TopicLook(RequestOutcome.Replied, replica.Machine.Look(topic)));
    }

    /// <summary>Ends it without a replica: the node has ended.</summary>
    public void Refuse() => _promise.SetResult(new TopicLook(RequestOutcome.Stopping, null));
}

/// <summary>Stands in the inbox between the replica's inputs and is answered there (<see cref="NodeLife"/>).</summary>
internal sealed record LookInput(SubmittedLook Look) : ReplicaInput;
