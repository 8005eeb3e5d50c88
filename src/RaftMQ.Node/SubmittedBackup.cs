using RaftMQ.Replica.Requests;

namespace RaftMQ.Node;

/// <summary>A client's backup: one piece at a time is promised, completed by the replica's thread and taken on the pool.</summary>
internal sealed class SubmittedBackup : PendingBackup
{
    private TaskCompletionSource _promise = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>The next piece, or the end.</summary>
    public Task Task => _promise.Task;

    public void Finish() => _promise.TrySetResult();

    /// <summary>Ends it without a replica: the node has ended.</summary>
    public void Refuse()
    {
        HasEnded = true;
        Finish();
    }

    /// <summary>Whether the node ended before its replica could answer.</summary>
    public bool HasEnded { get; private set; }

    /// <summary>The piece was taken; the next is promised.</summary>
    public void Promise() => _promise = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
}

/// <summary>A backup was not begun, or ended before it was whole.</summary>
/// <param name="outcome">Why.</param>
public sealed class BackupEndedException(RequestOutcome outcome) : Exception($"the backup ended: {outcome}")
{
    /// <summary>Why: Overloaded if another one is under way, NoLeader before the birth, Stopping, OutcomeUnknown if it was given up.</summary>
    public RequestOutcome Outcome { get; } = outcome;
}
