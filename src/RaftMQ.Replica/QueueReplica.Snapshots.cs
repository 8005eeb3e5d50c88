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
    private LogEntry? _appliedConfiguration;
    private LogTime _appliedTime;
    private long _bytesSinceSnapshot;
    private long _lastSnapshotBytes;
    private long _lastTryMs = long.MinValue / 2;
    private LogPosition? _saving;
    private LogPosition _lastSnapshotPosition;

    private LogIndex LastSnapshot => _lastSnapshotPosition.Index;

    private void GoOnFrom(RestoredState restored)
    {
        SnapshotMetadata metadata = restored.Metadata;
        Invariant.Require(metadata.StateHash == _machine.StateHash, "what a snapshot brings back is the state that it was taken of (I11)");
        (AppliedIndex, _appliedTerm, _appliedTime) = (metadata.Last.Index, metadata.Last.Term, metadata.Time);
        _appliedConfiguration = metadata.Configurations[^1];
        (_lastSnapshotPosition, _lastSnapshotBytes) = (metadata.Last, restored.Bytes);
        _core.OnSnapshotSaved(metadata.Last);
        ReportDifferences(_birth!);
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
        bool freesRoom = IsShortOfRoom;

        // One for want of room stands alone, and what it does not refer to goes at once; of another, what the one before does not refer to.
        bool isPossible = _saving is null && AppliedIndex > LastSnapshot && !_core.IsInstallingSnapshot && !AwaitsBodyUpTo(freesRoom ? AppliedIndex : LastSnapshot);
        if (!isPossible)
        {
            return;
        }

        bool isDue = BackupWantsSnapshot
            || (freesRoom ? _nowMs - _lastTryMs >= FreeingPauseMs : _bytesSinceSnapshot >= Math.Max(_options.SnapshotLogBytes, _lastSnapshotBytes));
        if (!isDue)
        {
            return;
        }

        QueueSnapshot state = _machine.Capture();
        LogEntry birth = _birthEntry!.Value;
        LogEntry configuration = _appliedConfiguration!.Value;
        LogEntry[] configurations = configuration.Position == birth.Position ? [birth] : [birth, configuration];
        var metadata = new SnapshotMetadata(new LogPosition(AppliedIndex, _appliedTerm), _appliedTime, state.StateHash, configurations);
        (_saving, _bytesSinceSnapshot, _lastTryMs) = (metadata.Last, 0, _nowMs);
        _ports.AskDisk(new SnapshotSave(metadata, state, freesRoom));
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
