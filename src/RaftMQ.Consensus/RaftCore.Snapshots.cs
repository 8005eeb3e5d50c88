using RaftMQ.Consensus.Messages;

namespace RaftMQ.Consensus;

/// <summary>
/// Log compaction (§7): the owner saves snapshots of its state and releases the log below them. A leader sends a follower that needs what was released the newest snapshot,
/// as an opaque stream in pieces.
/// </summary>
public sealed partial class RaftCore
{
    /// <summary>For how many times <see cref="RaftOptions.SnapshotPatienceTicks"/> the log behind a snapshot is kept at most for a follower that catches up.</summary>
    private const int MostCatchUpPatiences = 15;

    private readonly List<SnapshotLoad> _snapshotLoads = [];
    private LogPosition _newestSnapshot;

    /// <summary>
    /// While leading: the snapshots that are on their way to followers, and those behind which followers catch up. The owner keeps them, with all they need and the log behind them.
    /// </summary>
    /// <param name="into">Where they are added, each once.</param>
    /// <param name="isShortOfRoom">Whether there is no room for the log that followers catch up in: they may have to be sent another snapshot.</param>
    public void CollectSnapshotsUnderWay(List<LogPosition> into, bool isShortOfRoom)
    {
        if (Role != Role.Leader)
        {
            return;
        }

        foreach (PeerProgress peer in _peers)
        {
            if ((peer.Transfer?.Snapshot ?? (isShortOfRoom ? null : peer.CatchesUpFrom)) is { } snapshot && !into.Contains(snapshot))
            {
                into.Add(snapshot);
            }
        }
    }

    /// <summary>The owner has a durable snapshot of its state up to here. Also called right after the start, for the newest on disk; an earlier one than the last changes nothing.</summary>
    public void OnSnapshotSaved(LogPosition last)
    {
        Invariant.Require(last.Index <= CommitIndex, "a snapshot holds only what is committed");
        _newestSnapshot = last.Index > _newestSnapshot.Index ? last : _newestSnapshot;
    }

    /// <summary>The owner is about to release the log up to here: at most up to the newest saved snapshot. At or below the log's base it changes nothing.</summary>
    public void CompactLog(LogIndex upTo)
    {
        if (upTo <= _log.Base.Index)
        {
            return;
        }

        Invariant.Require(upTo <= _newestSnapshot.Index, "only what a durable snapshot covers is released");
        Invariant.Require(upTo <= CommitIndex, "only what is committed is released");
        Invariant.Require(upTo <= _durableIndex, "only what is durable is released");
        _log.CompactTo(upTo);
        ReleaseMemberships(upTo);
    }

    /// <summary>The bytes of a snapshot that <see cref="RaftOutput.SnapshotLoads"/> asked for.</summary>
    /// <param name="request">What was asked for.</param>
    /// <param name="data">The bytes from the offset on: at most so many as were asked for, and none only at the very end.</param>
    /// <param name="isLast">Whether the snapshot ends with them.</param>
    public void OnSnapshotLoaded(SnapshotLoad request, ReadOnlyMemory<byte> data, bool isLast)
    {
        Invariant.Require(data.Length <= request.MaxBytes, "a piece of a snapshot is at most as large as was asked for");
        Invariant.Require(data.Length > 0 || isLast, "only the end of a snapshot may be empty");
        if (PeerThatAwaits(request) is { } peer)
        {
            peer.Transfer!.Loading = null;
            SendPiece(peer, data, isLast);
        }
    }

    /// <summary>The owner no longer has the snapshot that a load asked for: the transfer begins anew with the newest.</summary>
    public void OnSnapshotGone(SnapshotLoad request)
    {
        if (PeerThatAwaits(request) is { } peer)
        {
            // If it is the newest itself, asking again at once would only turn in a circle with the owner.
            peer.RestTicks = request.Snapshot == _newestSnapshot ? _options.HeartbeatTicks : 0;
            peer.Transfer = null;
        }
    }

    /// <summary>Loads of an earlier transfer, or at an offset that the follower has moved on from, are answered too late.</summary>
    private PeerProgress? PeerThatAwaits(SnapshotLoad request) =>
        Role == Role.Leader && PeerFor(request.For) is { } peer && peer.Transfer?.Loading == request ? peer : null;

    private void SendSnapshot(PeerProgress peer)
    {
        // A server that does not answer gets heartbeats only: a transfer to the dead would keep its snapshot on disk for nothing.
        bool isThere = peer.HasAnswered && IsActive(peer);
        if (peer.Transfer is null && peer.RestTicks == 0 && isThere)
        {
            peer.Transfer = new SnapshotTransfer(_newestSnapshot);
        }

        if (peer.Transfer is { WantsPiece: true } transfer)
        {
            transfer.Loading = new SnapshotLoad(peer.Server, transfer.Snapshot, transfer.Offset, _options.MaxSnapshotPieceBytes);
            _snapshotLoads.Add(transfer.Loading.Value);
        }

        // A piece is no heartbeat: it is answered when it is on disk there, and that may take long.
        if (peer.HeartbeatDue || peer.SentRound < _readRound)
        {
            SendPiece(peer, ReadOnlyMemory<byte>.Empty, isLast: false);
            peer.HeartbeatDue = false;
            peer.SentRound = _readRound;
        }
    }

    private void SendPiece(PeerProgress peer, ReadOnlyMemory<byte> data, bool isLast)
    {
        LogPosition snapshot = peer.Transfer?.Snapshot ?? _newestSnapshot;
        var message = new InstallSnapshot(
            _options.Self, peer.Server, CurrentTerm, snapshot, peer.Transfer?.Offset ?? 0, data, isLast, _readRound, ++peer.SentNumber);
        _sendNow.Add(message);
        if (message.IsPiece)
        {
            peer.Transfer!.OnSent(message.Number, data.Length);
        }
    }

    private void OnInstallSnapshotResponse(InstallSnapshotResponse response)
    {
        if (PeerThatAnswers(response, response.ReadRound, response.AcceptsPublishes) is not { } peer)
        {
            return;
        }

        bool isLate = response.Number < peer.AnsweredNumber;
        peer.AnsweredNumber = Math.Max(peer.AnsweredNumber, response.Number);
        if (response.IsInstalled)
        {
            OnMatched(peer, response.Snapshot.Index);
        }
        else if (!isLate && peer.Transfer is { } transfer && transfer.Snapshot == response.Snapshot && !transfer.OnAnswered(response))
        {
            peer.Transfer = null;
        }

        ConfirmReads();
    }

    /// <summary>
    /// What was appended during a transfer is released by newer snapshots as soon as nothing needs it, and a follower would be sent one after the other for ever. It has as long to catch
    /// up as the transfer took, but not for ever, and not if it no longer answers.
    /// </summary>
    private void KeepLogBehindTransferOf(PeerProgress peer)
    {
        if (peer.Transfer is { } transfer && peer.MatchIndex < _log.Last.Index)
        {
            peer.CatchesUpFrom = transfer.Snapshot;
            peer.CatchUpTicks = Math.Clamp(transfer.Ticks, _options.SnapshotPatienceTicks, MostCatchUpPatiences * _options.SnapshotPatienceTicks);
        }
    }

    /// <summary>A transfer that comes no further is given up, so that a dead follower keeps no snapshot from being released.</summary>
    private void TickTransferOf(PeerProgress peer)
    {
        peer.RestTicks = Math.Max(0, peer.RestTicks - 1);
        if (peer.Transfer is { } transfer)
        {
            transfer.Ticks++;
            peer.Transfer = ++transfer.StillTicks >= _options.SnapshotPatienceTicks ? null : transfer;
        }

        if (peer.CatchesUpFrom is { } from)
        {
            bool isThere = peer.MatchIndex >= (_newestSnapshot == from ? _log.Last.Index : _newestSnapshot.Index);
            bool isGivenUp = --peer.CatchUpTicks <= 0 || peer.SilentTicks >= _options.SnapshotPatienceTicks;
            peer.CatchesUpFrom = isThere || isGivenUp ? null : from;
        }
    }
}
