using RaftMQ.Consensus;
using RaftMQ.Storage.Files;
using RaftMQ.Storage.Snapshots;
using RaftMQ.Storage.Transfer;

namespace RaftMQ.Storage.Wal;

/// <summary>
/// The log begins behind a snapshot (§7; design, storage rule 6): it is whole from the oldest kept one onwards, and what stands before is released segment by segment, the oldest
/// first, so that no crash leaves a gap.
/// </summary>
public sealed partial class WriteAheadLog
{
    /// <summary>What was recovered, as a log that begins behind a snapshot.</summary>
    /// <param name="oldest">The oldest snapshot kept; null if there is none: then the log must be whole.</param>
    /// <param name="recovered">What <see cref="Open"/> has found.</param>
    /// <exception cref="StorageDamagedException">Entries behind the snapshot are missing, or the log has another entry where it ends.</exception>
    public RecoveredLog BeginBehind(SnapshotMetadata? oldest, RecoveredLog recovered)
    {
        LogPosition start = oldest?.Last ?? LogPosition.Zero;
        string? missing = SnapshotRules.MissingBefore(_journal, oldest);
        _journal.PlaceBehind(start.Index);
        string? objection = oldest is null ? null : SnapshotRules.ObjectionTo(oldest, _journal);
        if (missing is not null || objection is not null)
        {
            string what = missing ?? $"{SnapshotName.Of(start.Index.Value)}: {objection}";
            throw new StorageDamagedException($"the data folder {_files.Description} does not fit together: {what}");
        }

        return recovered with
        {
            Base = start,
            LastIndex = LastIndex,
            LastTime = new LogTime(Math.Max(recovered.LastTime.Milliseconds, oldest?.Time.Milliseconds ?? 0)),
            Terms = _journal.Terms.From(start.Index.Next),
            Configurations = SnapshotRules.Configurations(recovered.Configurations, oldest),
            Tail = [.. recovered.Tail.Where(entry => entry.Index > start.Index)],
        };
    }

    /// <summary>
    /// A snapshot that has come from elsewhere takes the place of everything that the log holds (§7): whether that conflicts with it or ends before it. A crash
    /// leaves either the old log or the new one.
    /// </summary>
    /// <param name="metadata">The snapshot, whole and durable under the name of one that does not count yet.</param>
    /// <param name="hardState">Term and vote from now on, if they are to change; a crash may leave them in the old log.</param>
    /// <exception cref="DiskFullException">There is no room for a new segment: nothing has changed.</exception>
    /// <exception cref="StorageFailedException">The disk failed.</exception>
    internal void BeginAnew(SnapshotMetadata metadata, HardState? hardState)
    {
        RequireSound();
        Sync();
        try
        {
            // The last spare stays for the next start.
            _spares.Require(2);
            InstallFiles.PrepareMark(_files, (ulong)_writer.Number + 1, metadata.Last.Index);
        }
        catch (IOException e) when (e is not DiskFullException)
        {
            throw Failed(e);
        }

        try
        {
            _journal.Set(hardState ?? _journal.HardState);
            SegmentWriter old = _writer;
            _writer = Activate(old.End);
            old.Dispose();
            InstallFiles.SetMark(_files);
            InstallFiles.Finish(_files);
        }
        catch (IOException e)
        {
            // A name may have changed, on the disk or not: there is no way back in this process, and a start goes the right one.
            throw Failed(e);
        }

        _journal.BeginAnew(metadata.Last.Index, metadata.Time);
    }

    /// <summary>The oldest segment, if it holds nothing but entries up to an index, and is not the one that is written to.</summary>
    /// <param name="upTo">Up to where the log is no longer needed.</param>
    internal ReleasableSegment? OldestUpTo(LogIndex upTo)
    {
        RequireSound();
        if (_journal.OldestSegmentUpTo(upTo) is not var (first, last))
        {
            return null;
        }

        int number = _journal.Segments.First;
        return new ReleasableSegment(SegmentName.Of((ulong)number), _journal.Segments[number], first, last, _journal.Segments.HoldsDropped(number));
    }

    /// <summary>The oldest segment no longer belongs to the log: it is removed, or goes on under another name. A caller that needs it durably gone syncs the folder.</summary>
    /// <param name="newName">Its new name; null to remove it.</param>
    internal void ReleaseOldest(string? newName)
    {
        RequireSound();
        Invariant.Require(_journal.Segments.First < _writer.Number, "the segment that is written to is never released");
        string name = SegmentName.Of((ulong)_journal.Segments.First);
        if (newName is null)
        {
            _files.Delete(name);
        }
        else
        {
            _files.Rename(name, newName);
        }

        _journal.ReleaseOldestSegment();
    }
}

/// <summary>A segment that the log no longer needs.</summary>
/// <param name="Name">Its file.</param>
/// <param name="Header">Its header.</param>
/// <param name="First">Its first live entry.</param>
/// <param name="Last">Its last live entry; before <paramref name="First"/> if it has none.</param>
/// <param name="HoldsDropped">Whether it holds entries that were truncated, so that an index may stand in it twice.</param>
internal readonly record struct ReleasableSegment(string Name, SegmentHeader Header, LogIndex First, LogIndex Last, bool HoldsDropped);
