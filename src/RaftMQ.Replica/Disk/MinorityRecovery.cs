using RaftMQ.Consensus;
using RaftMQ.Queues;
using RaftMQ.Queues.Snapshots;
using RaftMQ.Storage;
using RaftMQ.Storage.Snapshots;
using RaftMQ.Storage.Transfer;
using RaftMQ.Storage.Wal;

namespace RaftMQ.Replica.Disk;

/// <summary>
/// What one node's folder holds, for when a majority of the folders is lost for good: everything in its log, committed or not, since it cannot know which of it a majority has had.
/// In the form of a backup, out of which <see cref="BackupRestore"/> makes another cluster: the old one is never gone on with, so that whoever comes back of it is nobody here.
/// </summary>
/// <param name="Machine">The queue with all of the log applied.</param>
/// <param name="Last">The last entry of the log.</param>
/// <param name="KnownCommitted">Up to where the folder knows that it was committed; what follows may have been, or not.</param>
/// <param name="Pieces">The snapshot of a backup, made as it is asked for, as long as the folder is open.</param>
public sealed record MinorityRecovery(QueueMachine Machine, LogPosition Last, LogIndex KnownCommitted, IEnumerable<ReadOnlyMemory<byte>> Pieces)
{
    private const int BytesPerRead = 1024 * 1024;
    private const int BytesPerPiece = 1024 * 1024;
    private const int ChunkBytes = 64 * 1024;

    /// <summary>Reads a folder.</summary>
    /// <param name="folder">The folder, open, and nobody else's at the moment.</param>
    /// <param name="progress">Told how much of the log was applied; how much there is in all is not known. May be null.</param>
    /// <returns>What it holds, or null if it holds nothing: its node has never been of a cluster.</returns>
    /// <exception cref="StorageDamagedException">What is on disk is no longer what was written.</exception>
    /// <exception cref="StorageFailedException">The disk could not be read.</exception>
    public static MinorityRecovery? Read(ReplicaFolder folder, Action<RecoveryProgress>? progress)
    {
        RecoveredLog recovered = folder.Recovered;
        if (recovered.Configurations.Count == 0)
        {
            return null;
        }

        QueueMachine machine = folder.Restored?.Machine ?? new QueueMachine();
        LogIndex applied = folder.Restored?.Metadata.Last.Index ?? LogIndex.Zero;
        var entries = new List<LogEntry>();
        long bytes = 0;
        while (applied < recovered.LastIndex)
        {
            entries.Clear();
            folder.Log.Read(applied.Next, recovered.LastIndex, BytesPerRead, entries);
            foreach (LogEntry entry in entries)
            {
                AppliedEntry.To(machine, entry);
                bytes += entry.Payload.Length;
            }

            applied = entries[^1].Index;
            progress?.Invoke(new RecoveryProgress(bytes, 0));
        }

        QueueSnapshot state = machine.Capture();

        // The last one says of which cluster version the state is.
        LogEntry[] configurations = [.. recovered.Configurations.Count > 1 ? [recovered.Configurations[0], recovered.Configurations[^1]] : recovered.Configurations];
        var last = new LogPosition(recovered.LastIndex, recovered.Terms.Count > 0 ? recovered.Terms[^1].Term : recovered.Base.Term);
        var metadata = new SnapshotMetadata(last, recovered.LastTime, state.StateHash, configurations);
        IEnumerable<byte[]> frames = SnapshotFrames.Of(metadata, state.Encode(ChunkBytes), RestoredState.LiveIn(state), folder.ReadEntries, folder.Options);
        return new MinorityRecovery(machine, last, recovered.CommittedIndex, Gathered(frames));
    }

    /// <summary>Who takes a piece in makes it durable, and a frame may be one small message.</summary>
    private static IEnumerable<ReadOnlyMemory<byte>> Gathered(IEnumerable<byte[]> frames)
    {
        using var piece = new MemoryStream();
        foreach (byte[] frame in frames)
        {
            piece.Write(frame);
            if (piece.Length >= BytesPerPiece)
            {
                yield return piece.ToArray();
                piece.SetLength(0);
            }
        }

        yield return piece.ToArray();
    }
}
