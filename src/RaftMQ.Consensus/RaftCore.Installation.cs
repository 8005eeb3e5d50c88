using RaftMQ.Consensus.Messages;

namespace RaftMQ.Consensus;

/// <summary>
/// InstallSnapshot on the follower (§7). Pieces go to the disk one after the other, under the name of their transfer; with the last the disk replaces log and state, and only when it
/// has done so does the log here change. Until then nothing is acknowledged that it would take away, and this server does not campaign.
/// </summary>
public sealed partial class RaftCore
{
    /// <summary>So often the rest after a refused piece is doubled: up to some 30 election timeouts.</summary>
    private const int MostRefusalsCounted = 6;

    private readonly List<SnapshotPiece> _snapshotPieces = [];
    private SnapshotReception? _reception;
    private int _refusedInARow;

    /// <summary>Whether pieces of a snapshot have come that may go on. Once it is false, the owner may remove what came.</summary>
    public bool IsReceivingSnapshot => _reception is not null;

    /// <summary>Whether a leader is bringing this server up by a snapshot right now: it is far behind, and knows nothing of what is committed meanwhile.</summary>
    public bool IsBroughtUp => _reception is { } reception && reception.StillTicks < _timeout.Ticks;

    /// <summary>Whether the last piece of a snapshot is with the disk, which is about to replace log and state.</summary>
    public bool IsInstallingSnapshot => _reception is { IsInstalling: true };

    private void OnInstallSnapshot(InstallSnapshot request)
    {
        if (request.Term < CurrentTerm)
        {
            // The answer carries the newer term, so that a deposed leader learns of it; and no number that it might take for one of its own (OnAppendEntries).
            Reply(AnswerTo(request with { ReadRound = 0, Number = 0 }, nextOffset: 0, isInstalled: false, isBusy: false));
            return;
        }

        Follow(request);
        LeaderCommit = null;
        bool isUnderWay = _reception?.IsOf(request) == true;
        bool beginsAnew = request is { IsPiece: true, Offset: 0 } && (!isUnderWay || _reception!.IsLaterThanAll(request));
        if (isUnderWay)
        {
            _reception!.Note(request);
        }

        if (IsInstallingSnapshot)
        {
            // Whatever it is: the log of now is about to go, so nothing may be claimed by it.
            Reply(AnswerTo(request, isUnderWay ? _reception!.NextOffset : 0, isInstalled: false, isBusy: true));
        }
        else if (request.Snapshot.Index <= CommitIndex || _log.Holds(request.Snapshot))
        {
            AnswerInstalled(request);
        }
        else if (request.IsPiece && MayTake(request, isUnderWay, beginsAnew))
        {
            TakePiece(request, beginsAnew);
        }
        else
        {
            Reply(AnswerTo(request, isUnderWay ? _reception!.NextOffset : 0, isInstalled: false, isUnderWay && _reception!.IsBusy));
        }
    }

    /// <summary>Everything up to the snapshot's end is here already, and nothing behind it may be lost: there is nothing to install (§7, the last step of Figure 13).</summary>
    private void AnswerInstalled(InstallSnapshot request)
    {
        _reception = null;
        bool isDurable = _durableTerm == CurrentTerm && request.Snapshot.Index <= _durableIndex;
        bool isHeartbeat = !request.IsPiece && _durableTerm == CurrentTerm;
        InstallSnapshotResponse response = AnswerTo(request, nextOffset: 0, isInstalled: isDurable || !isHeartbeat, isBusy: !isDurable && isHeartbeat);
        (isDurable || isHeartbeat ? _sendNow : _sendAfterPersist).Add(response);
    }

    /// <summary>A leader whose owner could not go on where it stopped begins the same transfer anew; a first piece that is only late does not.</summary>
    private bool MayTake(InstallSnapshot request, bool isUnderWay, bool beginsAnew) => isUnderWay
        ? (beginsAnew || request.Offset == _reception!.NextOffset) && !_reception!.IsBusy
        : beginsAnew && _reception?.IsNewerThan(request) != true;

    private void TakePiece(InstallSnapshot request, bool beginsAnew)
    {
        if (_reception is null || beginsAnew)
        {
            _reception = new SnapshotReception(request);
            _reception.Note(request);
        }

        _snapshotPieces.Add(_reception!.Take(request));
    }

    /// <summary>A piece, not the last, is durable.</summary>
    public void OnSnapshotPieceSaved(SnapshotPiece piece)
    {
        Invariant.Require(!piece.IsLast, "the last piece of a snapshot is installed, not saved");
        if (_reception?.Awaits(piece) == true)
        {
            _reception.OnSaved();
            AnswerForReception(isInstalled: false);
        }
    }

    /// <summary>
    /// The disk has refused a piece, because it is damaged or there is no room, and has dropped what it had of its snapshot: the transfer begins anew, after an election timeout, and after
    /// twice as long with each time in a row: a disk without room is not filled again and again.
    /// </summary>
    public void OnSnapshotPieceFailed(SnapshotPiece piece)
    {
        if (_reception?.Awaits(piece) == true)
        {
            _refusedInARow = Math.Min(_refusedInARow + 1, MostRefusalsCounted);
            _reception.OnFailed(_options.ElectionTimeoutTicks << (_refusedInARow - 1));
            AnswerForReception(isInstalled: false);
        }
    }

    /// <summary>The last piece is durable, and the disk has replaced log and state by the snapshot.</summary>
    /// <param name="last">The snapshot's last entry.</param>
    /// <param name="time">The stamp of that entry.</param>
    /// <param name="configurations">The entries that carry the birth and the configuration in force there, in order.</param>
    public void OnSnapshotInstalled(LogPosition last, LogTime time, IReadOnlyList<LogEntry> configurations)
    {
        Invariant.Require(IsInstallingSnapshot && _reception!.Writing!.Snapshot == last, "what is installed was being installed");
        Invariant.Require(Role == Role.Follower, "who campaigns or leads installs nothing");
        Invariant.Require(last.Index > CommitIndex, "a snapshot that is installed brings something new");
        Invariant.Require(configurations.Count > 0 && configurations[^1].Index <= last.Index, "a snapshot has the configuration in force at its end");
        Invariant.Require(_toAppend.Count == 0 && _truncateFrom is null, "the log stands still while a snapshot is installed");
        _log.BeginBehind(last, time);
        _hadASeatBeforeLog |= _memberships.Exists(taken => taken.Index <= CommitIndex && Seats(taken.Membership));
        _memberships.Clear();
        foreach (LogEntry entry in configurations)
        {
            TakeMembership(entry);
        }

        _durableIndex = last.Index;
        _lastEmitted = last.Index;
        CapBatchesUnderWay(last.Index);
        AdvanceCommit(last.Index);
        OnSnapshotSaved(last);
        _reception!.OnSaved();
        AnswerForReception(isInstalled: true);
        (_reception, _refusedInARow) = (null, 0);
    }

    /// <summary>A leader that was replaced meanwhile needs no answer any more.</summary>
    private void AnswerForReception(bool isInstalled)
    {
        if (_reception!.Term == CurrentTerm)
        {
            Reply(_reception.Answer(_options.Self, isInstalled, AcceptsPublishes));
        }
    }

    private InstallSnapshotResponse AnswerTo(InstallSnapshot request, long nextOffset, bool isInstalled, bool isBusy) =>
        new(_options.Self, request.From, CurrentTerm, request.Snapshot, nextOffset, isInstalled, request.ReadRound, AcceptsPublishes, request.Number, isBusy);

    /// <summary>A transfer of which nothing comes any more, from whatever leader, is left: what came of it only takes room.</summary>
    private void TickReception()
    {
        _reception?.Tick();
        if (_reception?.StillTicks >= _options.SnapshotPatienceTicks)
        {
            _reception = null;
        }
    }
}
