using RaftMQ.Consensus.Messages;

namespace RaftMQ.Consensus;

/// <summary>Being the leader: taking proposals, staying in office (thesis §6.2), and handing leadership over (thesis §3.10).</summary>
public sealed partial class RaftCore
{
    private int _heartbeatElapsed;
    private NodeId? _transfer;
    private readonly Queue<(LogIndex Index, int Bytes)> _uncommitted = new();
    private long _uncommittedBytes;
    private int _transferElapsed;
    private bool _timeoutNowSent;
    private Func<ServerId, bool>? _isWritable;
    private Func<ServerId, bool>? _isHeard;
    private Func<ServerId, ulong>? _patienceFor;
    private int _heartbeatsInWindow;

    /// <summary>While leading: own entries that are not settled yet, and their payload bytes. Bounded but for the entries that the leader itself needs, a no-op and a configuration.</summary>
    public (int Entries, long Bytes) Uncommitted => (_uncommitted.Count, _uncommittedBytes);

    /// <summary>While leading: where each other server stands, counting or not.</summary>
    public NodeMap<PeerProgress> Peers => _peers;

    /// <summary>While leading: whether a majority, this server included, is there and has room for publishes on disk.</summary>
    public bool MajorityAcceptsPublishes =>
        Role == Role.Leader
        && Quorum.IsMajority(Membership!, _isWritable ??= server => server == _options.Self ? AcceptsPublishes : PeerFor(server) is { AcceptsPublishes: true } peer && IsActive(peer));

    /// <summary>While leading: whether another server has answered within the last election timeout.</summary>
    public bool IsActive(PeerProgress peer) => peer.SilentTicks < _timeout.Ticks;

    /// <summary>Whether this server's own disk has room for publishes; repeated to leaders in every acknowledgement.</summary>
    public bool AcceptsPublishes { get; set; } = true;

    /// <summary>Whether this server's own disk has room for entries at all. While it has none, those that it has are acknowledged and committed, and others wait at the leader.</summary>
    public bool TakesEntries { get; set; } = true;

    /// <summary>Appends a command if this server leads. The time never falls along the log: an earlier one is raised to the last entry's.</summary>
    public ProposeResult Propose(LogTime time, ReadOnlyMemory<byte> command)
    {
        if (Role != Role.Leader || _transfer is not null)
        {
            return new ProposeResult(ProposeOutcome.NotLeader, LogPosition.Zero);
        }

        bool isOverloaded = _uncommitted.Count >= _options.MaxUncommittedEntries || _uncommittedBytes >= _options.MaxUncommittedBytes;
        if (isOverloaded)
        {
            return new ProposeResult(ProposeOutcome.Overloaded, LogPosition.Zero);
        }

        return new ProposeResult(ProposeOutcome.Proposed, AppendOwn(EntryKind.Command, time, command));
    }

    /// <summary>Whether leadership is being handed over.</summary>
    public bool IsTransferring => _transfer is not null;

    /// <summary>Hands leadership to another voter: no more proposals until it has taken over or an election timeout has passed (thesis §3.10).</summary>
    /// <param name="target">A voter that is not leaving, or null for the one whose log is the most complete; never one that needs a snapshot.</param>
    /// <returns>False if this server does not lead or there is nobody to hand over to.</returns>
    public bool TransferLeadership(NodeId? target)
    {
        if (Role != Role.Leader || _transfer is not null)
        {
            return false;
        }

        PeerProgress? heir = MostCompleteOf(peer => MayTakeOver(peer) && (target is null || peer.Server.Node == target));
        _transfer = heir?.Server.Node;
        _transferElapsed = 0;
        _timeoutNowSent = false;
        return heir is not null;
    }

    /// <summary>While leading: whether leadership can be handed to another server now: a voter that stays, answers, and needs no snapshot.</summary>
    public bool MayTakeOver(PeerProgress peer) => MayCampaignWhenTold(peer) && IsActive(peer);

    private bool MayCampaignWhenTold(PeerProgress peer) => Membership!.NewVoters.Contains(peer.Server) && IsLinked(peer.Server) && peer.Mode != PeerMode.Snapshot;

    private PeerProgress? MostCompleteOf(Func<PeerProgress, bool> heirs) => _peers.Where(heirs).MaxBy(peer => peer.MatchIndex);

    private void BecomeLeader()
    {
        Invariant.Require(Role == Role.Candidate && !_isPreVote, "a leader was a candidate (Figure 4)");
        Invariant.Require(_durableTerm == CurrentTerm, "a candidate's own vote is durable before it leads");
        Lead();
        AppendOwn(EntryKind.NoOp, _log.LastTime, ReadOnlyMemory<byte>.Empty);
    }

    private void Lead()
    {
        Role = Role.Leader;
        SetLeader(_options.Self);
        _heartbeatElapsed = 0;
        _heartbeatsInWindow = 0;
        _transfer = null;
        _reception = null;
        _peers.Clear();
        _uncommitted.Clear();
        _uncommittedBytes = 0;
        PointAtMembers();
    }

    private void StepDown()
    {
        _peers.Clear();
        _transfer = null;
        LoseReads();
    }

    private void TickLeader()
    {
        if (++_heartbeatElapsed >= _options.HeartbeatTicks)
        {
            _heartbeatElapsed = 0;
            _readRound++;
            foreach (PeerProgress peer in _peers)
            {
                peer.OnHeartbeat(_readRound);
            }

            AdaptTimeout();
        }

        TickTransfer();
        TickFarewells();
        CheckQuorum();
    }

    /// <summary>
    /// A leader that has heard no majority for an election timeout steps down (thesis §6.2). It may be heard all the same: then one that hears it campaigns at once, which else would
    /// wait for a leader that keeps it from that for another timeout or two.
    /// </summary>
    private void CheckQuorum()
    {
        foreach (PeerProgress peer in _peers)
        {
            peer.OnTick();
            TickTransferOf(peer);
        }

        if (!Quorum.IsMajority(Membership!, _isHeard ??= IsHeard))
        {
            _timeout.Double();
            if ((MostCompleteOf(MayTakeOver) ?? MostCompleteOf(MayCampaignWhenTold)) is { } heir)
            {
                _sendNow.Add(new TimeoutNow(_options.Self, heir.Server, CurrentTerm));
            }

            BecomeFollower(CurrentTerm, leader: null);
        }
    }

    /// <summary>Twice as long as a majority has kept this leader waiting: those that a majority can do without make nobody more patient.</summary>
    private void AdaptTimeout()
    {
        if (++_heartbeatsInWindow >= _options.WaitWindowTicks / _options.HeartbeatTicks)
        {
            _heartbeatsInWindow = 0;
            foreach (PeerProgress peer in _peers)
            {
                peer.Waits.BeginWindow();
            }
        }

        // The longest wait that a majority keeps within, counted from above. Who is silent keeps within none.
        _patienceFor ??= server => server == _options.Self ? int.MaxValue : PeerFor(server) is { } peer && IsActive(peer) ? (ulong)(int.MaxValue - WaitOf(peer)) : 0;
        ulong patience = Quorum.ReachedByMajority(Membership!, _patienceFor);
        if (patience > 0)
        {
            _timeout.Adapt(int.MaxValue - (int)patience);
        }
    }

    /// <summary>A wait that is under way keeps the timeout from shrinking below it, and never makes it longer: else a leader without a majority would lead on.</summary>
    private int WaitOf(PeerProgress peer) => Math.Max(peer.Waits.Ticks, Math.Min(peer.WaitingTicks, _timeout.WaitTicks));

    private bool IsHeard(ServerId server) => server == _options.Self || (PeerFor(server) is { } peer && IsActive(peer));

    private LogPosition AppendOwn(EntryKind kind, LogTime time, ReadOnlyMemory<byte> payload)
    {
        var stamp = new LogTime(Math.Max(time.Milliseconds, _log.LastTime.Milliseconds));
        var entry = new LogEntry(_log.Last.Index.Next, CurrentTerm, kind, stamp, payload);
        AppendToLog(entry);
        _uncommitted.Enqueue((entry.Index, payload.Length));
        _uncommittedBytes += payload.Length;
        return entry.Position;
    }

    private void TickTransfer()
    {
        if (_transfer is not null && ++_transferElapsed >= _timeout.Ticks)
        {
            _transfer = null;
        }
    }

    private void TendTransfer()
    {
        if (_transfer is { } node && _peers.TryGetValue(node, out PeerProgress? heir) && heir.MatchIndex == _log.Last.Index && !_timeoutNowSent)
        {
            _timeoutNowSent = true;
            _sendNow.Add(new TimeoutNow(_options.Self, heir.Server, CurrentTerm));
        }
    }

    private void OnTimeoutNow(TimeoutNow request)
    {
        if (request.Term == CurrentTerm && Leader == request.From && Role == Role.Follower && Membership!.Counts(_options.Self) && MayCampaign && !IsInstallingSnapshot)
        {
            Campaign(preVote: false, byTransfer: true);
        }
    }
}
