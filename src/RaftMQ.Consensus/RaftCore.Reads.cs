using RaftMQ.Consensus.Messages;

namespace RaftMQ.Consensus;

/// <summary>
/// ReadIndex (thesis §6.4): a read waits until this leader has committed in its own term, notes the commit index, and is served once a majority has answered a
/// round that began after that. All reads between two drains share a round. A follower asks the leader for the index, once for all of them: what is good for the latest is good for those before it.
/// </summary>
public sealed partial class RaftCore
{
    private readonly Queue<PendingRead> _confirming = new();
    private readonly List<PendingRead> _parked = [];
    private readonly HashSet<(ServerId, ReadId)> _asked = [];
    private readonly Queue<ReadId> _forwardedReads = new();
    private Func<ServerId, ulong>? _roundOf;
    private ulong _readRound;
    private bool _roundIsOpen;
    private ReadId _latestForwarded;
    private bool _asksTheLeader;
    private int _askElapsed;

    private readonly record struct PendingRead(ReadId Read, ServerId From, ulong Round, LogIndex Index);

    /// <summary>Reads that wait for a confirmation of leadership, here or at the leader; at most <see cref="RaftOptions.MaxPendingReads"/> each.</summary>
    public (int Here, int AtTheLeader) PendingReads => (_confirming.Count + _parked.Count, _forwardedReads.Count);

    /// <summary>Asks for an index to read at (thesis §6.4), from the leader if this server does not lead. Answered by ReadsReady or ReadsLost.</summary>
    /// <param name="read">Later than all that were asked for before.</param>
    /// <returns>False if there is no known leader, or too many reads wait: nothing was asked.</returns>
    public bool RequestRead(ReadId read)
    {
        if (Role == Role.Leader)
        {
            return TakeRead(_options.Self, read);
        }

        if (Leader is null || _forwardedReads.Count >= _options.MaxPendingReads)
        {
            return false;
        }

        Invariant.Require(_forwardedReads.Count == 0 || read.Value > _latestForwarded.Value, "reads are numbered in their order");
        _forwardedReads.Enqueue(read);
        _latestForwarded = read;
        _asksTheLeader = true;
        return true;
    }

    private bool TakeRead(ServerId from, ReadId read)
    {
        if (_confirming.Count + _parked.Count >= _options.MaxPendingReads)
        {
            return false;
        }

        if (_asked.Add((from, read)))
        {
            Register(new PendingRead(read, from, 0, LogIndex.Zero));
        }

        return true;
    }

    private void Register(PendingRead read)
    {
        if (!HasCommittedInOwnTerm)
        {
            _parked.Add(read);
            return;
        }

        if (!_roundIsOpen)
        {
            _roundIsOpen = true;
            _readRound++;
        }

        _confirming.Enqueue(read with { Round = _readRound, Index = CommitIndex });
    }

    private void UnparkReads()
    {
        foreach (PendingRead read in _parked)
        {
            Register(read);
        }

        _parked.Clear();
    }

    private void ConfirmReads()
    {
        if (_confirming.Count == 0)
        {
            return;
        }

        _roundOf ??= server =>
            server == _options.Self ? _readRound
            : PeerFor(server)?.AckedRound ?? 0;
        ulong confirmed = Quorum.ReachedByMajority(Membership!, _roundOf);
        while (_confirming.TryPeek(out PendingRead first) && first.Round <= confirmed)
        {
            _confirming.Dequeue();
            _asked.Remove((first.From, first.Read));
            if (first.From == _options.Self)
            {
                _readsReady.Add(new ReadReady(first.Read, first.Index));
            }
            else
            {
                AwaitCommit(first.From, first.Index);
                _sendNow.Add(new ReadIndexResponse(_options.Self, first.From, CurrentTerm, first.Read, first.Index));
            }
        }
    }

    private void LoseReads()
    {
        foreach (PendingRead read in _confirming.Concat(_parked))
        {
            if (read.From == _options.Self)
            {
                _readsLost.Add(read.Read);
            }
        }

        _confirming.Clear();
        _parked.Clear();
        _asked.Clear();
    }

    private void LoseForwardedReads()
    {
        _readsLost.AddRange(_forwardedReads);
        _forwardedReads.Clear();
    }

    /// <summary>Requests and answers may be lost: what is unanswered is asked again with every heartbeat interval.</summary>
    private void TickForwardedReads()
    {
        if (++_askElapsed >= _options.HeartbeatTicks)
        {
            _askElapsed = 0;
            _asksTheLeader = true;
        }
    }

    private void AskTheLeader()
    {
        if (_asksTheLeader && _forwardedReads.Count > 0 && Leader is { } leader)
        {
            _sendNow.Add(new ReadIndexRequest(_options.Self, leader, CurrentTerm, _latestForwarded));
        }

        _asksTheLeader = false;
    }

    private void OnReadIndexRequest(ReadIndexRequest request)
    {
        if (Role == Role.Leader && request.Term == CurrentTerm)
        {
            TakeRead(request.From, request.Read);
        }
    }

    private void OnReadIndexResponse(ReadIndexResponse response)
    {
        // Of this leadership are only those between the first that waits and the latest: what was asked before it, or by a former process, is numbered otherwise.
        bool isAwaited = response.Term == CurrentTerm && Leader == response.From && response.Read.Value <= _latestForwarded.Value;
        while (isAwaited && _forwardedReads.TryPeek(out ReadId read) && read.Value <= response.Read.Value)
        {
            _forwardedReads.Dequeue();
            _readsReady.Add(new ReadReady(read, response.Index));
        }
    }
}
