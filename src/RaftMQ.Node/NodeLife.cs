using System.Buffers.Binary;
using System.Diagnostics;
using System.Security.Cryptography;
using Microsoft.Extensions.Logging;
using RaftMQ.Consensus;
using RaftMQ.Replica;
using RaftMQ.Replica.Disk;
using RaftMQ.Replica.Peers;
using RaftMQ.Replica.Requests;
using RaftMQ.Storage;
using RaftMQ.Storage.Files;
using RaftMQ.Storage.Identity;

namespace RaftMQ.Node;

/// <summary>
/// One life of a node, from an opened folder to its end: recovers, then steps the replica on the calling thread until it is asked to stop, fails, or gives its
/// birth up. It is what the replica asks of the world.
/// </summary>
internal sealed class NodeLife : IReplicaPorts
{
    private const int MaxInputsPerTurn = 1_024;
    private const int LastRepliesMs = 1_000;

    private const int WaitWindowMs = 30_000;
    private const int SnapshotPatienceMs = 20_000;

    private readonly NodeOptions _options;
    private readonly BudgetedFileSystem _files;
    private readonly IPeerNetwork _network;
    private readonly ILogger _logger;
    private readonly Inbox<ReplicaInput> _inbox;
    private readonly Func<long> _requestBytes;
    private readonly Action<QueueReplica, bool, DiskGauges> _onTurn;
    private readonly ReplicaFolder _folder;
    private readonly DiskThread _disk;
    private readonly QueueReplica _replica;
    private readonly StartProgress _progress;
    private volatile Exception? _diskFailure;
    private IReadOnlyDictionary<NodeId, string>? _peers;
    private bool _isUnborn;
    private string? _givenUp;
    private string? _refused;
    private string? _refusedVersion;
    private SpokenVersions _spoken;
    private long _stopStartedMs = -1;
    private long _handedOverMs = long.MinValue / 2;

    /// <summary>Opens the folder and recovers what it holds.</summary>
    public NodeLife(
        NodeOptions options, BudgetedFileSystem files, IPeerNetwork network, ILogger logger, Inbox<ReplicaInput> inbox, Func<long> requestBytes,
        Action<QueueReplica, bool, DiskGauges> onTurn)
    {
        _options = options;
        _files = files;
        _network = network;
        _logger = logger;
        _inbox = inbox;
        _requestBytes = requestBytes;
        _onTurn = onTurn;
        _progress = new StartProgress(TimeProvider.System, text => Log.Starting(logger, text));
        long started = Stopwatch.GetTimestamp();
        ReplicaFolder folder = ReplicaFolder.Open(files, options.Node, options.Wal, DrawId, _progress.OnRead, options.Joins, options.Understands);
        ServerIdentity identity = folder.Identity;
        string incarnation = identity.Server.Incarnation.ToString("x16", System.Globalization.CultureInfo.InvariantCulture);
        if (folder.IsNew)
        {
            Log.Initialised(logger, options.Node.Value, incarnation);
        }

        Log.Recovered(
            logger,
            folder.Recovered.LastIndex.Value,
            (long)Stopwatch.GetElapsedTime(started).TotalMilliseconds,
            options.Node.Value,
            incarnation,
            identity.Cluster.IsBorn ? identity.Cluster.ToString() : "none yet");
        if (folder.Restored is { } restored)
        {
            Log.Restored(logger, restored.Bytes, restored.Metadata.Last.Index.Value);
        }

        foreach (string damage in folder.Damage)
        {
            Log.ReplicaWarning(logger, damage);
        }

        _folder = folder;
        _disk = new DiskThread(
            new ReplicaDisk(files, folder) { ScrubRestMoments = (int)(options.ScrubPauseSeconds * 1_000L / DiskThread.IdleMs) }, files, inbox, OnDiskFailure);
        _isUnborn = !identity.Cluster.IsBorn;
        _progress.OnRecovered(folder.Restored?.Metadata.Last.Index ?? LogIndex.Zero, folder.Recovered.LastIndex);
        _replica = new QueueReplica(ReplicaOptionsOf(options), identity, folder.Recovered, folder.Restored, Clocks(), this);
        _spoken = Versions;
    }

    /// <summary>Cluster, node and incarnation.</summary>
    public ServerIdentity Identity => _replica.Identity;

    /// <summary>What this node says of cluster versions.</summary>
    public SpokenVersions Versions => new(_replica.Understands, _replica.VersionInForce);

    /// <summary>Whether it was asked to stop.</summary>
    public bool IsStopping => _stopStartedMs >= 0;

    private bool HasEnded => _givenUp is not null || _refused is not null || _refusedVersion is not null;

    /// <summary>Steps the replica until it ends.</summary>
    /// <returns>Null if the birth was given up and the folder is to be emptied; otherwise why it ended.</returns>
    /// <exception cref="StorageDamagedException">Something on the disk is no longer what was written.</exception>
    public NodeEnd? Run()
    {
        _disk.Start();
        try
        {
            return Loop();
        }
        finally
        {
            try
            {
                _replica.EndAllRequests();
            }
            finally
            {
                _disk.Stop();
                _folder.Dispose();
            }
        }
    }

    private NodeEnd? Loop()
    {
        var inputs = new List<ReplicaInput>();
        long nextTickMs = MonotonicMs();
        while (true)
        {
            long now = MonotonicMs();
            int wait = _replica.HasWork ? 0 : (int)Math.Max(0, nextTickMs - now);
            _inbox.Take(ref inputs, wait);
            Step(inputs, ref nextTickMs);
            if (_givenUp is not null)
            {
                Log.ReplicaWarning(_logger, _givenUp);
                return null;
            }

            if (_refused is { } reason)
            {
                return new NodeEnd(
                    NodeEndReason.DataRefused,
                    $"the data folder {_files.Description} has forgotten what it promised: {reason}. A folder is never restored: empty it, and the node comes back as a new incarnation");
            }

            if (_refusedVersion is { } tooOld)
            {
                return new NodeEnd(NodeEndReason.DataRefused, tooOld);
            }

            if (_diskFailure is { } failure)
            {
                return EndOf(failure);
            }

            if (HasStopped())
            {
                return new NodeEnd(NodeEndReason.Stopped, "stopped");
            }
        }
    }

    /// <summary>Hands the inputs over in turns of bounded length, so that what waits for the disk or a peer leaves early.</summary>
    private void Step(List<ReplicaInput> inputs, ref long nextTickMs)
    {
        int next = 0;
        try
        {
            do
            {
                int until = Math.Min(inputs.Count, next + MaxInputsPerTurn);
                while (next < until && !HasEnded)
                {
                    ReplicaInput input = inputs[next++];
                    if (input is StopInput)
                    {
                        _stopStartedMs = MonotonicMs();
                    }

                    _replica.Handle(input);
                    IdentifyNewborn();
                }

                EndTurn(ref nextTickMs);
            }
            while (next < inputs.Count && !HasEnded);
        }
        finally
        {
            // After an end what is left goes back: the clients among it are answered, or served by the next life.
            for (; next < inputs.Count; next++)
            {
                _inbox.Post(inputs[next]);
            }

            inputs.Clear();
        }
    }

    /// <summary>At once, and not at the end of the turn: what a newborn says in it would be taken for the word of an unborn, and dropped.</summary>
    private void IdentifyNewborn()
    {
        if (_isUnborn && _replica.Identity.Cluster.IsBorn)
        {
            _isUnborn = false;
            SayVersions();
            _network.Identify(_replica.Identity);
        }
    }

    private void EndTurn(ref long nextTickMs)
    {
        if (HasEnded)
        {
            return;
        }

        long now = MonotonicMs();
        if (now >= nextTickMs)
        {
            // A thread that was held up does not make up for lost ticks in a burst: an election needs time in which messages could have come.
            nextTickMs = Math.Max(nextTickMs + _options.TickMilliseconds, now);
            _replica.Handle(Clocks());
            IdentifyNewborn();
        }

        if (!HasEnded)
        {
            _replica.BufferBytes = _requestBytes();
            _replica.EndTurn();
            PointAtPeers();
            SayVersions();
            _progress.OnApplied(_replica.AppliedIndex, _replica.Core.Log.Last.Index);
            _onTurn(_replica, IsStopping, new DiskGauges(_disk.Syncs, _disk.FolderBytes));
        }
    }

    private void PointAtPeers()
    {
        if (!ReferenceEquals(_replica.Peers, _peers))
        {
            _peers = _replica.Peers;
            _network.SetPeers(_peers);
        }
    }

    private void SayVersions()
    {
        if (Versions != _spoken)
        {
            _spoken = Versions;
            _network.SetVersions(_spoken);
        }
    }

    private bool HasStopped()
    {
        if (_stopStartedMs < 0)
        {
            return false;
        }

        long elapsed = MonotonicMs() - _stopStartedMs;
        if (_replica.IsHandingOver)
        {
            _handedOverMs = MonotonicMs();
            return elapsed > _replica.HandOverMs;
        }

        bool lingers = MonotonicMs() - _handedOverMs < _replica.LingerMs;
        return (!lingers && !_replica.HasRequestsUnderWay) || elapsed > _replica.HandOverMs + LastRepliesMs;
    }

    private NodeEnd EndOf(Exception failure) => failure switch
    {
        StorageDamagedException damage => throw new StorageDamagedException(damage.Message),
        StorageRefusedException refused => new NodeEnd(NodeEndReason.DataRefused, refused.Message),
        StorageFailedException or IOException => new NodeEnd(
            NodeEndReason.DiskFailed, $"the disk under {_files.Description} failed: {failure.Message}; start again once it is sound"),
        _ => new NodeEnd(NodeEndReason.Defect, failure.ToString()),
    };

    private void OnDiskFailure(Exception failure)
    {
        _diskFailure = failure;
        _inbox.Wake();
    }

    public static ReplicaOptions ReplicaOptionsOf(NodeOptions options) => new()
    {
        Members = options.Members,
        Seed = DrawId(),
        FreshCluster = new ClusterId(new UInt128(DrawId(), DrawId())),
        Limits = options.Limits,
        Understands = options.Understands,
        Birth = options.Birth,
        Forward = options.Forward,
        TickMilliseconds = options.TickMilliseconds,
        ElectionTimeoutTicks = Math.Max(1, options.ElectionTimeoutMilliseconds / options.TickMilliseconds),
        MaxElectionTimeoutTicks = Math.Max(1, options.MaxElectionTimeoutMilliseconds / options.TickMilliseconds),
        HeartbeatTicks = Math.Max(1, options.HeartbeatMilliseconds / options.TickMilliseconds),
        SnapshotLogBytes = options.SnapshotLogBytes,
        MemoryBudgetBytes = options.MemoryBudgetBytes ?? long.MaxValue,
        Raft = new RaftOptions
        {
            Self = default,
            Seed = 0,
            WaitWindowTicks = Math.Max(1, WaitWindowMs / options.TickMilliseconds),
            SnapshotPatienceTicks = Math.Max(1, SnapshotPatienceMs / options.TickMilliseconds),
            MaxUncommittedBytes = options.MaxUncommittedBytes,
            MaxUncommittedEntries = options.MaxUncommittedEntries,
        },
        LeaderWaitMilliseconds = options.LeaderWaitMilliseconds,
        RequestTimeoutMilliseconds = options.RequestTimeoutMilliseconds,
    };

    private static TickInput Clocks() => new(MonotonicMs(), DateTimeOffset.UtcNow.ToUnixTimeMilliseconds());

    private static long MonotonicMs() => Stopwatch.GetTimestamp() / (Stopwatch.Frequency / 1_000);

    /// <summary>64 random bits, never zero: zero stands for nobody.</summary>
    private static ulong DrawId()
    {
        Span<byte> bytes = stackalloc byte[sizeof(ulong)];
        ulong id;
        do
        {
            RandomNumberGenerator.Fill(bytes);
            id = BinaryPrimitives.ReadUInt64LittleEndian(bytes);
        }
        while (id == 0);

        return id;
    }

    bool IReplicaPorts.Send(PeerMessage message) => _network.TrySend(message);

    void IReplicaPorts.AskDisk(DiskWork work) => _disk.Post(work);

    void IReplicaPorts.Complete(PendingCommand request) => ((SubmittedCommand)request).Finish(request.Result);

    void IReplicaPorts.Complete(PendingTopicRead request) => ((SubmittedTopicRead)request).Finish();

    void IReplicaPorts.Complete(PendingChange request) => ((SubmittedChange)request).Finish();

    void IReplicaPorts.Complete(PendingBackup request) => ((SubmittedBackup)request).Finish();

    void IReplicaPorts.GiveUpBirth(string reason) => _givenUp = reason;

    void IReplicaPorts.RefuseFolder(string reason) => _refused = reason;

    void IReplicaPorts.RefuseVersion(string reason) => _refusedVersion = reason;

    void IReplicaPorts.Report(EventLevel level, string text)
    {
        if (level == EventLevel.Warning)
        {
            Log.ReplicaWarning(_logger, text);
        }
        else
        {
            Log.ReplicaEvent(_logger, text);
        }
    }
}
