using RaftMQ.Consensus.Messages;

namespace RaftMQ.Consensus;

/// <summary>A server's part in the protocol (§5.1). A candidate that only asks for pre-votes is a <see cref="Candidate"/> too.</summary>
public enum Role
{
    /// <summary>Answers leaders and candidates.</summary>
    Follower,

    /// <summary>Tries to become the leader.</summary>
    Candidate,

    /// <summary>Takes proposals and replicates them.</summary>
    Leader,
}

/// <summary>Why a proposal was taken or not. A refusal is definite: nothing was appended.</summary>
public enum ProposeOutcome
{
    /// <summary>Appended to the leader's log at the given position.</summary>
    Proposed,

    /// <summary>This server does not lead, or is handing its leadership over.</summary>
    NotLeader,

    /// <summary>Too much is uncommitted; try again later.</summary>
    Overloaded,

    /// <summary>A configuration change that may not be made now: another is uncommitted, or nothing of this term is committed yet, or it is not one step away.</summary>
    ChangeRefused,
}

/// <summary>The answer to a proposal.</summary>
/// <param name="Outcome">What became of it.</param>
/// <param name="Position">Where the entry stands if it was proposed.</param>
public readonly record struct ProposeResult(ProposeOutcome Outcome, LogPosition Position);

/// <summary>
/// One server's Raft (the paper's Figure 2 and the thesis) as an object that is stepped. One caller at a time feeds it inputs — ticks, messages,
/// proposals, completions of the disk — and then takes everything that follows from them with <see cref="Drain"/>. It does no I/O,
/// knows no clock, and decides the same on every machine.
/// </summary>
public sealed partial class RaftCore
{
    /// <summary>A server that starts from what its disk holds, as a follower.</summary>
    public RaftCore(RaftOptions options, RecoveredLog recovered) => throw new NotImplementedException();

    /// <summary>This server's part at the moment.</summary>
    public Role Role => throw new NotImplementedException();

    /// <summary>The latest term this server has seen.</summary>
    public Term CurrentTerm => throw new NotImplementedException();

    /// <summary>The leader of the current term, if known; this server itself while it leads.</summary>
    public ServerId? Leader => throw new NotImplementedException();

    /// <summary>The highest index known to be committed.</summary>
    public LogIndex CommitIndex => throw new NotImplementedException();

    /// <summary>The configuration in force: the latest in the log, committed or not.</summary>
    public Membership? Membership => throw new NotImplementedException();

    /// <summary>Whether the configuration in force is committed.</summary>
    public bool IsMembershipCommitted => throw new NotImplementedException();

    /// <summary>The log: its end, the term of every entry, the entries still in memory.</summary>
    public RaftLog Log => throw new NotImplementedException();

    /// <summary>Whether this leader has committed an entry of its own term, so that it knows what is committed (§8).</summary>
    public bool HasCommittedInOwnTerm => throw new NotImplementedException();

    /// <summary>While leading: where each other server stands, counting or not.</summary>
    public IReadOnlyCollection<PeerProgress> Peers => throw new NotImplementedException();

    /// <summary>While leading: whether a majority, this server included, has room for publishes on disk.</summary>
    public bool MajorityAcceptsPublishes => throw new NotImplementedException();

    /// <summary>Whether this server's own disk has room for publishes; repeated to leaders in every acknowledgement. True at first.</summary>
    public bool AcceptsPublishes { get; set; } = true;

    /// <summary>One tick has passed.</summary>
    public void Tick() => throw new NotImplementedException();

    /// <summary>A message has come from another server (or is not meant for this one: then it is dropped).</summary>
    public void Receive(Message message) => throw new NotImplementedException();

    /// <summary>Appends a command if this server leads. The time never falls along the log: an earlier one is raised to the last entry's.</summary>
    public ProposeResult Propose(LogTime time, ReadOnlyMemory<byte> command) => throw new NotImplementedException();

    /// <summary>Appends a configuration one step away from the one in force (<see cref="Consensus.Membership.MayBeFollowedBy"/>).</summary>
    public ProposeResult ProposeMembership(LogTime time, Membership target) => throw new NotImplementedException();

    /// <summary>
    /// Takes the birth of a cluster into an empty log, as entry 1 of term 1. Its founder becomes leader of term 1; everybody else becomes a follower of
    /// term 1 that has voted for the founder. The log must be empty and the term zero.
    /// </summary>
    public void AdoptBirth(LogEntry birth) => throw new NotImplementedException();

    /// <summary>Asks for an index to read at (thesis §6.4), from the leader if this server does not lead. Answered by ReadsReady or ReadsLost.</summary>
    /// <returns>False if there is no known leader, or too many reads wait: nothing was asked.</returns>
    public bool RequestRead(ReadId read) => throw new NotImplementedException();

    /// <summary>Hands leadership to another voter: no more proposals until it has taken over or an election timeout has passed (thesis §3.10).</summary>
    /// <param name="target">A voter of the configuration, or null for the one whose log is the most complete.</param>
    /// <returns>False if this server does not lead or there is nobody to hand over to.</returns>
    public bool TransferLeadership(NodeId? target) => throw new NotImplementedException();

    /// <summary>A link to a server is up: from now on messages reach exactly this incarnation of the node.</summary>
    public void OnLinkUp(ServerId server) => throw new NotImplementedException();

    /// <summary>A link closed and one redial was refused: a hint that the server is dead. It serves speed, never safety.</summary>
    public void OnLinkDown(ServerId server) => throw new NotImplementedException();

    /// <summary>Every batch up to the one that ended with this term and this end of the log is durable.</summary>
    public void OnPersisted(Term term, LogPosition last) => throw new NotImplementedException();

    /// <summary>The entries of a <see cref="LoadRequest"/>; none if they no longer exist.</summary>
    public void OnEntriesLoaded(LoadRequest request, ReadOnlyMemory<LogEntry> entries) => throw new NotImplementedException();

    /// <summary>
    /// Entries up to here have been applied by the owner and may leave memory once they are durable and <see cref="RaftOptions.TailBytes"/> is exceeded.
    /// </summary>
    public void OnApplied(LogIndex index) => throw new NotImplementedException();

    /// <summary>Moves everything that follows from the inputs so far into <paramref name="output"/>, which was cleared before.</summary>
    public void Drain(RaftOutput output) => throw new NotImplementedException();
}
