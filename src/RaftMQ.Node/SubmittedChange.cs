using RaftMQ.Consensus;
using RaftMQ.Replica;
using RaftMQ.Replica.Requests;

namespace RaftMQ.Node;

/// <summary>How an operator's change of the cluster ended.</summary>
/// <param name="Outcome">Whether it was done.</param>
/// <param name="Reason">Why it was refused, or what it waited for in vain, as a sentence without its full stop; null otherwise.</param>
/// <param name="Leader">The leader that this node knew then, if any.</param>
public readonly record struct ChangeResult(ChangeOutcome Outcome, string? Reason, NodeId? Leader);

/// <summary>An operator's change of the cluster, with the promise of its end.</summary>
internal sealed class SubmittedChange(ClusterChange change, Inbox<ReplicaInput> inbox) : PendingChange(change)
{
    /// <summary>What a cancellation calls, with the change as its state.</summary>
    public static readonly Action<object?> Abandon = static state => ((SubmittedChange)state!).LeaveWord();

    private readonly TaskCompletionSource<ChangeResult> _promise = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public Task<ChangeResult> Task => _promise.Task;

    public void Finish() => _promise.SetResult(new ChangeResult(Outcome, Reason, Leader));

    /// <summary>Ends it without a replica: the node has ended.</summary>
    public void Refuse() => _promise.SetResult(new ChangeResult(ChangeOutcome.NotLeader, null, null));

    private void LeaveWord() => inbox.Post(new ChangeGoneInput(this));
}
