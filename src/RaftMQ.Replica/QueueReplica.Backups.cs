using RaftMQ.Consensus;
using RaftMQ.Replica.Disk;
using RaftMQ.Replica.Requests;

namespace RaftMQ.Replica;

/// <summary>
/// A backup is read as a follower reads a snapshot, by somebody who is no follower: a snapshot of what is applied at the moment is taken, kept, and read piece by piece. One at a time.
/// </summary>
public sealed partial class QueueReplica
{
    /// <summary>Who does not ask for the next piece for so long is taken for gone, so that nothing is kept for it.</summary>
    private const int BackupPatienceMs = 60_000;

    private const int BackupPieceBytes = 1024 * 1024;

    private PendingBackup? _backup;
    private ulong _lastBackup;

    /// <summary>Whether a snapshot is to be taken for somebody who waits for it.</summary>
    private bool BackupWantsSnapshot => _backup is { Snapshot: null } backup && LastSnapshot < backup.From;

    private static bool IsForBackup(SnapshotLoad load) => load.For.Node == default;

    private void OnBackup(PendingBackup backup)
    {
        RequestOutcome outcome = _stopping ? RequestOutcome.Stopping
            : _backup is not null ? RequestOutcome.Overloaded
            : AppliedIndex == LogIndex.Zero ? RequestOutcome.NoLeader
            : RequestOutcome.Replied;
        if (outcome != RequestOutcome.Replied)
        {
            EndBackup(backup, outcome);
            return;
        }

        (backup.Reader, backup.From) = (new ServerId(default, ++_lastBackup), AppliedIndex);
        _backup = backup;
        OnBackupRead(backup);
    }

    private void OnBackupRead(PendingBackup backup)
    {
        if (_backup != backup)
        {
            EndBackup(backup, RequestOutcome.OutcomeUnknown);
            return;
        }

        (backup.IsWaiting, backup.AskedAtMs) = (true, _nowMs);
        if (backup.Snapshot is not null)
        {
            AskForBackup(backup);
        }
    }

    private void OnBackupGone(PendingBackup backup)
    {
        if (_backup == backup)
        {
            _backup = null;
        }
    }

    private void TendBackup()
    {
        if (_backup is not { } backup)
        {
            return;
        }

        if (_nowMs - backup.AskedAtMs >= BackupPatienceMs)
        {
            _backup = null;
            EndBackup(backup, RequestOutcome.OutcomeUnknown);
        }
        else if (backup.Snapshot is null && LastSnapshot >= backup.From)
        {
            backup.Snapshot = _newest.Last;
            AskForBackup(backup);
        }
    }

    private void AskForBackup(PendingBackup backup) =>
        _ports.AskDisk(new SnapshotRead(new SnapshotLoad(backup.Reader, backup.Snapshot!.Value, backup.Offset, BackupPieceBytes)));

    private void OnBackupLoaded(SnapshotLoadedInput loaded)
    {
        if (_backup is not { IsWaiting: true } backup || backup.Reader != loaded.Request.For)
        {
            return;
        }

        (backup.Data, backup.IsLast, backup.IsWaiting, backup.AskedAtMs) = (loaded.Data, loaded.IsLast, false, _nowMs);
        backup.Offset += loaded.Data.Length;
        _backup = loaded.IsLast ? null : backup;
        _ports.Complete(backup);
    }

    private void OnBackupLost(SnapshotLoad request)
    {
        if (_backup is { } backup && backup.Reader == request.For)
        {
            _backup = null;
            EndBackup(backup, RequestOutcome.OutcomeUnknown);
        }
    }

    private void EndBackup(PendingBackup backup, RequestOutcome outcome)
    {
        (backup.Outcome, backup.IsWaiting) = (outcome, false);
        _ports.Complete(backup);
    }
}
