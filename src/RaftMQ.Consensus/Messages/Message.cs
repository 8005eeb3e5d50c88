namespace RaftMQ.Consensus.Messages;

/// <summary>What one server's core says to another's. A closed set; the bytes are the transport's business.</summary>
/// <param name="From">The sender.</param>
/// <param name="To">The receiver.</param>
/// <param name="Term">The sender's term (for a pre-vote, the term it would campaign in).</param>
public abstract record Message(ServerId From, ServerId To, Term Term);

/// <summary>A candidate asks for a vote (§5.2), or, as a pre-vote, whether it would get one (thesis §9.6).</summary>
/// <param name="From">The candidate.</param>
/// <param name="To">The voter.</param>
/// <param name="Term">The term of the campaign. A pre-vote names the next term and changes nobody's.</param>
/// <param name="PreVote">Whether this only asks.</param>
/// <param name="LastLog">Where the candidate's log ends (§5.4.1).</param>
/// <param name="LeadershipTransfer">The leader itself asked for this campaign, so voters need not believe it dead (thesis §3.10, §4.2.3).</param>
public sealed record RequestVote(ServerId From, ServerId To, Term Term, bool PreVote, LogPosition LastLog, bool LeadershipTransfer)
    : Message(From, To, Term);

/// <summary>The answer to <see cref="RequestVote"/>.</summary>
/// <param name="From">The voter.</param>
/// <param name="To">The candidate.</param>
/// <param name="Term">For a granted pre-vote the term that was asked about; otherwise the voter's own term.</param>
/// <param name="PreVote">Whether the question was a pre-vote.</param>
/// <param name="Granted">Whether the vote is (or would be) given.</param>
public sealed record RequestVoteResponse(ServerId From, ServerId To, Term Term, bool PreVote, bool Granted)
    : Message(From, To, Term);

/// <summary>The leader replicates entries; with none it is a heartbeat. The check of the previous entry applies to both (§5.3).</summary>
/// <param name="From">The leader.</param>
/// <param name="To">The follower.</param>
/// <param name="Term">The leader's term.</param>
/// <param name="Previous">The entry before the first of <paramref name="Entries"/>.</param>
/// <param name="Entries">Contiguous entries after <paramref name="Previous"/>; possibly none.</param>
/// <param name="LeaderCommit">The leader's commit index.</param>
/// <param name="ReadRound">The latest round of leadership confirmation (thesis §6.4); the answer repeats it.</param>
/// <param name="ElectionTimeoutMs">The shortest election timeout that the follower is to go by; at least 1, at most <see cref="MessageRules.MaxElectionTimeoutMs"/>.</param>
public sealed record AppendEntries(
    ServerId From, ServerId To, Term Term, LogPosition Previous, ReadOnlyMemory<LogEntry> Entries, LogIndex LeaderCommit, ulong ReadRound, int ElectionTimeoutMs)
    : Message(From, To, Term);

/// <summary>The answer to <see cref="AppendEntries"/>.</summary>
/// <param name="From">The follower.</param>
/// <param name="To">The leader.</param>
/// <param name="Term">The follower's term.</param>
/// <param name="Success">Whether the follower's log holds the previous entry.</param>
/// <param name="MatchIndex">On success the index up to which the follower's <em>durable</em> log is known to match, computed from the request; otherwise zero.</param>
/// <param name="Conflict">On failure the hint of §5.3: the term of the follower's entry at the previous index and the first index it has of that term;
/// if its log is too short, the index after its last entry and term 0.</param>
/// <param name="ReadRound">The round that the request carried.</param>
/// <param name="AcceptsPublishes">False while the follower's disk has only its reserve left (design, storage rule 9).</param>
public sealed record AppendEntriesResponse(
    ServerId From, ServerId To, Term Term, bool Success, LogIndex MatchIndex, LogPosition Conflict, ulong ReadRound, bool AcceptsPublishes)
    : Message(From, To, Term);

/// <summary>A follower asks the leader for an index to read at (thesis §6.4).</summary>
/// <param name="From">The follower.</param>
/// <param name="To">The leader it knows.</param>
/// <param name="Term">The follower's term.</param>
/// <param name="Read">The follower's own number for the read; repeated in the answer.</param>
public sealed record ReadIndexRequest(ServerId From, ServerId To, Term Term, ReadId Read) : Message(From, To, Term);

/// <summary>The answer to <see cref="ReadIndexRequest"/>, sent once the leader has confirmed that it leads; a server that cannot say never answers.</summary>
/// <param name="From">The leader.</param>
/// <param name="To">The follower.</param>
/// <param name="Term">The leader's term.</param>
/// <param name="Read">The number in the request.</param>
/// <param name="Index">A state that has applied this index holds everything acknowledged before the request.</param>
public sealed record ReadIndexResponse(ServerId From, ServerId To, Term Term, ReadId Read, LogIndex Index) : Message(From, To, Term);

/// <summary>The leader asks a follower whose log is complete to campaign at once (thesis §3.10).</summary>
/// <param name="From">The leader.</param>
/// <param name="To">The server that shall lead.</param>
/// <param name="Term">The leader's term.</param>
public sealed record TimeoutNow(ServerId From, ServerId To, Term Term) : Message(From, To, Term);

/// <summary>
/// A server tells one that has come back what it remembers of it, so that a folder restored from an older copy is found out (design, storage rule 8), and that it is no member any more: the
/// log may not be able to say so, since what named it may have been released.
/// </summary>
/// <param name="From">Who remembers.</param>
/// <param name="To">Whom it remembers, in this very incarnation.</param>
/// <param name="Term">The highest term in which the receiver has claimed something durable.</param>
/// <param name="MatchIndex">What the receiver has acknowledged to the leader of that term, if the sender is that; otherwise zero.</param>
/// <param name="LeftAt">Where the latest configuration stands that the sender knows to be committed, if that does not name the receiver; otherwise zero.</param>
public sealed record Reminder(ServerId From, ServerId To, Term Term, LogIndex MatchIndex, LogPosition LeftAt) : Message(From, To, Term);
