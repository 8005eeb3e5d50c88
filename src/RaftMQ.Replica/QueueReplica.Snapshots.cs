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
    private long _loggedBytes;
    private long _lastSnapshotBytes;
    private long _noSnapshotBeforeMs;
    private SnapshotMark? _saving;
    private bool _savingFreesRoom;
    private SnapshotMark _newest;

    /// <summary>Of the snapshot that is kept beside the newest, or what may be known of it after a start; the same as that while none is.</summary>
    private SnapshotMark _older;

    private LogIndex LastSnapshot => _newest.Last.Index;

    /// <summary>
    /// The log behind a snapshot is what a start applies, and writing a snapshot is what spares it. Where the state is small that costs next to nothing, so it is written sooner
    /// (docs/decisions/0008).
    /// </summary>
    private long SnapshotDueBytes
    {
        get
        {
            // The last may have been of much that has been consumed since: it is no measure of what the next costs.
            long bytes = Math.Min(_lastSnapshotBytes, SnapshotStore.FileBytesOf(_machine.MostSnapshotBytes));
            long soonest = _options.SnapshotLogBytes / SmallStateShare;
            return Math.Max(bytes, Math.Clamp(SmallStateShare * bytes, soonest, Math.Max(soonest, _options.SnapshotLogBytes)));
        }
    }

    /// <summary>What the state refers to in the log, about: a popped body, too, while a retry of its pop would be answered with it.</summary>
    private long LiveBytes => _machine.ByteCount + (_machine.MessageCount * WriteAheadLog.RecordOverheadBytes) + _machine.RequestKeyBytes;

    /// <summary>Before publishes have to be refused: as long as there is twice as much room as a snapshot would give back, it can wait.</summary>
    private bool WantsRoom => IsShortOfRoom || ReclaimableBytes > _roomBytes / 2;

    private SnapshotMark Now => new(new LogPosition(AppliedIndex, _appliedTerm), LiveBytes, _loggedBytes);

    /// <summary>What a snapshot would give back, about: what was there as the last one was taken or came since, without what is still referred to.</summary>
    private long ReclaimableBytes => _newest.HoldsBack(Now);

    /// <summary>
    /// What was consumed is given back as soon as it is as much as still waits, although consuming takes little of the log: so the disk follows the messages that wait, and a follower that
    /// was away is not sent what nobody needs any more.
    /// </summary>
    private long MostHeldBackBytes => Math.Max(SnapshotDueBytes, LiveBytes);

    private void GoOnFrom(RestoredState restored)
    {
        SnapshotMetadata metadata = restored.Metadata;
        Invariant.Require(metadata.StateHash == _machine.StateHash, "what a snapshot brings back is the state that it was taken of (I11)");
        (AppliedIndex, _appliedTerm, _appliedTime) = (metadata.Last.Index, metadata.Last.Term, metadata.Time);
        _appliedConfiguration = metadata.Configurations[^1];
        _lastSnapshotBytes = restored.Bytes;
        _newest = Now;
        _older = restored.BytesBelow > 0 ? _newest with { LiveBytes = restored.BytesBelow } : _newest;
        _core.OnSnapshotSaved(metadata.Last);
        ReportDifferences(_machine.Limits);
    }

    private void NoteForSnapshot(in LogEntry entry)
    {
        _loggedBytes += WriteAheadLog.RecordOverheadBytes + entry.Payload.Length;
        _appliedTime = entry.Time;
        if (entry.Kind is EntryKind.Birth or EntryKind.Membership)
        {
            _appliedConfiguration = entry;
        }
    }

    private void TendSnapshots()
    {
        if (_saving is not null || _core.IsInstallingSnapshot)
        {
            return;
        }

        bool isDue = WantsRoom || BackupWantsSnapshot || _loggedBytes - _newest.LoggedBytes >= SnapshotDueBytes || ReclaimableBytes >= MostHeldBackBytes;
        bool isNew = AppliedIndex > LastSnapshot && _nowMs >= _noSnapshotBeforeMs;

        // When it is saved, what the one before does not refer to goes.
        if (isDue && isNew && !AwaitsBodyUpTo(LastSnapshot))
        {
            TakeSnapshot();
        }
        else
        {
            DropOlderSnapshot();
        }
    }

    private void TakeSnapshot()
    {
        // One for want of room stands alone, and what it does not refer to itself goes at once.
        bool freesRoom = WantsRoom && !AwaitsBodyUpTo(AppliedIndex);
        QueueSnapshot state = _machine.Capture();
        LogEntry birth = _birthEntry!.Value;
        LogEntry configuration = _appliedConfiguration!.Value;
        LogEntry[] configurations = configuration.Position == birth.Position ? [birth] : [birth, configuration];
        _saving = Now;
        _savingFreesRoom = freesRoom;
        _noSnapshotBeforeMs = WantsRoom ? _nowMs + FreeingPauseMs : 0;
        _ports.AskDisk(new SnapshotSave(new SnapshotMetadata(Now.Last, _appliedTime, state.StateHash, configurations), state, freesRoom, ReclaimableBytes));
    }

    /// <summary>
    /// When much is consumed at once, the last snapshots may be from before and in the midst of it. Nothing may follow that would bring another, so the older goes when it holds back too much:
    /// twice as much as the one that comes after it may, since that much is between two of them in any case.
    /// </summary>
    private void DropOlderSnapshot()
    {
        if (_older.HoldsBack(_newest) >= 2 * MostHeldBackBytes)
        {
            TryDropOlderSnapshot();
        }
    }

    private void TryDropOlderSnapshot()
    {
        if (_older != _newest && !AwaitsBodyUpTo(LastSnapshot))
        {
            _older = _newest;
            _ports.AskDisk(new OlderSnapshotDropped());
        }
    }

    private void OnSnapshotSaved(SnapshotSavedInput saved)
    {
        Invariant.Require(_saving is not null, "a snapshot is saved that was asked for");
        SnapshotMark mark = _saving.Value;
        (_saving, _roomBytes) = (null, saved.RoomBytes);
        if (saved.Bytes == 0)
        {
            // It had no room, and what it was to give back is still there to be given back. Room counts for more than a second copy.
            _noSnapshotBeforeMs = _nowMs + FreeingPauseMs;
            if (WantsRoom)
            {
                TryDropOlderSnapshot();
            }

            return;
        }

        _lastSnapshotBytes = saved.Bytes;
        (_older, _newest) = (_savingFreesRoom ? mark : _newest, mark);
        _core.OnSnapshotSaved(mark.Last);
    }

    /// <summary>What was counted when a snapshot was taken.</summary>
    /// <param name="Last">The last entry in it.</param>
    /// <param name="LiveBytes">The bodies that it refers to.</param>
    /// <param name="LoggedBytes">What this process had applied of the log by then.</param>
    private readonly record struct SnapshotMark(LogPosition Last, long LiveBytes, long LoggedBytes)
    {
        /// <summary>What is kept for this snapshot, or lies behind it, and is not referred to at a later moment.</summary>
        public long HoldsBack(in SnapshotMark later) => LiveBytes + later.LoggedBytes - LoggedBytes - later.LiveBytes;
    }
}
