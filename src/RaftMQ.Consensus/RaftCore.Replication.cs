using RaftMQ.Consensus.Messages;

namespace RaftMQ.Consensus;

/// <summary>Log replication (§5.3): on the follower the consistency check and the only places that append or truncate, on the leader the sending.</summary>
public sealed partial class RaftCore
{
    /// <summary>So many heartbeats long a server without room does not say again where its log ends.</summary>
    private const int QuietHeartbeats = 100;

    private readonly NodeMap<PeerProgress> _peers = new();
    private int _quietTicks;
    private LogIndex? _askedAtCommit;

    private void OnAppendEntries(AppendEntries request)
    {
        if (request.Term < CurrentTerm)
        {
            // The answer carries the newer term, so that a deposed leader learns of it. The round it does not repeat: rounds are numbered anew in each process, and whoever asked may
            // lead in the newer term by now, restarted, and take it for one of its own.
            Reply(new AppendEntriesResponse(_options.Self, request.From, CurrentTerm, false, LogIndex.Zero, LogPosition.Zero, ReadRound: 0, AcceptsPublishes));
            return;
        }

        _timeout.Follow(request.ElectionTimeoutMs);
        Follow(request);
        if (IsInstallingSnapshot)
        {
            // The log is about to be replaced: this says only that the leader is heard (§7).
            Reply(new AppendEntriesResponse(_options.Self, request.From, CurrentTerm, false, LogIndex.Zero, LogPosition.Zero, request.ReadRound, AcceptsPublishes));
            return;
        }

        LeaderCommit = LogIndex.Max(LeaderCommit ?? LogIndex.Zero, request.LeaderCommit);

        // What lies below the base is committed, so the leader has the same there (§5.4.3).
        bool isBehindBase = request.Previous.Index < _log.Base.Index;
        if (!isBehindBase && !_log.Holds(request.Previous))
        {
            bool mayCommitMore = request.LeaderCommit > CommitIndex && _log.Last.Index > CommitIndex;
            if (!TakesEntries && _quietTicks > 0 && (!mayCommitMore || CommitIndex == _askedAtCommit))
            {
                // The leader knows where the log ends, and would send again and again what follows: its window stays shut until there is room, or until it has committed more of what is here.
                // That is asked for once: if nothing comes of it, what is here is not what is committed.
                Reply(new AppendEntriesResponse(_options.Self, request.From, CurrentTerm, false, LogIndex.Zero, LogPosition.Zero, request.ReadRound, AcceptsPublishes));
                return;
            }

            _quietTicks = QuietHeartbeats * _options.HeartbeatTicks;
            _askedAtCommit = mayCommitMore ? CommitIndex : null;
            Invariant.Require(request.Previous.Index > CommitIndex, "committed entries match the leader's (§5.4.3)");
            Reply(new AppendEntriesResponse(_options.Self, request.From, CurrentTerm, false, LogIndex.Zero, ConflictAt(request.Previous.Index), request.ReadRound, AcceptsPublishes));
            return;
        }

        ReadOnlySpan<LogEntry> entries = TakesEntries ? request.Entries.Span : default;
        TakeEntries(entries);
        LogIndex lastNew = LogIndex.Max(_log.Base.Index, request.Previous.Index + (ulong)entries.Length);
        AdvanceCommit(LogIndex.Min(request.LeaderCommit, lastNew));
        Acknowledge(request, lastNew);
    }

    private void Acknowledge(AppendEntries request, LogIndex lastNew)
    {
        bool isDurable = _durableTerm == CurrentTerm && lastNew <= _durableIndex;
        bool isHeartbeat = request.Entries.Length == 0 && _durableTerm == CurrentTerm;
        LogIndex match = isDurable || !isHeartbeat ? lastNew : LogIndex.Min(lastNew, _durableIndex);
        var response = new AppendEntriesResponse(_options.Self, request.From, CurrentTerm, true, match, LogPosition.Zero, request.ReadRound, AcceptsPublishes);
        (isDurable || isHeartbeat ? _sendNow : _sendAfterPersist).Add(response);
    }

    private LogPosition ConflictAt(LogIndex index)
    {
        if (_log.TermAt(index) is not { } term)
        {
            return new LogPosition(_log.Last.Index.Next, Term.Zero);
        }

        return new LogPosition(_log.FirstOfTermAt(index), term);
    }

    private void TakeEntries(ReadOnlySpan<LogEntry> entries)
    {
        foreach (ref readonly LogEntry entry in entries)
        {
            if (entry.Index < _log.Base.Index || _log.Holds(entry.Position))
            {
                continue;
            }

            if (entry.Index <= _log.Last.Index)
            {
                TruncateFrom(entry.Index);
            }

            AppendToLog(entry);
        }
    }

    private void TruncateFrom(LogIndex index)
    {
        Invariant.Require(index > CommitIndex, "nothing committed is ever truncated");
        _log.TruncateFrom(index);
        _toAppend.RemoveAll(entry => entry.Index >= index);
        if (index <= _lastEmitted)
        {
            _truncateFrom = _truncateFrom is { } earlier ? LogIndex.Min(earlier, index) : index;
            _lastEmitted = index.Previous;
        }

        _durableIndex = LogIndex.Min(_durableIndex, index.Previous);
        CapBatchesUnderWay(index.Previous);
        RevertMemberships(index);
    }

    private void AppendToLog(in LogEntry entry)
    {
        _log.Append(entry);
        _toAppend.Add(entry);
        if (entry.Kind is EntryKind.Membership or EntryKind.Birth)
        {
            TakeMembership(entry);
        }
    }

    private void OnAppendEntriesResponse(AppendEntriesResponse response)
    {
        if (PeerThatAnswers(response, response.ReadRound, response.AcceptsPublishes) is not { } peer)
        {
            return;
        }

        if (response.Success)
        {
            OnMatched(peer, response.MatchIndex);
        }
        else if (response.Conflict != LogPosition.Zero && peer.Mode != PeerMode.Snapshot)
        {
            peer.OnRejected(WhereLogsMayMeet(response.Conflict));
        }

        ConfirmReads();
    }

    private PeerProgress? PeerFor(ServerId server) => _peers.TryGetValue(server.Node, out PeerProgress? peer) && peer.Server == server ? peer : null;

    /// <summary>The peer whose answer to this leader this is, marked as heard; null if it is none, or names a newer term.</summary>
    private PeerProgress? PeerThatAnswers(Message response, ulong readRound, bool acceptsPublishes)
    {
        if (response.Term > CurrentTerm)
        {
            BecomeFollower(response.Term, leader: null);
            return null;
        }

        bool isMine = Role == Role.Leader && response.Term == CurrentTerm;
        if (!isMine || PeerFor(response.From) is not { } peer)
        {
            return null;
        }

        Invariant.Require(readRound <= _readRound, "an answer in this term repeats only a round that this leader has begun");
        peer.OnAnswered(readRound, _timeout.Ticks);
        peer.AcceptsPublishes = acceptsPublishes;
        return peer;
    }

    private void OnMatched(PeerProgress peer, LogIndex match)
    {
        Invariant.Require(match <= _log.Last.Index, "a follower acknowledges only what this leader has sent");
        peer.OnMatched(match, _log.Last.Index, _timeout.Ticks);
        if (peer.Mode == PeerMode.Snapshot && peer.MatchIndex >= _log.Base.Index)
        {
            KeepLogBehindTransferOf(peer);
            peer.Replicate();
        }
        else if (peer.Transfer is { } transfer && transfer.Snapshot.Index <= peer.MatchIndex)
        {
            // The log has been compacted beyond what it has now: a later snapshot follows.
            peer.Transfer = null;
        }

        CommitByCounting();
    }

    /// <summary>The next index to try after a rejection (§5.3): behind this log's entries of the conflicting term, or where the follower's begin.</summary>
    private LogIndex WhereLogsMayMeet(LogPosition conflict)
    {
        if (conflict.Term == Term.Zero)
        {
            return conflict.Index;
        }

        LogIndex last = _log.LastWithTermAtMost(conflict.Term);
        return _log.TermAt(last) == conflict.Term ? last.Next : conflict.Index;
    }

    private void SendToPeers()
    {
        foreach (PeerProgress peer in _peers)
        {
            SendTo(peer);
        }
    }

    private void SendTo(PeerProgress peer)
    {
        if (peer.NextIndex <= _log.Base.Index && peer.Mode != PeerMode.Snapshot)
        {
            peer.AwaitSnapshot();
        }

        if (peer.Mode == PeerMode.Snapshot)
        {
            SendSnapshot(peer);
            return;
        }

        bool sent = false;
        while (peer.NextIndex <= _log.Last.Index && !peer.IsLoading && (peer.IsReplicating ? peer.HasWindow(_options) : !peer.ProbeIsOut))
        {
            if (!_log.TryGet(peer.NextIndex, out _))
            {
                peer.IsLoading = true;
                _loads.Add(new LoadRequest(peer.Server, peer.NextIndex, _log.FirstInMemory.Previous, _options.MaxAppendBytes));
                break;
            }

            SendEntries(peer, FromMemory(peer.NextIndex));
            sent = true;
        }

        bool commitIsNews = peer.IsReplicating && peer.SentCommit < LogIndex.Min(CommitIndex, peer.AwaitedCommit);
        bool isNews = peer.SentRound < _readRound || commitIsNews;
        bool asks = !peer.IsReplicating && !peer.ProbeIsOut && !peer.IsLoading;
        if (!sent && (peer.HeartbeatDue || isNews || asks))
        {
            SendEntries(peer, default);
        }
    }

    private LogEntry[] FromMemory(LogIndex first)
    {
        int count = 0;
        long bytes = 0;
        while (count < _options.MaxAppendEntries && _log.TryGet(first + (ulong)count, out LogEntry entry) && (count == 0 || bytes + entry.Payload.Length <= _options.MaxAppendBytes))
        {
            bytes += entry.Payload.Length;
            count++;
        }

        var entries = new LogEntry[count];
        for (int i = 0; i < count; i++)
        {
            _log.TryGet(first + (ulong)i, out entries[i]);
        }

        return entries;
    }

    private void SendEntries(PeerProgress peer, ReadOnlyMemory<LogEntry> entries)
    {
        LogIndex previous = peer.NextIndex.Previous;
        var position = new LogPosition(previous, _log.TermAt(previous)!.Value);
        _sendNow.Add(new AppendEntries(_options.Self, peer.Server, CurrentTerm, position, entries, CommitIndex, _readRound, _timeout.Milliseconds));
        peer.HeartbeatDue = false;
        peer.SentRound = _readRound;
        peer.SentCommit = CommitIndex;
        if (entries.Length > 0)
        {
            long bytes = 0;
            foreach (ref readonly LogEntry entry in entries.Span)
            {
                bytes += entry.Payload.Length;
            }

            peer.OnSent(entries.Span[^1].Index, bytes);
        }
        else if (!peer.IsReplicating)
        {
            peer.ProbeIsOut = true;
        }
    }

    /// <summary>The entries of a <see cref="LoadRequest"/>; none if they no longer exist: then a snapshot has what the follower needs (§7).</summary>
    public void OnEntriesLoaded(LoadRequest request, ReadOnlyMemory<LogEntry> entries)
    {
        if (Role != Role.Leader || PeerFor(request.For) is not { IsLoading: true } peer)
        {
            return;
        }

        peer.IsLoading = false;
        bool areReleased = entries.IsEmpty && request.First == peer.NextIndex && peer.NextIndex <= _newestSnapshot.Index;
        if (areReleased && peer.Mode != PeerMode.Snapshot)
        {
            peer.AwaitSnapshot();
        }

        bool mayBeSent = peer.NextIndex > _log.Base.Index && (peer.IsReplicating || (peer.Mode == PeerMode.Probe && !peer.ProbeIsOut));
        bool stillWanted = mayBeSent && entries.Length > 0 && entries.Span[0].Index == peer.NextIndex && _log.Holds(entries.Span[^1].Position);
        if (stillWanted)
        {
            SendEntries(peer, entries);
        }
    }
}
