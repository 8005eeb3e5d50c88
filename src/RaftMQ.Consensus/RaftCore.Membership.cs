namespace RaftMQ.Consensus;

/// <summary>Configurations: in force when in the log, reverted when truncated, one uncommitted at a time (thesis chapter 4, docs/decisions/0002).</summary>
public sealed partial class RaftCore
{
    private readonly List<(LogIndex Index, Membership Membership)> _memberships = [];
    private readonly Dictionary<NodeId, ServerId> _linked = [];

    /// <summary>The configuration in force: the latest in the log, committed or not; null while unborn.</summary>
    public Membership? Membership => _memberships.Count > 0 ? _memberships[^1].Membership : null;

    /// <summary>Whether the configuration in force is committed.</summary>
    public bool IsMembershipCommitted => _memberships.Count > 0 && _memberships[^1].Index <= CommitIndex;

    /// <summary>Appends a configuration one step away from the one in force (<see cref="Consensus.Membership.MayBeFollowedBy"/>).</summary>
    public ProposeResult ProposeMembership(LogTime time, Membership target)
    {
        if (Role != Role.Leader || _transfer is not null)
        {
            return new ProposeResult(ProposeOutcome.NotLeader, LogPosition.Zero);
        }

        bool keepsThisLeader = target.Counts(_options.Self);
        if (!HasCommittedInOwnTerm || !IsMembershipCommitted || !Membership!.MayBeFollowedBy(target) || !keepsThisLeader)
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
        Remind(server);
        if (Role != Role.Leader || Membership!.Find(server.Node) is null)
        {
            return;
        }

        if (_peers.TryGetValue(server.Node, out PeerProgress? peer) && peer.Server == server)
        {
            peer.OnLinkUp();
        }
        else
        {
            _peers[server.Node] = new PeerProgress(server, _log.Last.Index.Next);
        }
    }

    /// <summary>A link closed and one redial was refused: a hint that the server is dead. It serves speed, never safety.</summary>
    public void OnLinkDown(ServerId server)
    {
        if (_linked.TryGetValue(server.Node, out ServerId linked) && linked == server)
        {
            _linked.Remove(server.Node);
        }

        Suspect(server);
    }

    private void TakeMembership(in LogEntry entry)
    {
        Membership membership = entry.Kind == EntryKind.Birth ? Birth.Decode(entry.Payload).Members : Consensus.Membership.Decode(entry.Payload.Span, out _);
        _memberships.Add((entry.Index, membership));
        if (Role == Role.Leader)
        {
            PointAtMembers();
        }
    }

    /// <summary>What is truncated lies behind the log's base, so a configuration at or below it stays.</summary>
    private void RevertMemberships(LogIndex truncatedFrom) => _memberships.RemoveAll(taken => taken.Index >= truncatedFrom);

    /// <summary>One progress per other member: the linked incarnation if there is one, else the one in the seat.</summary>
    private void PointAtMembers()
    {
        foreach (Member member in Membership!.Members)
        {
            ServerId server = _linked.GetValueOrDefault(member.Node, member.Server);
            bool isReachable = server.Incarnation != 0 && member.Node != _options.Self.Node;
            if (isReachable && (!_peers.TryGetValue(member.Node, out PeerProgress? peer) || peer.Server != server))
            {
                _peers[member.Node] = new PeerProgress(server, _log.Last.Index.Next);
            }
        }
    }
}
