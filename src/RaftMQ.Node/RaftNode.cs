using Microsoft.Extensions.Logging;
using RaftMQ.Replica.Requests;
using RaftMQ.Storage.Files;

namespace RaftMQ.Node;

/// <summary>
/// One node: a thread that steps the replica, a thread that writes and flushes the disk, and the doors to both. All members may be called from any thread.
/// </summary>
public sealed class RaftNode : IAsyncDisposable
{
    /// <summary>Starts a node. Returns at once: recovery runs on the node's own threads, and <see cref="Status"/> tells how far it has come.</summary>
    /// <param name="options">What the configuration says.</param>
    /// <param name="files">The data folder; locked, and released at the end, by the node.</param>
    /// <param name="network">The links; owned by the caller, who disposes it after the node.</param>
    /// <param name="logger">Where events for people go.</param>
    public static RaftNode Start(NodeOptions options, IFileSystem files, IPeerNetwork network, ILogger logger) => throw new NotImplementedException();

    /// <summary>The node as of now. Never waits.</summary>
    public NodeStatus Status => throw new NotImplementedException();

    /// <summary>Ends when the node has ended, by request or by itself.</summary>
    public Task<NodeEnd> Completion => throw new NotImplementedException();

    /// <summary>Raised on the node's thread after role, term, leader or phase changed; must not block.</summary>
    public event Action<NodeStatus>? Changed { add => throw new NotImplementedException(); remove => throw new NotImplementedException(); }

    /// <summary>Carries out a command (<see cref="RaftMQ.Queues.QueueCommandCodec"/>). Ends at the latest at the request timeout.</summary>
    /// <param name="command">The command's bytes; must not be changed afterwards.</param>
    /// <param name="cancellation">The client has gone: a command not proposed yet is dropped.</param>
    public ValueTask<RequestResult> SubmitAsync(ReadOnlyMemory<byte> command, CancellationToken cancellation) => throw new NotImplementedException();

    /// <summary>Reads the topics, linearizably, on whatever node.</summary>
    public ValueTask<TopicsResult> ReadTopicsAsync(CancellationToken cancellation) => throw new NotImplementedException();

    /// <summary>Hands leadership over if it leads and <paramref name="handOver"/> is set, answers what waits, writes nothing more and ends. Bounded by about two seconds.</summary>
    public Task StopAsync(bool handOver) => throw new NotImplementedException();

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => throw new NotImplementedException();
}
