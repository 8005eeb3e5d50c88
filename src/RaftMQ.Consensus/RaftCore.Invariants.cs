namespace RaftMQ.Consensus;

/// <summary>What must hold after every turn, checked in release builds too.</summary>
public sealed partial class RaftCore
{
    private Term _highestTermSeen;
    private LogIndex _highestCommitSeen;

    private void RequireInvariants()
    {
        Invariant.Require(CurrentTerm >= _highestTermSeen, "the term never falls (I3)");
        Invariant.Require(CommitIndex >= _highestCommitSeen, "the commit index never falls (I7)");
        Invariant.Require(CommitIndex <= _log.Last.Index, "what is committed is in the log");
        Invariant.Require(CommitIndex >= _log.Base.Index, "only what is committed is released");
        Invariant.Require(_newestSnapshot.Index >= _log.Base.Index, "what is released is in a snapshot");
        Invariant.Require(_durableIndex >= _log.Base.Index, "what is in a snapshot is durable");
        Invariant.Require(_durableIndex <= _log.Last.Index, "what is durable is in the log");
        Invariant.Require(_log.Last.Term <= CurrentTerm, "no entry is of a future term");
        Invariant.Require(Role != Role.Leader || Leader == _options.Self, "a leader knows that it leads");
        Invariant.Require(Role != Role.Leader || VotedFor == _options.Self, "a leader has its own vote");
        Invariant.Require(Role != Role.Candidate || Leader is null, "a candidate knows no leader");
        _highestTermSeen = CurrentTerm;
        _highestCommitSeen = CommitIndex;
        foreach (PeerProgress peer in _peers)
        {
            Invariant.Require(peer.NextIndex > _log.Base.Index || peer.Mode == PeerMode.Snapshot, "who needs what was released is sent a snapshot");
            Invariant.Require(peer.Transfer is null || peer.Mode == PeerMode.Snapshot, "only who needs a snapshot is sent one");
            Invariant.Require(peer.MatchIndex < peer.NextIndex, "nextIndex lies after matchIndex");
            Invariant.Require(peer.NextIndex <= _log.Last.Index.Next, "nextIndex lies at most one past the log");
        }
    }
}
