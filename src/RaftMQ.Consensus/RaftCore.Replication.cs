using RaftMQ.Consensus.Messages;

namespace RaftMQ.Consensus;

/// <summary>Log replication (§5.3): on the follower the consistency check and the only places that append or truncate, on the leader the sending.</summary>
public sealed partial class RaftCore
{
    private readonly SortedDictionary<NodeId, PeerProgress> _peers = [];
    private int _heartbeatElapsed;

    private void OnAppendEntries(AppendEntries request)
    {
        if (request.Term < CurrentTerm)
        {
            // The answer carries the newer term, so that a deposed leader learns of it.
            Reply(new AppendEntriesResponse(_options.Self, request.From, CurrentTerm, false, LogIndex.Zero, LogPosition.Zero, request.ReadRound, AcceptsPublishes));
            return;
        }

        Invariant.Require(request.Term > CurrentTerm || Role != Role.Leader, "a term has one leader (§5.2)");
        if (request.Term > CurrentTerm || Role != Role.Follower)
        {
            BecomeFollower(request.Term, request.From);
        }

        Invariant.Require(Leader is null || Leader == request.From, "a term has one leader (§5.2)");
        SetLeader(request.From);
        _campaignIn = -1;
        ResetElectionTimer();
        if (!_log.Holds(request.Previous))
        {
            Invariant.Require(request.Previous.Index > CommitIndex, "committed entries match the leader's (§5.4.3)");
            Reply(new AppendEntriesResponse(_options.Self, request.From, CurrentTerm, false, LogIndex.Zero, ConflictAt(request.Previous.Index), request.ReadRound, AcceptsPublishes));
            return;
        }

        TakeEntries(request.Entries.Span);
        LogIndex lastNew = request.Previous.Index + (ulong)request.Entries.Length;
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
            if (_log.Holds(entry.Position))
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
        if (response.Term > CurrentTerm)
        {
            BecomeFollower(response.Term, leader: null);
            return;
        }

        bool isMine = Role == Role.Leader && response.Term == CurrentTerm;
        if (!isMine || !_peers.TryGetValue(response.From.Node, out PeerProgress? peer) || peer.Server != response.From)
        {
            return;
        }

        peer.SilentTicks = 0;
        peer.AcceptsPublishes = response.AcceptsPublishes;
        peer.AckedRound = Math.Max(peer.AckedRound, response.ReadRound);
        if (response.Success)
        {
            Invariant.Require(response.MatchIndex <= _log.Last.Index, "a follower acknowledges only what this leader has sent");
            peer.OnMatched(response.MatchIndex);
            CommitByCounting();
        }
        else if (response.Conflict != LogPosition.Zero)
        {
            peer.OnRejected(WhereLogsMayMeet(response.Conflict));
        }

        ConfirmReads();
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

    private void TickLeader()
    {
        if (++_heartbeatElapsed >= _options.HeartbeatTicks)
        {
            _heartbeatElapsed = 0;
            foreach (PeerProgress peer in _peers.Values)
            {
                peer.HeartbeatDue = true;
            }
        }

        TickTransfer();
        CheckQuorum();
    }

    /// <summary>A leader that has heard no majority for an election timeout steps down (thesis §6.2).</summary>
    private void CheckQuorum()
    {
        int heard = MayVote ? 1 : 0;
        foreach (PeerProgress peer in _peers.Values)
        {
            peer.SilentTicks++;
            heard += IsActive(peer) && Membership!.Counts(peer.Server) ? 1 : 0;
        }

        if (heard < Membership!.Majority)
        {
            BecomeFollower(CurrentTerm, leader: null);
        }
    }

    private void SendToPeers()
    {
        foreach (PeerProgress peer in _peers.Values)
        {
            SendTo(peer);
        }
    }

    private void SendTo(PeerProgress peer)
    {
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
        _sendNow.Add(new AppendEntries(_options.Self, peer.Server, CurrentTerm, position, entries, CommitIndex, _readRound));
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

    /// <summary>The entries of a <see cref="LoadRequest"/>; none if they no longer exist.</summary>
    public void OnEntriesLoaded(LoadRequest request, ReadOnlyMemory<LogEntry> entries)
    {
        if (Role != Role.Leader || !_peers.TryGetValue(request.For.Node, out PeerProgress? peer) || peer.Server != request.For || !peer.IsLoading)
        {
            return;
        }

        peer.IsLoading = false;
        bool stillWanted = entries.Length > 0 && entries.Span[0].Index == peer.NextIndex && _log.Holds(entries.Span[^1].Position)
            && (peer.IsReplicating || !peer.ProbeIsOut);
        if (stillWanted)
        {
            SendEntries(peer, entries);
        }
    }
}
