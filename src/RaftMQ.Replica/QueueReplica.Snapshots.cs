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
    private long _snapshotRoomBytes;
    private bool _isSavingSnapshot;

    private void GoOnFrom(RestoredState restored)
    {
        SnapshotMetadata metadata = restored.Metadata;
        Invariant.Require(metadata.StateHash == _machine.StateHash, "what a snapshot brings back is the state that it was taken of (I11)");
        (AppliedIndex, _appliedTerm, _appliedTime) = (metadata.Last.Index, metadata.Last.Term, metadata.Time);
        _appliedConfiguration = metadata.Configurations[^1];
        _lastSnapshotBytes = restored.Bytes;
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
        // What it contains must be in this node's own log, which the next start goes on with.
        bool isDue = !_isSavingSnapshot && AppliedIndex <= _core.DurableIndex && _bytesSinceSnapshot >= Math.Max(_options.SnapshotLogBytes, _lastSnapshotBytes);
        if (!isDue)
        {
            return;
        }

        long room = WriteAheadLog.RoomTakenBy(SnapshotStore.FileBytesOf(_machine.MostSnapshotBytes), _options.LogSegmentBytes);
        if (!HasRoomFor(room))
        {
            return;
        }

        QueueSnapshot state = _machine.Capture();
        LogEntry birth = _birthEntry!.Value;
        LogEntry configuration = _appliedConfiguration!.Value;
        LogEntry[] configurations = configuration.Position == birth.Position ? [birth] : [birth, configuration];
        var metadata = new SnapshotMetadata(new LogPosition(AppliedIndex, _appliedTerm), _appliedTime, state.StateHash, configurations);
        (_isSavingSnapshot, _bytesSinceSnapshot, _snapshotRoomBytes) = (true, 0, room);
        _ports.AskDisk(new SnapshotSave(metadata, state));
    }

    /// <summary>What was promised room keeps it: until the snapshot is written, the room for it is not promised to anybody else.</summary>
    private bool HasRoomFor(long room)
    {
        (int entries, long bytes) = _core.Uncommitted;
        long promised = bytes + (entries * (long)WriteAheadLog.RecordOverheadBytes);
        return _space == WalSpace.Ample && promised + room <= _roomBytes;
    }

    private void OnSnapshotSaved(SnapshotSavedInput saved)
    {
        Invariant.Require(_isSavingSnapshot, "a snapshot is saved that was asked for");
        (_isSavingSnapshot, _snapshotRoomBytes, _roomBytes) = (false, 0, saved.RoomBytes);
        _lastSnapshotBytes = saved.Bytes > 0 ? saved.Bytes : _lastSnapshotBytes;
    }
}
