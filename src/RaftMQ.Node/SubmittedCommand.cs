using System.Threading.Tasks.Sources;
using RaftMQ.Queues;
using RaftMQ.Replica;
using RaftMQ.Replica.Requests;

namespace RaftMQ.Node;

/// <summary>A client's command together with the promise of its end; completed by the replica's thread, continued on the pool.</summary>
internal sealed class SubmittedCommand(ReadOnlyMemory<byte> command, QueueCommandHeader header, Inbox<ReplicaInput> inbox)
    : PendingCommand(command, header), IValueTaskSource<RequestResult>
{
    /// <summary>What a cancellation calls, with the command as its state.</summary>
    public static readonly Action<object?> Abandon = static state => ((SubmittedCommand)state!).LeaveWord();

    private ManualResetValueTaskSourceCore<RequestResult> _promise = new() { RunContinuationsAsynchronously = true };

    public ValueTask<RequestResult> Task => new(this, _promise.Version);

    public void Finish(RequestResult result) => _promise.SetResult(result);

    private void LeaveWord() => inbox.Post(new CommandGoneInput(this));

    RequestResult IValueTaskSource<RequestResult>.GetResult(short token) => _promise.GetResult(token);

    ValueTaskSourceStatus IValueTaskSource<RequestResult>.GetStatus(short token) => _promise.GetStatus(token);

    void IValueTaskSource<RequestResult>.OnCompleted(
        Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        _promise.OnCompleted(continuation, state, token, flags);
}

/// <summary>A client's wish to know the topics, or one of them, with the promise of its end.</summary>
internal sealed class SubmittedTopicRead(string? topic, Inbox<ReplicaInput> inbox) : PendingTopicRead(topic)
{
    /// <summary>What a cancellation calls, with the request as its state.</summary>
    public static readonly Action<object?> Abandon = static state => ((SubmittedTopicRead)state!).LeaveWord();

    private readonly TaskCompletionSource<TopicReadResult> _promise = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public Task<TopicReadResult> Task => _promise.Task;

    public void Finish() => _promise.SetResult(Result!);

    /// <summary>Ends it without a replica: the node has ended.</summary>
    public void Refuse(RequestOutcome outcome) => _promise.SetResult(new TopicReadResult(outcome, 0, null));

    private void LeaveWord() => inbox.Post(new TopicReadGoneInput(this));
}
