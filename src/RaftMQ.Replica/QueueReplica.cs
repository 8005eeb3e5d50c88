using RaftMQ.Consensus;
using RaftMQ.Queues;
using RaftMQ.Replica.Disk;
using RaftMQ.Replica.Peers;
using RaftMQ.Storage.Identity;

namespace RaftMQ.Replica;

/// <summary>
/// One replica of the queue: the Raft core, the queue machine and the requests under way, stepped as one thing. Its owner feeds it inputs with
/// <see cref="Handle"/>, and after a few of them calls <see cref="EndTurn"/>, which does everything that follows in one go: persist, send, apply, reply.
/// It has no clock, thread or socket; the production node and the simulator drive the same class.
/// </summary>
public sealed partial class QueueReplica
{
    private readonly ReplicaOptions _options;
    private readonly IReplicaPorts _ports;
    private readonly RaftCore _core;
    private readonly RaftOutput _output = new();
    private QueueMachine _machine;
    private readonly LogClock _clock = new();
    private long _nowMs;
    private long _wallMs;
    private bool _stopping;
    private bool _handsOver;

    /// <summary>A replica that goes on from what its disk holds.</summary>
    /// <param name="options">What it is told.</param>
    /// <param name="identity">Whose folder the disk is.</param>
    /// <param name="recovered">What the log holds; all of it durable.</param>
    /// <param name="restored">The state that a snapshot brought back, if there is one: applying goes on behind it.</param>
    /// <param name="start">The clocks as it starts, so that a request that comes before the first tick waits as long as any other.</param>
    /// <param name="ports">The world.</param>
    public QueueReplica(ReplicaOptions options, ServerIdentity identity, RecoveredLog recovered, RestoredState? restored, TickInput start, IReplicaPorts ports)
    {
        _options = options;
        _ports = ports;
        Identity = identity;
        _core = new RaftCore(
            options.Raft with
            {
                Self = identity.Server,
                Seed = options.Seed,
                TickMilliseconds = options.TickMilliseconds,
                ElectionTimeoutTicks = options.ElectionTimeoutTicks,
                MaxElectionTimeoutTicks = options.MaxElectionTimeoutTicks,
                HeartbeatTicks = options.HeartbeatTicks,
            },
            recovered);
        _clock.Observe(recovered.LastTime);
        TakeTime(start);
        _startedMs = _nowMs;
        _lastNumber = options.Seed;
        _lastRead = options.Seed >> 1;
        Peers = ConfiguredPeers;
        RememberBirth(recovered);
        _machine = restored?.Machine ?? new QueueMachine();
        if (restored is not null)
        {
            GoOnFrom(restored);
        }
    }

    /// <summary>Cluster, node and incarnation.</summary>
    public ServerIdentity Identity { get; private set; }

    /// <summary>The Raft core, to be looked at.</summary>
    public RaftCore Core => _core;

    /// <summary>The queue, to be looked at.</summary>
    public QueueMachine Machine => _machine;

    /// <summary>Whether this server sits in a seat of the configuration, so that it votes, and has not been told that it was removed, whatever its own log says.</summary>
    public bool IsMember => !IsRemoved && _core.Membership?.Counts(Identity.Server) == true;

    /// <summary>Whether there is something to do although nothing has happened: entries that wait to be applied.</summary>
    public bool HasWork { get; private set; }

    /// <summary>Whether this leader is stopping and waits for another to take over.</summary>
    public bool IsHandingOver => _handsOver && _core.Role == Role.Leader;

    /// <summary>
    /// For how long a leader that is to stop tries to hand over, in milliseconds: two attempts, each of which may take an election timeout, but no longer than whoever asked it to stop waits.
    /// </summary>
    public int HandOverMs => Math.Clamp(2 * ElectionTimeoutMs, 1_000, 2_000);

    /// <summary>For how long a leader that has handed over still answers what others had sent it before they heard of that, in milliseconds: as long as they wait for it.</summary>
    public int LingerMs => Math.Max(100, ElectionTimeoutMs / 2);

    private int ElectionTimeoutMs => _core.ElectionTimeoutTicks * _options.TickMilliseconds;

    /// <summary>Takes in one thing that has happened. What follows from it is done by <see cref="EndTurn"/>.</summary>
    public void Handle(ReplicaInput input)
    {
        switch (input)
        {
            case CommandInput command:
                OnCommand(command.Request);
                break;
            case PeerMessageInput peer:
                OnPeerMessage(peer.Cluster, peer.Message);
                break;
            case PersistedInput persisted:
                OnPersisted(persisted);
                break;
            case TickInput tick:
                OnTick(tick);
                break;
            case TopicReadInput topics:
                OnTopicRead(topics.Request);
                break;
            case CommandGoneInput gone:
                OnCommandGone(gone.Request);
                break;
            case TopicReadGoneInput gone:
                OnTopicReadGone(gone.Request);
                break;
            case ApplyEntriesLoadedInput loaded:
                OnApplyEntriesLoaded(loaded);
                break;
            case PeerEntriesLoadedInput loaded:
                _core.OnEntriesLoaded(loaded.Request, loaded.Entries);
                break;
            case SnapshotSavedInput saved:
                OnSnapshotSaved(saved);
                break;
            case LogReleasedInput released:
                _core.CompactLog(released.UpTo);
                break;
            case ChangeInput change:
                OnChange(change.Request);
                break;
            case ChangeGoneInput gone:
                OnChangeGone(gone.Request);
                break;
            case BackupInput backup:
                OnBackup(backup.Request);
                break;
            case BackupReadInput backup:
                OnBackupRead(backup.Request);
                break;
            case BackupGoneInput gone:
                OnBackupGone(gone.Request);
                break;
            case SnapshotLoadedInput loaded when IsForBackup(loaded.Request):
                OnBackupLoaded(loaded);
                break;
            case SnapshotGoneInput gone when IsForBackup(gone.Request):
                OnBackupLost(gone.Request);
                break;
            case SnapshotLoadedInput loaded:
                _core.OnSnapshotLoaded(loaded.Request, loaded.Data, loaded.IsLast);
                break;
            case SnapshotGoneInput gone:
                _core.OnSnapshotGone(gone.Request);
                break;
            case SnapshotPieceSavedInput saved:
                _core.OnSnapshotPieceSaved(saved.Piece);
                break;
            case SnapshotPieceFailedInput failed:
                OnSnapshotPieceFailed(failed);
                break;
            case SnapshotInstalledInput installed:
                OnSnapshotInstalled(installed.State);
                break;
            case BodiesLoadedInput loaded:
                OnBodiesLoaded(loaded);
                break;
            case LinkUpInput up:
                OnLinkUp(up);
                break;
            case LinkDownInput down:
                OnLinkDown(down.Server);
                break;
            case PeerMetInput met:
                OnPeerMet(met.Peer, met.Address);
                break;
            case StrangerInput stranger:
                OnStranger(stranger);
                break;
            case AsideRemovedInput removed:
                OnAsideRemoved(removed);
                break;
            case DiskSpaceInput space:
                OnDiskSpace(space);
                break;
            case StopInput stop:
                OnStop(stop.HandOver);
                break;
            default:
                Invariant.Require(false, "every kind of input is handled");
                break;
        }
    }

    /// <summary>Does what follows from the inputs since the last turn: persist, send, apply, reply.</summary>
    public void EndTurn()
    {
        if (_core.ForgottenPromise is { } promise)
        {
            _ports.RefuseFolder(promise);
            return;
        }

        TendChanges();
        _output.Clear();
        _core.Drain(_output);
        PersistOutput();
        foreach (Consensus.Messages.Message message in _output.SendNow)
        {
            SendWhenBorn(message);
        }

        foreach (LoadRequest load in _output.Loads)
        {
            _ports.AskDisk(new PeerLoad(load));
        }

        TendBackup();
        AskForSnapshots();
        TakeReads();
        ApplyCommitted();
        LoadBodies();
        PassOnSnapshotPieces();
        TendSnapshots();
        ServeReads();
        ObserveLeadership();
        ObserveMembers();
        ObserveVersion();
        ObservePeers();
    }

    private void OnTick(TickInput tick)
    {
        TakeTime(tick);
        _core.Tick();
        TendBirth();
        TendAdmission();
        TendVersion();
        ExpireVisits();
        ObserveSeat();
        TendSilence();
        TendAddresses();
        TendRoom();
        TendStillDisk();
        if (_declined is not { } declined || _core.Leader != declined.By || declined.UntilMs <= _nowMs)
        {
            RouteWaiting();
        }

        ExpireRequests();
        if (IsHandingOver)
        {
            // Again, if the first attempt found nobody or has been given up.
            _core.TransferLeadership(null);
        }
    }

    private void TakeTime(TickInput tick)
    {
        _nowMs = tick.MonotonicMs;
        _wallMs = tick.WallMs;
        _clock.Advance(tick.MonotonicMs, tick.WallMs);
    }

    private void OnPeerMessage(ClusterId cluster, PeerMessage message)
    {
        if (message is BirthCertificate certificate)
        {
            OnBirthCertificate(cluster, certificate);
            return;
        }

        bool sameCluster = cluster.IsBorn && cluster == Identity.Cluster;
        bool isReminder = message is RaftPeerMessage { Message: Consensus.Messages.Reminder } && !Identity.Cluster.IsBorn;
        if (!sameCluster && !isReminder)
        {
            // An unborn node has nothing to say yet, and what it is told before it has taken its birth will be told again.
            return;
        }

        OnHeardOf(message.From);
        switch (message)
        {
            case RaftPeerMessage raft:
                OnRaftMessage(raft.Message);
                break;
            case ForwardRequest forward:
                OnForwardRequest(forward);
                break;
            case ForwardResponse response:
                OnForwardResponse(response);
                break;
            case ForwardCancel cancel:
                OnForwardCancel(cancel);
                break;
            default:
                Invariant.Require(false, "every kind of peer message is handled");
                break;
        }
    }

    private void OnRaftMessage(Consensus.Messages.Message message)
    {
        if (message is Consensus.Messages.AppendEntries append && RefusesVersionIn(append))
        {
            return;
        }

        if (Consensus.Messages.MessageRules.Broken(message) is { } rule)
        {
            _ports.Report(EventLevel.Warning, $"dropped a message of node {message.From.Node}: {rule}; is it of another version?");
            return;
        }

        _core.Receive(message);
    }

    private void OnLinkUp(LinkUpInput up)
    {
        ServerId server = up.Server;
        _linked[server.Node] = server;
        NoteVersions(server.Node, up.Understands);
        _linkChanges++;
        _callers.Remove(server.Node);
        _certificateSentAtMs.Remove(server);

        // A link that was up until now has been made anew: what was on the old one may be lost.
        SettleForwarded(server, answerMayCome: true);
        if (Identity.Cluster.IsBorn)
        {
            _core.OnLinkUp(server);
        }
    }

    private void OnLinkDown(ServerId server)
    {
        _certificateSentAtMs.Remove(server);
        if (_linked.TryGetValue(server.Node, out ServerId linked) && linked == server)
        {
            _linked.Remove(server.Node);
            NoteVersions(server.Node, null);
            _linkChanges++;
        }

        _core.OnLinkDown(server);
        OnForwardingLinkDown(server);
    }

    private void OnStop(bool handOver)
    {
        _stopping = true;
        _handsOver = handOver && _core.Membership?.Voters.Count > 1;
        if (IsHandingOver)
        {
            _ports.Report(EventLevel.Information, "stopping: handing leadership over");
            _core.TransferLeadership(null);
        }
    }
}
