using RaftMQ.Node;
using RaftMQ.Replica.Requests;

namespace RaftMQ.Server.Http;

/// <summary>What the surfaces need of a node. A seam, so that they can be tested without one.</summary>
internal interface IQueueNode
{
    /// <summary>The node as of now; never waits.</summary>
    NodeStatus Status { get; }

    /// <summary>Requests under way and the bytes of their commands.</summary>
    (int Count, long Bytes) RequestsUnderWay { get; }

    /// <summary>Carries out a command.</summary>
    ValueTask<RequestResult> SubmitAsync(ReadOnlyMemory<byte> command, CancellationToken cancellation);

    /// <summary>Reads the names of all topics, linearizably.</summary>
    ValueTask<TopicReadResult> ReadTopicsAsync(CancellationToken cancellation);

    /// <summary>Reads what there is of one topic, linearizably.</summary>
    ValueTask<TopicReadResult> ReadTopicAsync(string topic, CancellationToken cancellation);

    /// <summary>Changes the members or who leads, if this node leads.</summary>
    ValueTask<ChangeResult> ChangeAsync(ClusterChange change, CancellationToken cancellation);

    /// <summary>A consistent snapshot of the node with all bodies, in pieces.</summary>
    /// <exception cref="BackupEndedException">It was not begun, or ended before it was whole.</exception>
    IAsyncEnumerable<ReadOnlyMemory<byte>> BackupAsync(CancellationToken cancellation);
}
