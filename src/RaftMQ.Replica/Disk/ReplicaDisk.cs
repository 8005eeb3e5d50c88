using RaftMQ.Consensus;
using RaftMQ.Queues;
using RaftMQ.Storage;
using RaftMQ.Storage.Files;
using RaftMQ.Storage.Identity;
using RaftMQ.Storage.Scrubbing;
using RaftMQ.Storage.Wal;

namespace RaftMQ.Replica.Disk;

/// <summary>
/// The disk's side of a replica, stepped by whoever owns it: everything that waits is written, then made durable with one sync (group commit), then reported;
/// reads come after that. A full disk is no failure: what has no room waits, as on a disk that stands still, and is written when there is some.
/// A failure is an exception, after which it must not be used again: the node ends.
/// </summary>
public sealed class ReplicaDisk : IDisposable
{
    /// <summary>Between so many batches something is read again, too: next to nothing beside their syncs.</summary>
    private const int BusyMomentsPerScrubStep = 64;

    private readonly IFileSystem _files;
    private readonly ReplicaFolder _folder;
    private readonly Queue<PersistBatch> _waiting = new();
    private readonly SnapshotUpkeep _upkeep;
    private readonly SnapshotTransfers _transfers;
    private readonly Scrub _scrub;
    private int _scrubRests;
    private WalSpace _reportedSpace;
    private long _reportedRoom;
    private LogIndex _reportedRelease;
    private long? _reportedBudget;
    private bool _isFull;

    /// <summary>What snapshots could have given back since a segment was ended for it, and what it will be once the one is saved that is being written.</summary>
    private long _reclaimableBytes;
    private long _reclaimableBytesWhenSaved;
    private int _busyMoments;

    /// <summary>A disk that goes on from what a folder holds.</summary>
    /// <param name="files">The folder.</param>
    /// <param name="folder">What it holds, open.</param>
    public ReplicaDisk(IFileSystem files, ReplicaFolder folder)
    {
        (_files, _folder) = (files, folder);
        _upkeep = new SnapshotUpkeep(folder);
        _transfers = new SnapshotTransfers(files, folder, _upkeep);
        _scrub = new Scrub(files, folder.Log, folder.Bodies, folder.Snapshots, folder.Options);
    }

    /// <summary>How much is read again in an idle moment, and under load after each 64 batches: with moments of 50 ms less than 4 MiB a second. Default 192 KiB.</summary>
    public int ScrubStepBytes { get; init; } = 192 * 1024;

    /// <summary>For how many such moments nothing is read when everything was: with moments of 50 ms an hour without other work.</summary>
    public int ScrubRestMoments { get; init; } = 72_000;

    /// <summary>How much of a snapshot is checked by one checksum, and how much of it is written and synced between two batches; smaller only where a small one is to take many steps.</summary>
    public int SnapshotChunkBytes { get; init; } = 64 * 1024;

    /// <summary>See <see cref="SnapshotChunkBytes"/>.</summary>
    public int SnapshotStepBytes { get; init; } = 256 * 1024;

    private WriteAheadLog Log => _folder.Log;

    /// <summary>How often batches were made durable.</summary>
    public long Syncs { get; private set; }

    /// <summary>Does all of the work and says what the replica is to be told.</summary>
    /// <param name="work">What waits, in order of asking.</param>
    /// <param name="done">Where the answers are added.</param>
    /// <exception cref="StorageDamagedException">Something that was to be read is no longer what was written.</exception>
    /// <exception cref="StorageFailedException">The disk failed.</exception>
    public void Do(IReadOnlyList<DiskWork> work, ICollection<ReplicaInput> done)
    {
        foreach (DiskWork item in work)
        {
            if (item is PersistBatch batch)
            {
                _waiting.Enqueue(batch);
            }
        }

        if (!_isFull)
        {
            Write(done);
        }

        foreach (DiskWork item in work)
        {
            switch (item)
            {
                case PeerLoad { Request: var load }:
                    bool stillExists = load.First >= Log.FirstIndex && load.Last <= Log.LastIndex;
                    done.Add(new PeerEntriesLoadedInput(load, stillExists ? Read(load.First, load.Last, load.MaxBytes) : default));
                    break;
                case ApplyLoad load:
                    bool isReplaced = load.First < Log.FirstIndex;
                    done.Add(new ApplyEntriesLoadedInput(load.First, isReplaced ? default : Read(load.First, load.Last, load.MaxBytes)));
                    break;
                case SnapshotSave save:
                    Begin(save, done);
                    break;
                case SnapshotRead { Request: var load }:
                    done.Add(_transfers.Read(load));
                    break;
                case SnapshotPieceWrite { Piece: var piece }:
                    Take(piece, done);
                    break;
                case RoomReserved reserved:
                    Log.ReservedBytes = reserved.Bytes;
                    break;
                case SnapshotsKept kept:
                    _transfers.Keep(kept.Snapshots);
                    break;
                case OlderSnapshotDropped:
                    _upkeep.DropOlder();
                    break;
                case SnapshotDropped:
                    _transfers.Drop();
                    break;
                case AsideRemoval:
                    RemoveAside(done);
                    break;
                case BodyLoad load:
                    done.Add(new BodiesLoadedInput(Read(load.Bodies)));
                    break;
                default:
                    break;
            }
        }

        ReportReleased(done);
    }

    /// <summary>Does a small piece of work that can be done between batches, and reports a change of the room that is left.</summary>
    /// <param name="idle">Whether no work has come for a moment.</param>
    /// <param name="done">Where a change of room is added.</param>
    /// <returns>Whether there is more to do.</returns>
    /// <exception cref="StorageDamagedException">Something that lies on the disk is no longer what was written.</exception>
    /// <exception cref="StorageFailedException">The disk failed.</exception>
    public bool WorkInBackground(bool idle, ICollection<ReplicaInput> done)
    {
        bool upkeepIsUnderWay = _upkeep.HasWork;
        bool more = Log.WorkInBackground(idle) | upkeepIsUnderWay;
        if (_upkeep.Step(SnapshotStepBytes) is { } savedBytes)
        {
            _reclaimableBytes = savedBytes > 0 ? _reclaimableBytesWhenSaved : _reclaimableBytes;
            done.Add(Saved(savedBytes));
            ReportReleased(done);
        }

        bool upkeepHasEnded = upkeepIsUnderWay && !_upkeep.HasWork;
        if (upkeepHasEnded)
        {
            // What was consumed is given back, and under load publishes would have used up the reserve before the log looks for room by itself.
            Log.LookForRoom();
        }

        // Under load there may be no idle moment for days.
        _busyMoments = idle ? _busyMoments : _busyMoments + 1;
        if (!upkeepIsUnderWay && (idle || _busyMoments % BusyMomentsPerScrubStep == 0))
        {
            ReadAgain();
        }

        // Under load there may be no idle moment for long: then the log's own look for room tells.
        if (_isFull && (idle || Log.Space == WalSpace.Ample))
        {
            _isFull = false;
            Write(done);
        }

        WalSpace space = _isFull ? WalSpace.Exhausted : Log.Space;
        bool mayHaveRoom = idle || upkeepHasEnded;
        if (space != _reportedSpace || (mayHaveRoom && (Log.RoomBytes != _reportedRoom || _files.BudgetInForce != _reportedBudget)))
        {
            (_reportedSpace, _reportedRoom, _reportedBudget) = (space, Log.RoomBytes, _files.BudgetInForce);
            done.Add(new DiskSpaceInput(space, _reportedRoom, _reportedBudget));
        }

        return more;
    }

    /// <summary>Lets go of the files of snapshots that were on their way. The folder is its owner's.</summary>
    public void Dispose() => _transfers.Dispose();

    private void ReadAgain()
    {
        if (_scrubRests > 0)
        {
            _scrubRests--;
        }
        else if (_scrub.Step(ScrubStepBytes))
        {
            _scrubRests = ScrubRestMoments;
        }
    }

    private void RemoveAside(ICollection<ReplicaInput> done)
    {
        if (DataFolder.RemoveAside(_files) is > 0 and int count)
        {
            done.Add(new AsideRemovedInput(count));
        }
    }

    private SnapshotSavedInput Saved(long bytes)
    {
        _reportedRoom = Log.RoomBytes;
        return new SnapshotSavedInput(bytes, _reportedRoom);
    }

    /// <summary>What a snapshot contains must be in this node's own log, which the next start goes on with: on a full disk it may still wait.</summary>
    private void Begin(SnapshotSave save, ICollection<ReplicaInput> done)
    {
        if (Log.Holds(save.Metadata.Last))
        {
            long reclaimable = _reclaimableBytes + save.ReclaimableBytes;
            bool isSegmentEnded = save.FreesRoom && reclaimable > Log.SegmentBytes / 2 && Log.EndSegment();
            _reclaimableBytesWhenSaved = isSegmentEnded ? 0 : reclaimable;
            _upkeep.Begin(save, SnapshotChunkBytes);
        }
        else
        {
            done.Add(Saved(0));
        }
    }

    private void ReportReleased(ICollection<ReplicaInput> done)
    {
        if (_upkeep.ReleasedUpTo > _reportedRelease)
        {
            _reportedRelease = _upkeep.ReleasedUpTo;
            done.Add(new LogReleasedInput(_reportedRelease));
        }
    }

    private void Take(SnapshotPiece piece, ICollection<ReplicaInput> done)
    {
        try
        {
            bool isSaving = _upkeep.IsSaving;
            RestoredState? state = _transfers.Take(piece, _waiting.LastOrDefault(batch => batch.Records.HardState is not null)?.Records.HardState);
            if (state is null)
            {
                done.Add(new SnapshotPieceSavedInput(piece));
                return;
            }

            PassOver(done);
            if (isSaving)
            {
                done.Add(Saved(0));
            }

            done.Add(new SnapshotInstalledInput(state));
        }
        catch (Exception e) when (e is FormatException or DiskFullException)
        {
            string reason = e is DiskFullException ? $"{e.Message}; it needs room beside all that this node holds, until it takes the place of that" : e.Message;
            done.Add(new SnapshotPieceFailedInput(piece, reason));
        }
    }

    /// <summary>
    /// What waited for room when a snapshot was installed: its entries would have been written and then replaced, so they are not written, and its term and vote stand in the new log. What has
    /// no room must not wait before the one thing that brings some.
    /// </summary>
    private void PassOver(ICollection<ReplicaInput> done)
    {
        if (_waiting.Count > 0)
        {
            ulong last = _waiting.Last().Id;
            NoteBirth(_waiting.LastOrDefault(batch => batch.Birth is not null)?.Birth);
            _waiting.Clear();
            _isFull = false;
            _reportedRoom = Log.RoomBytes;
            done.Add(new PersistedInput(last, _reportedRoom));
        }
    }

    private void NoteBirth(ClusterId? birth)
    {
        if (birth is { } cluster)
        {
            IdentityFile.Write(_files, new ServerIdentity(cluster, _folder.Identity.Server));
        }
    }

    private void Write(ICollection<ReplicaInput> done)
    {
        PersistBatch? last = null;
        ClusterId? birth = null;
        while (!_isFull && _waiting.TryPeek(out PersistBatch? batch))
        {
            try
            {
                Log.Append(batch.Records);
            }
            catch (DiskFullException)
            {
                _isFull = true;
                break;
            }

            _waiting.Dequeue();
            last = batch;
            birth = batch.Birth ?? birth;
        }

        if (last is null)
        {
            return;
        }

        Log.Sync();
        Syncs++;
        NoteBirth(birth);
        _reportedRoom = Log.RoomBytes;
        done.Add(new PersistedInput(last.Id, _reportedRoom));
    }

    private ReadOnlyMemory<byte>[] Read(IReadOnlyList<BodyReference> bodies)
    {
        var indexes = new List<LogIndex>(bodies.Count);
        foreach (BodyReference body in bodies)
        {
            if (indexes.Count == 0 || indexes[^1].Value != body.Index)
            {
                indexes.Add(new LogIndex(body.Index));
            }
        }

        var entries = new List<LogEntry>(indexes.Count);
        _folder.ReadEntries(indexes, entries);
        var found = new ReadOnlyMemory<byte>[bodies.Count];
        int at = 0;
        for (int i = 0; i < found.Length; i++)
        {
            at += entries[at].Index.Value == bodies[i].Index ? 0 : 1;
            found[i] = bodies[i].In(entries[at].Payload);
        }

        return found;
    }

    private LogEntry[] Read(LogIndex first, LogIndex last, int maxBytes)
    {
        var entries = new List<LogEntry>();
        Log.Read(first, last, maxBytes, entries);
        return [.. entries];
    }
}
