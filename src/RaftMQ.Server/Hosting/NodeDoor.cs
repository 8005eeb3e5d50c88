using RaftMQ.Consensus;
using RaftMQ.Node;
using RaftMQ.Replica.Requests;
using RaftMQ.Server.Http;
using RaftMQ.Storage.Identity;

namespace RaftMQ.Server.Hosting;

/// <summary>
/// The node as the surfaces see it, from before it exists: the listener is up first, so that clients and supervisors find the port open while the
/// disk is
/// still being read. Requests of that moment wait here.
/// </summary>
internal sealed class NodeDoor(NodeId self) : IQueueNode
{
    private readonly TaskCompletionSource<RaftNode> _opened = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly NodeStatus _before = new() { Identity = new ServerIdentity(ClusterId.None, new ServerId(self, 0)) };
    private volatile RaftNode? _node;

    public NodeStatus Status => _node?.Status ?? _before;

    public (int Count, long Bytes) RequestsUnderWay => _node?.RequestsUnderWay ?? default;

    /// <summary>The node is there.</summary>
    public void Open(RaftNode node)
    {
        _node = node;
        _opened.SetResult(node);
    }

    public ValueTask<RequestResult> SubmitAsync(ReadOnlyMemory<byte> command, CancellationToken cancellation) =>
        _node is { } node ? node.SubmitAsync(command, cancellation) : SubmitOnceOpenAsync(command, cancellation);

    public ValueTask<TopicReadResult> ReadTopicsAsync(CancellationToken cancellation) =>
        _node is { } node ? node.ReadTopicsAsync(cancellation) : ReadTopicsOnceOpenAsync(cancellation);

    public ValueTask<TopicReadResult> ReadTopicAsync(string topic, CancellationToken cancellation) =>
        _node is { } node ? node.ReadTopicAsync(topic, cancellation) : ReadTopicOnceOpenAsync(topic, cancellation);

    public ValueTask<ChangeResult> ChangeAsync(ClusterChange change, CancellationToken cancellation) =>
        _node is { } node ? node.ChangeAsync(change, cancellation) : ValueTask.FromResult(new ChangeResult(ChangeOutcome.NotLeader, null, null));

    public IAsyncEnumerable<ReadOnlyMemory<byte>> BackupAsync(CancellationToken cancellation) =>
        _node is { } node ? node.BackupAsync(cancellation) : throw new BackupEndedException(RequestOutcome.NoLeader);

    private async ValueTask<RequestResult> SubmitOnceOpenAsync(ReadOnlyMemory<byte> command, CancellationToken cancellation)
    {
        RaftNode node = await _opened.Task.WaitAsync(cancellation);
        return await node.SubmitAsync(command, cancellation);
    }

    private async ValueTask<TopicReadResult> ReadTopicsOnceOpenAsync(CancellationToken cancellation)
    {
        RaftNode node = await _opened.Task.WaitAsync(cancellation);
        return await node.ReadTopicsAsync(cancellation);
    }

    private async ValueTask<TopicReadResult> ReadTopicOnceOpenAsync(string topic, CancellationToken cancellation)
    {
        RaftNode node = await _opened.Task.WaitAsync(cancellation);
        return await node.ReadTopicAsync(topic, cancellation);
    }
}
