using RaftMQ.Consensus;
using RaftMQ.Queues;
using RaftMQ.Storage.Files;
using RaftMQ.Storage.Identity;
using RaftMQ.Storage.Snapshots;
using RaftMQ.Storage.Wal;

namespace RaftMQ.Replica.Disk;

/// <summary>
/// The disk's side of a replica, stepped by whoever owns it: everything that waits is written, then made durable with one sync (group commit), then reported;
/// reads come after that. A full disk is no failure: what has no room waits, as on a disk that stands still, and is written when there is some.
/// A failure is an exception, after which it must not be used again: the node ends.
/// </summary>
/// <param name="files">The folder.</param>
/// <param name="log">Its log.</param>
/// <param name="snapshots">Its snapshots.</param>
/// <param name="server">Whose it is.</param>
public sealed class ReplicaDisk(IFileSystem files, WriteAheadLog log, SnapshotStore snapshots, ServerId server)
{
    private readonly Queue<PersistBatch> _waiting = new();
    private WalSpace _reportedSpace;
    private long _reportedRoom;
    private bool _isFull;

    /// <summary>How much of a snapshot is checked by one checksum, and how much of it is written and synced between two batches; smaller only where a small one is to take many steps.</summary>
    public int SnapshotChunkBytes { get; init; } = 64 * 1024;

    /// <summary>See <see cref="SnapshotChunkBytes"/>.</summary>
    public int SnapshotStepBytes { get; init; } = 256 * 1024;

    /// <summary>How often batches were made durable.</summary>
    public long Syncs { get; private set; }

    /// <summary>Does all of the work and says what the replica is to be told.</summary>
    /// <param name="work">What waits, in order of asking.</param>
    /// <param name="done">Where the answers are added.</param>
    /// <exception cref="Storage.StorageFailedException">The disk failed or is damaged.</exception>
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
                    bool stillExists = load.Last <= log.LastIndex;
                    done.Add(new PeerEntriesLoadedInput(load, stillExists ? Read(load.First, load.Last, load.MaxBytes) : default));
                    break;
                case ApplyLoad load:
                    done.Add(new ApplyEntriesLoadedInput(load.First, Read(load.First, load.Last, load.MaxBytes)));
                    break;
                case SnapshotSave save:
                    snapshots.Begin(save.Metadata, save.State.Encode(SnapshotChunkBytes));
                    break;
                case BodyLoad load:
                    done.Add(new BodiesLoadedInput(Read(load.Bodies)));
                    break;
                default:
                    break;
            }
        }
    }

    /// <summary>Does a small piece of work that can be done between batches, and reports a change of the room that is left.</summary>
    /// <param name="idle">Whether no work has come for a moment.</param>
    /// <param name="done">Where a change of room is added.</param>
    /// <returns>Whether there is more to do.</returns>
    /// <exception cref="Storage.StorageFailedException">The disk failed.</exception>
    public bool WorkInBackground(bool idle, ICollection<ReplicaInput> done)
    {
        bool more = log.WorkInBackground(idle) || snapshots.IsSaving;
        if (snapshots.IsSaving && snapshots.Step(SnapshotStepBytes, out long savedBytes))
        {
            _reportedRoom = log.RoomBytes;
            done.Add(new SnapshotSavedInput(savedBytes, _reportedRoom));
        }

        // Under load there may be no idle moment for long: then the log's own look for room tells.
        if (_isFull && (idle || log.Space == WalSpace.Ample))
        {
            _isFull = false;
            Write(done);
        }

        WalSpace space = _isFull ? WalSpace.Exhausted : log.Space;
        if (space != _reportedSpace || (idle && log.RoomBytes != _reportedRoom))
        {
            (_reportedSpace, _reportedRoom) = (space, log.RoomBytes);
            done.Add(new DiskSpaceInput(space, _reportedRoom));
        }

        return more;
    }

    private void Write(ICollection<ReplicaInput> done)
    {
        PersistBatch? last = null;
        ClusterId? birth = null;
        while (!_isFull && _waiting.TryPeek(out PersistBatch? batch))
        {
            try
            {
                log.Append(batch.Records);
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

        log.Sync();
        Syncs++;
        if (birth is { } cluster)
        {
            IdentityFile.Write(files, new ServerIdentity(cluster, server));
        }

        _reportedRoom = log.RoomBytes;
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
        log.Read(indexes, entries);
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
        log.Read(first, last, maxBytes, entries);
        return [.. entries];
    }
}
