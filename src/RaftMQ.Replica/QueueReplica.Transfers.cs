using RaftMQ.Consensus;
using RaftMQ.Replica.Disk;
using RaftMQ.Replica.Requests;

namespace RaftMQ.Replica;

/// <summary>
/// Snapshots on their way (§7): to a follower that needs what the log has released, and from a leader. What comes takes the place of the whole state at once; in between nothing is
/// applied, so that no body is asked for that goes with the old state.
/// </summary>
public sealed partial class QueueReplica
{
    /// <summary>So often, at most, it is said that a snapshot could not be taken in: it is tried about once a second.</summary>
    private const int BetweenFailuresMs = 60_000;

    private readonly Queue<SnapshotPiece> _piecesToWrite = new();
    private readonly List<LogPosition> _snapshotsUnderWay = [];
    private LogPosition[] _snapshotsKept = [];
    private bool _isReceiving;
    private LogIndex _installedIndex;
    private long? _pieceFailureToldMs;

    private void AskForSnapshots()
    {
        TellWhatIsUnderWay();
        foreach (SnapshotLoad load in _output.SnapshotLoads)
        {
            _ports.AskDisk(new SnapshotRead(load));
        }

        foreach (SnapshotPiece piece in _output.SnapshotPieces)
        {
            _piecesToWrite.Enqueue(piece);
        }
    }

    /// <summary>The disk keeps what is on its way to others, and removes what no longer comes.</summary>
    private void TellWhatIsUnderWay()
    {
        _snapshotsUnderWay.Clear();
        _core.CollectSnapshotsUnderWay(_snapshotsUnderWay, isShortOfRoom: WantsRoom);
        if (_backup?.Snapshot is { } backup)
        {
            _snapshotsUnderWay.Add(backup);
        }

        if (!_snapshotsUnderWay.SequenceEqual(_snapshotsKept))
        {
            _snapshotsKept = [.. _snapshotsUnderWay];
            _ports.AskDisk(new SnapshotsKept(_snapshotsKept));
        }

        if (_isReceiving && !_core.IsReceivingSnapshot)
        {
            _ports.AskDisk(new SnapshotDropped());
        }

        _isReceiving = _core.IsReceivingSnapshot;
    }

    /// <summary>The last piece replaces the files in which the bodies of messages lie that were popped and not handed out yet: it waits for those.</summary>
    private void PassOnSnapshotPieces()
    {
        while (_piecesToWrite.TryPeek(out SnapshotPiece? piece))
        {
            bool bodiesAreWaitedFor = _bodiesWanted.Count > 0 || _bodiesUnderWay.Count > 0;
            if (piece.IsLast && bodiesAreWaitedFor)
            {
                return;
            }

            _ports.AskDisk(new SnapshotPieceWrite(_piecesToWrite.Dequeue()));
        }
    }

    private void OnSnapshotPieceFailed(SnapshotPieceFailedInput failed)
    {
        if (_pieceFailureToldMs is not { } toldMs || _nowMs - toldMs >= BetweenFailuresMs)
        {
            _pieceFailureToldMs = _nowMs;
            _ports.Report(
                EventLevel.Warning, $"the snapshot up to entry {failed.Piece.Snapshot.Index} of node {failed.Piece.From.Node} could not be taken in: {failed.Reason}; trying again until it can be");
        }

        _core.OnSnapshotPieceFailed(failed.Piece);
    }

    private void OnSnapshotInstalled(RestoredState state)
    {
        _core.OnSnapshotInstalled(state.Metadata.Last, state.Metadata.Time, state.Metadata.Configurations);
        _machine = state.Machine;
        _clock.Observe(state.Metadata.Time);
        (_loadedToApply, _loadedNext) = (default, default);
        _installedIndex = state.Metadata.Last.Index;
        GoOnFrom(state);
        _ports.Report(EventLevel.Information, $"installed a snapshot up to entry {state.Metadata.Last}: {state.Machine.MessageCount} messages in {state.Machine.Topics.Count} topics");

        // Their entries may be among those that the snapshot contains, or may have been overwritten: nobody here can tell.
        foreach (PendingCommand request in _proposed.TakeUpTo(AppliedIndex))
        {
            if (request.Stage == RequestStage.Proposed)
            {
                End(request, RequestOutcome.OutcomeUnknown);
            }
        }

        DecideOverwritten();
    }
}
