using System.Runtime.CompilerServices;
using Microsoft.Extensions.Logging;
using RaftMQ.Consensus;
using RaftMQ.Queues;
using RaftMQ.Replica;
using RaftMQ.Replica.Peers;
using RaftMQ.Replica.Requests;
using RaftMQ.Storage;
using RaftMQ.Storage.Files;
using RaftMQ.Storage.Identity;

namespace RaftMQ.Node;

/// <summary>
/// One node: a thread that steps the replica, a thread that writes and flushes the disk, and the doors to both. All members may be called from any thread.
/// </summary>
public sealed partial class RaftNode : IAsyncDisposable, IPeerEvents
{
    /// <summary>Messages of peers that may wait for the replica; beyond it they are dropped, as a network may.</summary>
    private const int MaxWaitingInputs = 131_072;

    private NodeOptions _options;
    private readonly BudgetedFileSystem _files;
    private readonly IPeerNetwork _network;
    private readonly ILogger _logger;
    private readonly Inbox<ReplicaInput> _inbox = new();
    private readonly TaskCompletionSource _recovery = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource<NodeEnd> _completion = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Lock _endGate = new();
    private NodeStatus _status;
    private int _underWay;
    private long _bytesUnderWay;
    private bool _ended;
    private bool _networkStarted;
    private int _stopRequested;

    private RaftNode(NodeOptions options, IFileSystem files, IPeerNetwork network, ILogger logger)
    {
        _options = options;
        _files = new BudgetedFileSystem(files, options.DiskBudgetBytes ?? long.MaxValue, options.DiskReserveBytes);
        _network = network;
        _logger = logger;
        _status = new NodeStatus { Identity = new ServerIdentity(ClusterId.None, new ServerId(options.Node, 0)) };
    }

    /// <summary>The node as of now. Never waits.</summary>
    public NodeStatus Status => Volatile.Read(ref _status);

    /// <summary>Requests under way and the bytes of their commands, as of now.</summary>
    public (int Count, long Bytes) RequestsUnderWay => (Volatile.Read(ref _underWay), Volatile.Read(ref _bytesUnderWay));

    /// <summary>Ends when the node has ended, by request or by itself.</summary>
    public Task<NodeEnd> Completion => _completion.Task;

    /// <summary>Raised on the node's thread after role, term, leader or phase changed; must not block.</summary>
    public event Action<NodeStatus>? Changed;

    /// <summary>Starts a node. Returns at once: recovery runs on the node's own threads, and <see cref="Status"/> tells how far it has come.</summary>
    /// <param name="options">What the configuration says.</param>
    /// <param name="files">The data folder; locked, and released at the end, by the node.</param>
    /// <param name="network">The links; owned by the caller, who disposes it after the node.</param>
    /// <param name="logger">Where events for people go.</param>
    public static RaftNode Start(NodeOptions options, IFileSystem files, IPeerNetwork network, ILogger logger)
    {
        var node = new RaftNode(options, files, network, logger);
        new Thread(node.Run) { IsBackground = true, Name = "raftmq-replica" }.Start();
        return node;
    }

    /// <summary>Carries out a command (<see cref="QueueCommandCodec"/>). Ends at the latest at the request timeout.</summary>
    /// <param name="command">The command's bytes; must not be changed afterwards.</param>
    /// <param name="cancellation">The client has gone: a command not proposed yet is dropped.</param>
    /// <exception cref="ArgumentException">The bytes are no command that this program knows, or more than an entry of the log takes.</exception>
    public async ValueTask<RequestResult> SubmitAsync(ReadOnlyMemory<byte> command, CancellationToken cancellation)
    {
        if (!QueueCommandCodec.TryReadHeader(command.Span, out QueueCommandHeader header))
        {
            throw new ArgumentException("the bytes are no command that this program knows", nameof(command));
        }

        ArgumentOutOfRangeException.ThrowIfGreaterThan(command.Length, _options.Wal.MaxPayloadBytes, nameof(command));
        if (!TryEnter(command.Length, out LimitReached limit))
        {
            return new RequestResult(RequestOutcome.Overloaded, default, Status.Leader, Limit: limit);
        }

        try
        {
            if (await WaitForRecoveryAsync(cancellation).ConfigureAwait(false) is { } unready)
            {
                return new RequestResult(unready, default, null);
            }

            var request = new SubmittedCommand(command, header, _inbox);
            if (!TryPost(new CommandInput(request)))
            {
                return new RequestResult(RequestOutcome.Stopping, default, Status.Leader);
            }

            using CancellationTokenRegistration registration = cancellation.UnsafeRegister(SubmittedCommand.Abandon, request);
            return await request.Task.ConfigureAwait(false);
        }
        finally
        {
            Leave(command.Length);
        }
    }

    /// <summary>Reads the names of all topics, linearizably, on whatever node.</summary>
    /// <param name="cancellation">The client has gone.</param>
    public ValueTask<TopicReadResult> ReadTopicsAsync(CancellationToken cancellation) => ReadAsync(null, cancellation);

    /// <summary>Reads what there is of one topic, linearizably, on whatever node.</summary>
    /// <param name="topic">The topic's name.</param>
    /// <param name="cancellation">The client has gone.</param>
    public ValueTask<TopicReadResult> ReadTopicAsync(string topic, CancellationToken cancellation) => ReadAsync(topic, cancellation);

    private async ValueTask<TopicReadResult> ReadAsync(string? topic, CancellationToken cancellation)
    {
        if (!TryEnter(0, out LimitReached limit))
        {
            return new TopicReadResult(RequestOutcome.Overloaded, 0, Status.Leader) { Limit = limit };
        }

        try
        {
            if (await WaitForRecoveryAsync(cancellation).ConfigureAwait(false) is { } unready)
            {
                return new TopicReadResult(unready, 0, null);
            }

            var request = new SubmittedTopicRead(topic, _inbox);
            if (!TryPost(new TopicReadInput(request)))
            {
                return new TopicReadResult(RequestOutcome.Stopping, 0, Status.Leader);
            }

            using CancellationTokenRegistration registration = cancellation.UnsafeRegister(SubmittedTopicRead.Abandon, request);
            return await request.Task.ConfigureAwait(false);
        }
        finally
        {
            Leave(0);
        }
    }

    /// <summary>
    /// Changes the members, or who leads, if this node leads. Of a change of the members it makes the first step, which every later leader goes on from. Ends at the latest at the
    /// request timeout.
    /// </summary>
    /// <param name="change">What is wanted. Addresses are host:port.</param>
    /// <param name="cancellation">The operator has gone: what is not proposed yet is dropped.</param>
    public async ValueTask<ChangeResult> ChangeAsync(ClusterChange change, CancellationToken cancellation)
    {
        if (await WaitForRecoveryAsync(cancellation).ConfigureAwait(false) is not null)
        {
            return new ChangeResult(ChangeOutcome.NotLeader, null, null);
        }

        var request = new SubmittedChange(change, _inbox);
        if (!TryPost(new ChangeInput(request)))
        {
            return new ChangeResult(ChangeOutcome.NotLeader, null, Status.Leader);
        }

        using CancellationTokenRegistration registration = cancellation.UnsafeRegister(SubmittedChange.Abandon, request);
        return await request.Task.ConfigureAwait(false);
    }

    /// <summary>
    /// A consistent snapshot of this node with the bodies of all waiting messages, in pieces, as of a moment not before this call. While it is read the snapshot is kept; whoever does not
    /// ask for the next piece for a minute is taken for gone.
    /// </summary>
    /// <param name="cancellation">The client has gone.</param>
    /// <exception cref="BackupEndedException">It was not begun, or ended before it was whole.</exception>
    public async IAsyncEnumerable<ReadOnlyMemory<byte>> BackupAsync([EnumeratorCancellation] CancellationToken cancellation)
    {
        var backup = new SubmittedBackup();
        ReplicaInput next = new BackupInput(backup);
        try
        {
            do
            {
                if (Status.Phase == NodePhase.Recovering)
                {
                    throw new BackupEndedException(RequestOutcome.NoLeader);
                }

                if (!TryPost(next))
                {
                    throw new BackupEndedException(RequestOutcome.Stopping);
                }

                await backup.Task.WaitAsync(cancellation).ConfigureAwait(false);
                if (backup.HasEnded || backup.Outcome != RequestOutcome.Replied)
                {
                    throw new BackupEndedException(backup.HasEnded ? RequestOutcome.Stopping : backup.Outcome);
                }

                yield return backup.Data;
                backup.Promise();
                next = new BackupReadInput(backup);
            }
            while (!backup.IsLast);
        }
        finally
        {
            _inbox.Post(new BackupGoneInput(backup));
        }
    }

    /// <summary>Hands leadership over if it leads and <paramref name="handOver"/> is set, answers what waits, writes nothing more and ends. Bounded by about three seconds.</summary>
    public async Task StopAsync(bool handOver)
    {
        if (Interlocked.Exchange(ref _stopRequested, 1) == 0)
        {
            _inbox.Post(new StopInput(handOver));
        }

        await Completion.ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync() => await StopAsync(handOver: false).ConfigureAwait(false);

    void IPeerEvents.OnPeerMet(ServerIdentity peer, string? address) => _inbox.Post(new PeerMetInput(peer, address));

    void IPeerEvents.OnStranger(NodeId node, ClusterVersions understands) => _inbox.Post(new StrangerInput(node, understands));

    void IPeerEvents.OnLinkUp(ServerId server, ClusterVersions understands) => _inbox.Post(new LinkUpInput(server, understands));

    void IPeerEvents.OnLinkDown(ServerId server) => _inbox.Post(new LinkDownInput(server));

    void IPeerEvents.OnMessage(ClusterId cluster, PeerMessage message)
    {
        if (_inbox.Count < MaxWaitingInputs)
        {
            _inbox.Post(new PeerMessageInput(cluster, message));
        }
    }

    /// <summary>While the log is read nobody looks at the inbox, nor at deadlines: who comes then waits here, as long as for a leader.</summary>
    /// <returns>How the request ends if that takes too long, or its client goes; null once the log is read.</returns>
    private async ValueTask<RequestOutcome?> WaitForRecoveryAsync(CancellationToken cancellation)
    {
        if (!_recovery.Task.IsCompleted)
        {
            var patience = TimeSpan.FromMilliseconds(_options.LeaderWaitMilliseconds);
            await Task.WhenAny(_recovery.Task, Task.Delay(patience, cancellation)).ConfigureAwait(false);
        }

        return _recovery.Task.IsCompleted ? null : cancellation.IsCancellationRequested ? RequestOutcome.Cancelled : RequestOutcome.NotReady;
    }

    private bool TryEnter(int bytes, out LimitReached limit)
    {
        bool tooMany = Interlocked.Increment(ref _underWay) > _options.MaxRequests;
        bool tooLarge = Interlocked.Add(ref _bytesUnderWay, bytes) > _options.MaxRequestBytes;
        limit = tooMany ? new LimitReached(NodeLimit.Requests, _options.MaxRequests) : new LimitReached(NodeLimit.RequestBytes, _options.MaxRequestBytes);
        if (tooMany || tooLarge)
        {
            Leave(bytes);
            return false;
        }

        return true;
    }

    private void Leave(int bytes)
    {
        Interlocked.Decrement(ref _underWay);
        Interlocked.Add(ref _bytesUnderWay, -bytes);
    }

    /// <summary>Leaves a request for the replica, unless it has ended: then nobody would answer.</summary>
    private bool TryPost(ReplicaInput request)
    {
        lock (_endGate)
        {
            if (_ended)
            {
                return false;
            }

            _inbox.Post(request);
            return true;
        }
    }

    private void Run()
    {
        NodeEnd end;
        try
        {
            end = RunLives();
        }
        catch (StorageRefusedException e)
        {
            end = new NodeEnd(NodeEndReason.DataRefused, e.Message);
        }
        catch (StorageDamagedException e)
        {
            end = new NodeEnd(NodeEndReason.DataRefused, e.Message);
        }
        catch (Exception e) when (e is StorageFailedException or IOException or UnauthorizedAccessException)
        {
            end = new NodeEnd(NodeEndReason.DiskFailed, $"the data folder {_files.Description} cannot be used: {e.Message}");
        }
        catch (Exception e)
        {
            end = new NodeEnd(NodeEndReason.Defect, e.ToString());
        }

        AnswerLeftovers();
        Publish(Status with { Phase = NodePhase.Stopped, Role = Role.Follower, Leader = null, IsCaughtUp = false });
        _completion.SetResult(end);
    }

    private void AnswerLeftovers()
    {
        lock (_endGate)
        {
            _ended = true;
        }

        var left = new List<ReplicaInput>();
        _inbox.Take(ref left, 0);
        foreach (ReplicaInput input in left)
        {
            if (input is CommandInput { Request: SubmittedCommand command })
            {
                command.Finish(new RequestResult(RequestOutcome.Stopping, default, null));
            }
            else if (input is TopicReadInput { Request: SubmittedTopicRead read })
            {
                read.Refuse(RequestOutcome.Stopping);
            }
            else if (input is ChangeInput { Request: SubmittedChange change })
            {
                change.Refuse();
            }
            else if (input is BackupInput { Request: SubmittedBackup backup })
            {
                backup.Refuse();
            }
            else if (input is BackupReadInput { Request: SubmittedBackup reading })
            {
                reading.Refuse();
            }
        }
    }
}
