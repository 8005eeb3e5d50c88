using RaftMQ.Consensus.Messages;

namespace RaftMQ.Consensus;

/// <summary>
/// A folder restored from an older copy has forgotten what its incarnation promised. Others may remember: each server keeps of every other the highest term
/// in which it has claimed something durable, and how much of the log it has acknowledged in that term, which only that term's leader hears. Whoever comes back is reminded, and one that
/// holds less than that must not go on (design, storage rule 8). It is no proof against such a folder, since those who remember may be away.
/// </summary>
public sealed partial class RaftCore
{
    /// <summary>
    /// Of each node the last incarnation that spoke, and the one in its seat at that time: while another catches up with an empty disk, an older copy of that one may be put back.
    /// </summary>
    private readonly Dictionary<ServerId, (Term Term, LogIndex Match)> _claims = [];

    /// <summary>What this server has promised and no longer holds, as a sentence; null for nothing. It must not be fed or drained any more, and its process ends.</summary>
    public string? ForgottenPromise { get; private set; }

    /// <summary>A reminder, also while this server is unborn: its folder may be a copy from before its birth.</summary>
    private void OnReminder(Reminder reminder)
    {
        bool forgotTerm = reminder.Term > CurrentTerm;
        bool forgotEntries = reminder.Term == CurrentTerm && reminder.MatchIndex > _log.Last.Index;
        if (forgotTerm || forgotEntries)
        {
            string acknowledged = reminder.MatchIndex > LogIndex.Zero ? $" and acknowledged entry {reminder.MatchIndex}" : string.Empty;
            ForgottenPromise = $"node {reminder.From.Node} remembers that this incarnation reached term {reminder.Term}{acknowledged}, and the folder holds term {CurrentTerm} and "
                + $"{_log.Last.Index} entries: it is an older copy";
        }

        _toldLeftAt = _toldLeftAt.IsAtLeastAsUpToDateAs(reminder.LeftAt) ? _toldLeftAt : reminder.LeftAt;
        if (Role == Role.Candidate && !MayCampaign)
        {
            // The votes that are under way are for nobody.
            BecomeFollower(CurrentTerm, leader: null);
        }
    }

    /// <summary>Takes note of a message that its sender sends only when its term is durable there. Reads and pre-votes are not among them.</summary>
    private void TakeNote(Message message)
    {
        bool isDurableThere = message is AppendEntries or AppendEntriesResponse or InstallSnapshot or InstallSnapshotResponse
            or RequestVote { PreVote: false } or RequestVoteResponse { PreVote: false };
        if (!isDurableThere)
        {
            return;
        }

        LogIndex match = message is AppendEntriesResponse { Success: true } response && response.MatchIndex <= _log.Last.Index ? response.MatchIndex : LogIndex.Zero;
        if (!_claims.TryGetValue(message.From, out (Term Term, LogIndex Match) claim))
        {
            ForgetClaimsBefore(message.From);
        }

        if (message.Term > claim.Term || (message.Term == claim.Term && match > claim.Match))
        {
            _claims[message.From] = (message.Term, match);
        }
    }

    private void ForgetClaimsBefore(ServerId newcomer)
    {
        ServerId[] former = [.. _claims.Keys.Where(server => server.Node == newcomer.Node && !Membership!.Counts(server))];
        foreach (ServerId server in former)
        {
            _claims.Remove(server);
        }
    }

    /// <summary>
    /// Tells a server that has come back what is remembered of it, and if it is no member any more.
    /// </summary>
    private void Remind(ServerId server)
    {
        (Term term, LogIndex match) = _claims.GetValueOrDefault(server);
        LogPosition leftAt = WhereItLeft(server.Node);
        if (term == Term.Zero && leftAt == LogPosition.Zero)
        {
            return;
        }

        _sendNow.Add(new Reminder(_options.Self, server, term, match, leftAt));
    }

    /// <summary>
    /// Where the latest configuration stands that is known to be committed, if it does not name a node; zero if it does. Those behind it need not be looked at: whom a leader's own log still
    /// names it sends the log.
    /// </summary>
    private LogPosition WhereItLeft(NodeId node)
    {
        int committed = _memberships.FindLastIndex(taken => taken.Index <= CommitIndex);
        return committed >= 0 && _memberships[committed].Membership.Find(node) is null ? new LogPosition(_memberships[committed].Index, _memberships[committed].Term) : LogPosition.Zero;
    }
}
