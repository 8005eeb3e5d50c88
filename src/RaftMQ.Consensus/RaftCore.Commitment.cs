namespace RaftMQ.Consensus;

/// <summary>Commitment: §5.3, and the restriction of §5.4.2 that only entries of the own term are committed by counting.</summary>
public sealed partial class RaftCore
{
    private Func<ServerId, ulong>? _matchOf;
    private bool _commitMoved;

    /// <summary>Whether this leader has committed an entry of its own term, so that it knows what is committed (§8).</summary>
    public bool HasCommittedInOwnTerm => Role == Role.Leader && _log.TermAt(CommitIndex) == CurrentTerm;

    /// <summary>
    /// How far the leader has committed, as its AppendEntries say: more than is known here while this server is behind. Null until one has come in this life, and from a snapshot until the
    /// next one comes: whoever is sent one is further behind than was known.
    /// </summary>
    public LogIndex? LeaderCommit { get; private set; }

    /// <summary>
    /// While leading: somebody at another server waits until this index is committed, so that server is told at once rather than with the next entries or heartbeat.
    /// </summary>
    public void AwaitCommit(ServerId server, LogIndex index)
    {
        if (PeerFor(server) is { } peer)
        {
            peer.AwaitedCommit = LogIndex.Max(peer.AwaitedCommit, index);
        }
    }

    private void CommitByCounting()
    {
        _matchOf ??= server =>
            server == _options.Self ? _durableIndex.Value
            : PeerFor(server)?.MatchIndex.Value ?? 0;
        var index = new LogIndex(Quorum.ReachedByMajority(Membership!, _matchOf));
        if (index > CommitIndex && _log.TermAt(index) == CurrentTerm)
        {
            AdvanceCommit(index);
        }
    }

    private void AdvanceCommit(LogIndex index)
    {
        if (index <= CommitIndex)
        {
            return;
        }

        Invariant.Require(index <= _log.Last.Index, "what is committed is in the log");
        CommitIndex = index;
        _commitMoved = true;
        ReleaseUncommitted();
        if (HasCommittedInOwnTerm)
        {
            UnparkReads();
        }
    }

    /// <summary>An entry counts against the leader's bound until it is committed and on the leader's own disk: a majority of others must not hide that that one stands still.</summary>
    private void ReleaseUncommitted()
    {
        LogIndex settled = LogIndex.Min(CommitIndex, _durableIndex);
        while (_uncommitted.TryPeek(out (LogIndex Index, int Bytes) first) && first.Index <= settled)
        {
            _uncommitted.Dequeue();
            _uncommittedBytes -= first.Bytes;
        }
    }
}
