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
    private readonly RaftOptions _options;
    private readonly RaftLog _log;
    private readonly SplitMix _random;
    private readonly List<LogEntry> _toAppend = [];
    private readonly List<Message> _sendNow = [];
    private readonly List<Message> _sendAfterPersist = [];
    private readonly List<ReadReady> _readsReady = [];
    private readonly List<ReadId> _readsLost = [];
    private readonly List<LoadRequest> _loads = [];
    private bool _hardStateChanged;
    private LogIndex? _truncateFrom;

    /// <summary>A server that starts from what its disk holds, as a follower.</summary>
    public RaftCore(RaftOptions options, RecoveredLog recovered)
    {
        Invariant.Require(options.ElectionTimeoutTicks >= 4 * options.HeartbeatTicks, "an election timeout is at least four heartbeats");
        Invariant.Require(options.MaxElectionTimeoutTicks >= options.ElectionTimeoutTicks, "the longest election timeout is no shorter than the shortest");
        Invariant.Require(options.MaxSnapshotPieceBytes is >= 1 and <= InstallSnapshot.MaxDataBytes, "a piece of a snapshot has a byte, and fits its message");
        _options = options;
        _log = new RaftLog(recovered);
        _random = new SplitMix(options.Seed);
        _timeout = new ElectionTimeout(options);
        CurrentTerm = recovered.HardState.CurrentTerm;
        VotedFor = recovered.HardState.VotedFor;
        foreach (LogEntry entry in recovered.Configurations)
        {
            TakeMembership(entry);
        }

        Invariant.Require(recovered.CommittedIndex <= _log.Last.Index, "what is committed is in the log");
        Invariant.Require(recovered.CommittedIndex >= recovered.Base.Index, "only what is committed was released");
        CommitIndex = recovered.CommittedIndex;
        _newestSnapshot = recovered.Base;
        _durableTerm = CurrentTerm;
        _durableIndex = _log.Last.Index;
        _lastEmitted = _log.Last.Index;
        ResetElectionTimer();
    }

    /// <summary>This server's part at the moment.</summary>
    public Role Role { get; private set; }

    /// <summary>The latest term this server has seen.</summary>
    public Term CurrentTerm { get; private set; }

    /// <summary>Who has this server's vote in the current term.</summary>
    public ServerId? VotedFor { get; private set; }

    /// <summary>The leader of the current term, if known; this server itself while it leads.</summary>
    public ServerId? Leader { get; private set; }

    /// <summary>The highest index known to be committed.</summary>
    public LogIndex CommitIndex { get; private set; }

    /// <summary>The log: its end, the term of every entry, the entries still in memory.</summary>
    public RaftLog Log => _log;

    /// <summary>One tick has passed.</summary>
    public void Tick()
    {
        if (Membership is null)
        {
            return;
        }

        if (Role == Role.Leader)
        {
            TickLeader();
        }
        else
        {
            _quietTicks = Math.Max(0, _quietTicks - 1);
            TickReception();
            TickElection();
            TickForwardedReads();
        }
    }

    /// <summary>A message has come from another server (or is not meant for this one: then it is dropped).</summary>
    public void Receive(Message message)
    {
        if (message.To != _options.Self)
        {
            return;
        }

        if (message is Reminder reminder)
        {
            OnReminder(reminder);
            return;
        }

        if (Membership is null || !IsOfACurrentLife(message))
        {
            return;
        }

        TakeNote(message);
        switch (message)
        {
            case AppendEntries request:
                OnAppendEntries(request);
                break;
            case AppendEntriesResponse response:
                OnAppendEntriesResponse(response);
                break;
            case InstallSnapshot request:
                OnInstallSnapshot(request);
                break;
            case InstallSnapshotResponse response:
                OnInstallSnapshotResponse(response);
                break;
            case RequestVote request:
                OnRequestVote(request);
                break;
            case RequestVoteResponse response:
                OnRequestVoteResponse(response);
                break;
            case ReadIndexRequest request:
                OnReadIndexRequest(request);
                break;
            case ReadIndexResponse response:
                OnReadIndexResponse(response);
                break;
            case TimeoutNow request:
                OnTimeoutNow(request);
                break;
            default:
                Invariant.Require(false, "every kind of message is handled");
                break;
        }
    }

    /// <summary>Moves everything that follows from the inputs so far into <paramref name="output"/>, which was cleared before.</summary>
    public void Drain(RaftOutput output)
    {
        if (Role == Role.Leader)
        {
            FinishChange();
            ConfirmReads();
            SendToPeers();
            TendTransfer();
        }

        AskTheLeader();
        _roundIsOpen = false;
        output.HardState = _hardStateChanged ? new HardState(CurrentTerm, VotedFor) : null;
        output.TruncateFrom = _truncateFrom;
        output.CommitIndex = _commitMoved ? CommitIndex : null;
        Move(_toAppend, output.Append);
        Move(_sendNow, output.SendNow);
        Move(_sendAfterPersist, output.SendAfterPersist);
        Move(_readsReady, output.ReadsReady);
        Move(_readsLost, output.ReadsLost);
        Move(_loads, output.Loads);
        Move(_snapshotLoads, output.SnapshotLoads);
        Move(_snapshotPieces, output.SnapshotPieces);
        _hardStateChanged = false;
        _truncateFrom = null;
        _commitMoved = false;
        if (output.HasPersist)
        {
            _lastEmitted = _log.Last.Index;
            _batchesUnderWay.Enqueue(new Batch(CurrentTerm, _log.Last, _log.Last.Index));
        }

        RequireInvariants();
    }

    /// <summary>
    /// A server that lost its disk is another one: what its former life still has on the way counts for nothing, not even for its term. An AppendEntries or
    /// InstallSnapshot needs no such check: only who was elected sends it. Who is not known here may ask for votes: its log may name it already where this server's does not yet
    /// (thesis §4.1). And a server that leaves answers the leader to the end.
    /// </summary>
    private bool IsOfACurrentLife(Message message)
    {
        if (message is AppendEntries or InstallSnapshot or ReadIndexResponse or TimeoutNow || Membership!.Counts(message.From))
        {
            return true;
        }

        bool isLinked = IsLinked(message.From);
        return message switch
        {
            RequestVote => isLinked,
            ReadIndexRequest => isLinked && Membership!.Find(message.From.Node) is not null,
            AppendEntriesResponse or InstallSnapshotResponse => PeerFor(message.From) is not null,
            _ => false,
        };
    }

    private static void Move<T>(List<T> from, List<T> to)
    {
        to.AddRange(from);
        from.Clear();
    }
}
