namespace RaftMQ.Consensus;

/// <summary>Configurations: in force when in the log, reverted when truncated, one uncommitted at a time (thesis chapter 4, docs/decisions/0002).</summary>
public sealed partial class RaftCore
{
    /// <summary>So many election timeouts a server that is no member any more is still sent the log, so that it learns of it.</summary>
    private const int FarewellTimeouts = 10;

    private readonly List<(LogIndex Index, Term Term, Membership Membership)> _memberships = [];
    private bool _hadASeatBeforeLog;
    private readonly NodeMap<ServerId> _linked = new();
    private LogPosition _toldLeftAt;

    /// <summary>The configuration in force: the latest in the log, committed or not; null while unborn.</summary>
    public Membership? Membership => _memberships.Count > 0 ? _memberships[^1].Membership : null;

    /// <summary>Whether the configuration in force is committed.</summary>
    public bool IsMembershipCommitted => _memberships.Count > 0 && _memberships[^1].Index <= CommitIndex;

    /// <summary>Whether it is committed, and on this server's own disk, too: those that are not must not pile up behind a disk that stands still.</summary>
    private bool IsMembershipSettled => _memberships.Count > 0 && _memberships[^1].Index <= LogIndex.Min(CommitIndex, _durableIndex);

    /// <summary>The latest configuration that is known to be committed, and those behind it in the log: each may turn out to be in force.</summary>
    public IEnumerable<Membership> MembershipsThatMayBeInForce =>
        _memberships.Skip(_memberships.FindLastIndex(taken => taken.Index <= CommitIndex)).Select(taken => taken.Membership);

    /// <summary>Whether a configuration in this server's log seats, or has seated, this very incarnation, as a voter or as a learner; also one that was released in this process's life.</summary>
    public bool HasHadASeat => _hadASeatBeforeLog || _memberships.Exists(taken => Seats(taken.Membership));

    /// <summary>
    /// Whether this server had a seat, in this very incarnation, and a configuration without it is committed: by its own log the latest that is, and no later one names it again; or somebody
    /// knows of one, a later one than the latest of this server's log, or that very one if it does not name this server either; whether that is committed its own disk does not say. Later is
    /// what has a later term: an index alone may be that of an entry which no leader after it has kept.
    /// </summary>
    public bool IsToldThatItLeft
    {
        get
        {
            if (_memberships.Count == 0)
            {
                return false;
            }

            var latest = new LogPosition(_memberships[^1].Index, _memberships[^1].Term);
            return Membership!.Find(_options.Self.Node) is { } named
                ? named.Server == _options.Self && !latest.IsAtLeastAsUpToDateAs(_toldLeftAt)
                : HasHadASeat && (_toldLeftAt.IsAtLeastAsUpToDateAs(latest) || MembershipsThatMayBeInForce.All(membership => membership.Find(_options.Self.Node) is null));
        }
    }

    /// <summary>While leading: whether a server's last word is less than an election timeout old, and its last round of catching up no longer than <see cref="LongestRoundOf"/>.</summary>
    public bool HasCaughtUp(PeerProgress peer) => IsActive(peer) && peer.LongestRoundTicks < LongestRoundOf(peer);

    /// <summary>
    /// While leading: how many ticks a round of catching up may take. An election timeout (thesis §4.2.1), and as long as the server's answers and its disk take, another one at
    /// the most: the timeout follows a majority (docs/decisions/0012), and a round of one that is farther away is never as short, however little it lags.
    /// </summary>
    public int LongestRoundOf(PeerProgress peer) => _timeout.Ticks + Math.Min(peer.Waits.Ticks, _timeout.Ticks);

    /// <summary>While leading: whether a majority of a configuration has answered this leader, the last time within an election timeout; itself included if it counts there.</summary>
    public bool HearsMajorityOf(Membership membership) =>
        Quorum.IsMajority(membership, server => server == _options.Self || (PeerFor(server) is { HasAnswered: true } peer && IsActive(peer)));

    /// <summary>
    /// Appends a configuration one step away from the one in force (<see cref="Consensus.Membership.MayBeFollowedBy"/>). A joint one is followed by what it leads to as soon as it is
    /// committed, by this leader or by a later one. One that could decide nothing, since too few of its voters are there, is refused.
    /// </summary>
    public ProposeResult ProposeMembership(LogTime time, Membership target)
    {
        if (Role != Role.Leader || _transfer is not null)
        {
            return new ProposeResult(ProposeOutcome.NotLeader, LogPosition.Zero);
        }

        // Only the end of a joint configuration takes a leader's own seat (thesis §4.2.2).
        bool keepsThisLeader = target.Counts(_options.Self) || !Membership!.Counts(_options.Self) || Membership.IsJoint;
        if (!HasCommittedInOwnTerm || !IsMembershipSettled || !Membership!.MayBeFollowedBy(target) || !keepsThisLeader || !HearsMajorityOf(target))
        {
            return new ProposeResult(ProposeOutcome.ChangeRefused, LogPosition.Zero);
        }

        return new ProposeResult(ProposeOutcome.Proposed, AppendOwn(EntryKind.Membership, time, target.Encode()));
    }

    /// <summary>
    /// Takes the birth of a cluster into an empty log, as entry 1 of term 1. Its founder becomes leader of term 1, for which everybody who takes the birth
    /// has thereby voted; campaigns begin at term 2.
    /// </summary>
    public void AdoptBirth(LogEntry birth)
    {
        Invariant.Require(_log.Last == LogPosition.Zero, "a birth is taken into an empty log");
        Invariant.Require(birth.Position == Birth.Position && birth.Kind == EntryKind.Birth, "a birth is entry 1 of term 1");
        ServerId founder = Birth.Decode(birth.Payload).Founder;

        // A term may have reached the disk in a write that was torn behind it: the birth's own, or a later one that this server met in the same turn. Nothing that
        // depends on it has left this server then, and terms never fall (§5.1).
        if (CurrentTerm <= birth.Term)
        {
            CurrentTerm = birth.Term;
            VotedFor = founder;
            _hardStateChanged = true;
        }

        _toldLeftAt = LogPosition.Zero;
        AppendToLog(birth);
        ResetElectionTimer();
        if (founder == _options.Self && CurrentTerm == birth.Term)
        {
            Lead();
        }
    }

    /// <summary>A link to a server is up: from now on messages reach exactly this incarnation of the node.</summary>
    public void OnLinkUp(ServerId server)
    {
        _linked[server.Node] = server;
        _quietTicks = server == Leader ? 0 : _quietTicks;
        Remind(server);
        if (Role != Role.Leader)
        {
            return;
        }

        if (PeerFor(server) is { } peer)
        {
            peer.OnLinkUp();
        }
        else if (IsOrWasMember(server))
        {
            PointAt(server);
            TellWhoLeft();
        }
    }

    /// <summary>A link closed and one redial was refused: a hint that the server is dead. It serves speed, never safety.</summary>
    public void OnLinkDown(ServerId server)
    {
        if (IsLinked(server))
        {
            _linked.Remove(server.Node);
        }

        Suspect(server);
    }

    private bool IsLinked(ServerId server) => _linked.TryGetValue(server.Node, out ServerId linked) && linked == server;

    private void TakeMembership(in LogEntry entry)
    {
        Membership membership = entry.Kind == EntryKind.Birth ? Birth.Decode(entry.Payload).Members : Consensus.Membership.Decode(entry.Payload.Span, out _);
        _memberships.Add((entry.Index, entry.Term, membership));
        if (Role == Role.Leader)
        {
            PointAtMembers();
        }
    }

    /// <summary>A change that has begun is finished by whoever leads (thesis §4.3), and a leader whose seat is gone hands over when that is committed (thesis §4.2.2).</summary>
    private void FinishChange()
    {
        if (!HasCommittedInOwnTerm || !IsMembershipSettled || _transfer is not null)
        {
            return;
        }

        if (Membership!.IsJoint)
        {
            AppendOwn(EntryKind.Membership, _log.LastTime, Membership.AfterJoint().Encode());
        }
        else if (!Membership.Counts(_options.Self) && !TransferLeadership(null))
        {
            BecomeFollower(CurrentTerm, leader: null);
        }
    }

    /// <summary>A server that is no member any more is told so, for a while; nothing else tells it.</summary>
    private void TickFarewells()
    {
        NodeId? told = null;
        foreach (PeerProgress peer in _peers)
        {
            if (peer.LeftAt is { } leftAt)
            {
                // Whoever links anew may wait for an entry that is not there yet; that will not come to it.
                bool knows = peer.MatchIndex >= leftAt && peer.SentCommit >= LogIndex.Max(leftAt, LogIndex.Min(peer.AwaitedCommit, _log.Last.Index));
                bool isBroughtUp = peer.Transfer is not null;
                told = knows || (!isBroughtUp && ++peer.FarewellTicks >= FarewellTimeouts * _timeout.Ticks) ? peer.Server.Node : told;
            }
        }

        if (told is { } node)
        {
            _peers.Remove(node);
        }
    }

    /// <summary>What is truncated lies behind the log's base, so a configuration at or below it stays.</summary>
    private void RevertMemberships(LogIndex truncatedFrom) => _memberships.RemoveAll(taken => taken.Index >= truncatedFrom);

    /// <summary>Of those that are released with the log the last stays, as in the snapshot: it is in force there.</summary>
    private void ReleaseMemberships(LogIndex upTo)
    {
        int inForce = _memberships.FindLastIndex(taken => taken.Index <= upTo);
        _hadASeatBeforeLog |= _memberships.Take(inForce).Any(taken => Seats(taken.Membership));
        _memberships.RemoveRange(0, inForce);
    }

    private bool Seats(Membership membership) => membership.Find(_options.Self.Node)?.Server == _options.Self;

    /// <summary>One progress per other member: the linked incarnation if there is one, else the one in the seat. Who is none any more, and linked all the same, is told so.</summary>
    private void PointAtMembers()
    {
        foreach (Member member in Membership!.Members)
        {
            if (member.Incarnation != 0 && member.Node != _options.Self.Node && !_linked.Contains(member.Node))
            {
                PointAt(member.Server);
            }
        }

        foreach (ServerId server in _linked)
        {
            if (IsOrWasMember(server))
            {
                PointAt(server);
            }
        }

        TellWhoLeft();
    }

    private bool IsOrWasMember(ServerId server)
    {
        foreach ((_, _, Membership membership) in _memberships)
        {
            if (membership.Find(server.Node) is not null)
            {
                return true;
            }
        }

        return false;
    }

    private void PointAt(ServerId server)
    {
        if (PeerFor(server) is null)
        {
            _peers[server.Node] = new PeerProgress(server, _log.Last.Index.Next, _timeout.WaitTicks);
        }
    }

    /// <summary>The log says it, from the configuration on that does not name them.</summary>
    private void TellWhoLeft()
    {
        foreach (PeerProgress peer in _peers)
        {
            peer.LeftAt = Membership!.Find(peer.Server.Node) is null ? peer.LeftAt ?? _memberships[^1].Index : null;
            peer.FarewellTicks = peer.LeftAt is null ? 0 : peer.FarewellTicks;
            peer.AwaitedCommit = LogIndex.Max(peer.AwaitedCommit, peer.LeftAt ?? LogIndex.Zero);
        }
    }
}
