using RaftMQ.Consensus;
using RaftMQ.Queues.Snapshots;
using RaftMQ.Replica.Disk;
using RaftMQ.Storage.Snapshots;
using RaftMQ.Storage.Wal;

namespace RaftMQ.Replica;

/// <summary>
/// When enough has been applied, the state is pictured and written beside the log (§7; design, storage rule 7): the next start goes on behind it. Each replica decides for itself.
/// </summary>
public sealed partial class QueueReplica
{
    /// <summary>A snapshot is written at the soonest when the log behind the last is so many times as large as it was.</summary>
    private const int SmallStateShare = 4;

    private LogEntry? _appliedConfiguration;
    private LogTime _appliedTime;
    private long _bytesSinceSnapshot;
    private long _lastSnapshotBytes;
    private long _bodyBytesAtSnapshot;
    private long _lastTryMs = long.MinValue / 2;
    private LogPosition? _saving;
    private LogPosition _lastSnapshotPosition;

    private LogIndex LastSnapshot => _lastSnapshotPosition.Index;

    /// <summary>
    /// The log behind a snapshot is what a start applies, and writing a snapshot is what spares it. Where the state is small that costs next to nothing, so it is written sooner
    /// (docs/decisions/0008).
    /// </summary>
    private long SnapshotDueBytes
    {
        get
        {
            long soonest = _options.SnapshotLogBytes / SmallStateShare;
            return Math.Max(_lastSnapshotBytes, Math.Clamp(SmallStateShare * _lastSnapshotBytes, soonest, Math.Max(soonest, _options.SnapshotLogBytes)));
        }
    }

    /// <summary>What a snapshot would give back, about: what was there as the last one was taken or came since, without what still waits.</summary>
    private long ReclaimableBytes => _bodyBytesAtSnapshot + _bytesSinceSnapshot - _machine.ByteCount;

    /// <summary>
    /// What was consumed is given back as soon as it is as much as still waits, although consuming takes little of the log: so the disk follows the messages that wait, and a follower that
    /// was away is not sent what nobody needs any more.
    /// </summary>
    private bool IsMostlyConsumed => ReclaimableBytes >= Math.Max(SnapshotDueBytes, _machine.ByteCount);

    private void GoOnFrom(RestoredState restored)
    {
        SnapshotMetadata metadata = restored.Metadata;
        Invariant.Require(metadata.StateHash == _machine.StateHash, "what a snapshot brings back is the state that it was taken of (I11)");
        (AppliedIndex, _appliedTerm, _appliedTime) = (metadata.Last.Index, metadata.Last.Term, metadata.Time);
        _appliedConfiguration = metadata.Configurations[^1];
        (_lastSnapshotPosition, _lastSnapshotBytes, _bodyBytesAtSnapshot) = (metadata.Last, restored.Bytes, _machine.ByteCount);
        _core.OnSnapshotSaved(metadata.Last);
        ReportDifferences(_machine.Limits);
    }

    private void NoteForSnapshot(in LogEntry entry)
    {
        _bytesSinceSnapshot += WriteAheadLog.RecordOverheadBytes + entry.Payload.Length;
        _appliedTime = entry.Time;
        if (entry.Kind is EntryKind.Birth or EntryKind.Membership)
        {
            _appliedConfiguration = entry;
        }
    }

    private void ConsiderSnapshot()
    {
        // Before publishes have to be refused: as long as there is twice as much room as a snapshot would give back, it can wait.
        bool freesRoom = IsShortOfRoom || ReclaimableBytes > _roomBytes / 2;

        // One for want of room stands alone, and what it does not refer to goes at once; of another, what the one before does not refer to.
        bool isPossible = _saving is null && AppliedIndex > LastSnapshot && !_core.IsInstallingSnapshot && !AwaitsBodyUpTo(freesRoom ? AppliedIndex : LastSnapshot);
        if (!isPossible)
        {
            return;
        }

        bool isDue = BackupWantsSnapshot
            || (freesRoom ? _nowMs - _lastTryMs >= FreeingPauseMs : _bytesSinceSnapshot >= SnapshotDueBytes || IsMostlyConsumed);
        if (!isDue)
        {
            return;
        }

        QueueSnapshot state = _machine.Capture();
        LogEntry birth = _birthEntry!.Value;
        LogEntry configuration = _appliedConfiguration!.Value;
        LogEntry[] configurations = configuration.Position == birth.Position ? [birth] : [birth, configuration];
        var metadata = new SnapshotMetadata(new LogPosition(AppliedIndex, _appliedTerm), _appliedTime, state.StateHash, configurations);
        long reclaimable = ReclaimableBytes;
        (_saving, _bytesSinceSnapshot, _lastTryMs, _bodyBytesAtSnapshot) = (metadata.Last, 0, _nowMs, _machine.ByteCount);
        _ports.AskDisk(new SnapshotSave(metadata, state, freesRoom, reclaimable));
    }

    private void OnSnapshotSaved(SnapshotSavedInput saved)
    {
        Invariant.Require(_saving is not null, "a snapshot is saved that was asked for");
        if (saved.Bytes > 0)
        {
            (_lastSnapshotPosition, _lastSnapshotBytes) = (_saving.Value, saved.Bytes);
            _core.OnSnapshotSaved(_saving.Value);
        }

        (_saving, _roomBytes) = (null, saved.RoomBytes);
    }
}
