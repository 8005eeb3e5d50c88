namespace RaftMQ.Consensus;

/// <summary>How a leader brings one other server to its log.</summary>
public enum PeerMode
{
    /// <summary>One message at a time asks where the logs meet.</summary>
    Probe,

    /// <summary>Entries are sent ahead of acknowledgements.</summary>
    Replicate,

    /// <summary>What it needs next is no longer in the leader's log: it is sent a snapshot (§7).</summary>
    Snapshot,
}

/// <summary>What a leader knows of one other server (Figure 2, "volatile state on leaders"), and what is on the way to it.</summary>
public sealed class PeerProgress
{
    private readonly Queue<(LogIndex Last, long Bytes)> _inFlight = new();
    private LogIndex _roundEnd;
    private int _roundTicks;
    private int _lastRoundTicks = int.MaxValue;
    private ulong? _askedRound;
    private int _askedTicks;
    private LogIndex? _sentEntry;
    private int _sentTicks;

    /// <param name="server">The server.</param>
    /// <param name="next">The first entry to try.</param>
    /// <param name="wait">For how long, at most, it is taken to keep the leader waiting, until more is known of it.</param>
    internal PeerProgress(ServerId server, LogIndex next, int wait)
    {
        Waits = new LongestWait(wait);
        Server = server;
        NextIndex = next;
        _roundEnd = next.Previous;

        // Somebody there may wait for an entry of an earlier leader, which the first entry of this one commits.
        AwaitedCommit = next;
    }

    /// <summary>The server, in the incarnation that messages reach.</summary>
    public ServerId Server { get; }

    /// <summary>The highest index known durable there.</summary>
    public LogIndex MatchIndex { get; private set; }

    /// <summary>The next entry to send; always after <see cref="MatchIndex"/>.</summary>
    public LogIndex NextIndex { get; private set; }

    /// <summary>Ticks since it last answered; a new leader begins to count with its election.</summary>
    public int SilentTicks { get; private set; }

    /// <summary>How long it has kept the leader waiting: for an answer to a heartbeat or a later one, and for entries to be durable there. A vote takes as long as those.</summary>
    internal LongestWait Waits { get; }

    /// <summary>For how long it has kept the leader waiting by now.</summary>
    public int WaitingTicks => Math.Max(_askedRound is null ? 0 : _askedTicks, _sentEntry is null ? 0 : _sentTicks);

    /// <summary>
    /// Catching up goes in rounds: in each it receives what the leader's log held when the round began (thesis §4.2.1). The ticks that the last took, or the one under way has taken
    /// so far if that is more; the most there are before the first has ended.
    /// </summary>
    public int LongestRoundTicks => Math.Max(_roundTicks, _lastRoundTicks);

    /// <summary>Where the configuration stands that does not name it any more; null while it is a member.</summary>
    internal LogIndex? LeftAt { get; set; }

    /// <summary>Ticks since then.</summary>
    internal int FarewellTicks { get; set; }

    /// <summary>Whether it has answered this leader at all.</summary>
    internal bool HasAnswered { get; private set; }

    /// <summary>How it is brought to the leader's log. It begins with <see cref="PeerMode.Probe"/>.</summary>
    public PeerMode Mode { get; private set; }

    /// <summary>Whether entries are sent ahead of acknowledgements. Until a first one has come, one message at a time asks where the logs meet.</summary>
    public bool IsReplicating => Mode == PeerMode.Replicate;

    /// <summary>In snapshot mode: the snapshot on its way; null until the server is there to take one.</summary>
    public SnapshotTransfer? Transfer { get; internal set; }

    /// <summary>The snapshot that brought it up, while it needs what stands in the log behind that and in front of newer ones.</summary>
    internal LogPosition? CatchesUpFrom { get; set; }

    /// <summary>For how many ticks more that is kept for it.</summary>
    internal int CatchUpTicks { get; set; }

    /// <summary>In snapshot mode: ticks until a transfer may begin.</summary>
    internal int RestTicks { get; set; }

    /// <summary>The number of the last InstallSnapshot sent to it, and the highest that it has answered.</summary>
    internal ulong SentNumber { get; set; }

    internal ulong AnsweredNumber { get; set; }

    /// <summary>Whether the disk there has room for publishes.</summary>
    public bool AcceptsPublishes { get; internal set; } = true;

    /// <summary>The latest round of leadership confirmation that it has answered (thesis §6.4).</summary>
    internal ulong AckedRound { get; private set; }

    /// <summary>The round and the commit index that it was last told.</summary>
    internal ulong SentRound { get; set; }

    internal LogIndex SentCommit { get; set; }

    /// <summary>Up to here somebody there waits for what is committed: it is told at once. Else the next entries or heartbeat tell it, as in §5.3.</summary>
    internal LogIndex AwaitedCommit { get; set; }

    /// <summary>A heartbeat is due.</summary>
    internal bool HeartbeatDue { get; set; }

    /// <summary>While probing: an answer is awaited, so that only heartbeats are sent.</summary>
    internal bool ProbeIsOut { get; set; }

    /// <summary>Entries for it are being loaded from disk.</summary>
    internal bool IsLoading { get; set; }

    /// <summary>AppendEntries with entries that are on the way to it, unanswered; at most <see cref="RaftOptions.MaxInFlightAppends"/>.</summary>
    public int InFlightAppends => _inFlight.Count;

    /// <summary>The payload bytes in them; at most one message over <see cref="RaftOptions.MaxInFlightBytes"/>.</summary>
    public long InFlightBytes { get; private set; }

    internal bool HasWindow(RaftOptions options) =>
        _inFlight.Count < options.MaxInFlightAppends && (InFlightBytes < options.MaxInFlightBytes || _inFlight.Count == 0);

    internal void OnSent(LogIndex last, long bytes)
    {
        (_sentEntry, _sentTicks) = _sentEntry is null ? (last, 0) : (_sentEntry, _sentTicks);
        if (IsReplicating)
        {
            _inFlight.Enqueue((last, bytes));
            InFlightBytes += bytes;
            NextIndex = last.Next;
        }
        else
        {
            ProbeIsOut = true;
        }
    }

    internal void OnTick()
    {
        SilentTicks++;
        _roundTicks++;
        _askedTicks++;
        _sentTicks++;
    }

    /// <summary>A heartbeat is due, and with it a round that its answer repeats.</summary>
    internal void OnHeartbeat(ulong round)
    {
        HeartbeatDue = true;
        (_askedRound, _askedTicks) = _askedRound is null ? (round, 0) : (_askedRound, _askedTicks);
    }

    /// <param name="round">The round that the answer repeats.</param>
    /// <param name="timeoutTicks">The election timeout: a wait that was longer was an absence, and teaches no more than that it was too long.</param>
    internal void OnAnswered(ulong round, int timeoutTicks)
    {
        HasAnswered = true;
        SilentTicks = 0;
        AckedRound = Math.Max(AckedRound, round);
        if (round >= _askedRound)
        {
            _askedRound = null;
            Waits.Note(Math.Min(_askedTicks, timeoutTicks));
        }
    }

    /// <param name="match">What is durable there.</param>
    /// <param name="last">Where the leader's log ends.</param>
    /// <param name="timeoutTicks">The election timeout.</param>
    internal void OnMatched(LogIndex match, LogIndex last, int timeoutTicks)
    {
        MatchIndex = LogIndex.Max(MatchIndex, match);
        if (MatchIndex >= _sentEntry)
        {
            _sentEntry = null;
            Waits.Note(Math.Min(_sentTicks, timeoutTicks));
        }

        if (MatchIndex >= _roundEnd)
        {
            (_lastRoundTicks, _roundTicks, _roundEnd) = (_roundTicks, 0, last);
        }

        while (_inFlight.TryPeek(out (LogIndex Last, long Bytes) first) && first.Last <= MatchIndex)
        {
            _inFlight.Dequeue();
            InFlightBytes -= first.Bytes;
        }

        if (Mode == PeerMode.Probe)
        {
            Replicate();
        }

        NextIndex = LogIndex.Max(NextIndex, MatchIndex.Next);
    }

    /// <summary>Entries follow from behind what is known to match.</summary>
    internal void Replicate()
    {
        Mode = PeerMode.Replicate;
        Transfer = null;
        ProbeIsOut = false;
        NextIndex = MatchIndex.Next;
    }

    /// <summary>What it needs is in a snapshot only.</summary>
    internal void AwaitSnapshot()
    {
        StopReplicating();
        Mode = PeerMode.Snapshot;
        CatchesUpFrom = null;
    }

    /// <summary>The logs do not meet before <see cref="NextIndex"/>: go back to asking, from an index that is lower, but never at or below what is known to match.</summary>
    internal void OnRejected(LogIndex candidate)
    {
        LogIndex before = NextIndex;
        StopReplicating();
        LogIndex highest = LogIndex.Max(MatchIndex.Next, before.Previous);
        NextIndex = LogIndex.Max(MatchIndex.Next, LogIndex.Min(candidate, highest));

        // Asked again at once if there is something new to ask; a rejection that teaches nothing is an old one.
        ProbeIsOut = NextIndex == before;
    }

    /// <summary>A link is new, so messages may have been lost: ask again where the logs meet, or the transfer stands.</summary>
    internal void OnLinkUp()
    {
        // What it was asked before may be lost, and how long it was away is no delay.
        _askedRound = null;
        IsLoading = false;
        if (Mode == PeerMode.Snapshot)
        {
            HeartbeatDue = true;
        }
        else
        {
            StopReplicating();
        }
    }

    private void StopReplicating()
    {
        Mode = PeerMode.Probe;
        ProbeIsOut = false;
        _sentEntry = null;
        _inFlight.Clear();
        InFlightBytes = 0;
    }
}
