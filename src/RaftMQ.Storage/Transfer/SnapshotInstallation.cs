using RaftMQ.Consensus;
using RaftMQ.Storage.Bodies;
using RaftMQ.Storage.Files;
using RaftMQ.Storage.Snapshots;
using RaftMQ.Storage.Wal;

namespace RaftMQ.Storage.Transfer;

/// <summary>A snapshot that has come whole takes the place of log, snapshots and bodies, all or nothing (§7).</summary>
public static class SnapshotInstallation
{
    /// <summary>Goes on with an installation that a crash interrupted, and removes what is left of an unfinished transfer. To be called before the folder is read.</summary>
    /// <exception cref="StorageDamagedException">What it left cannot be made sense of.</exception>
    /// <exception cref="StorageFailedException">The disk failed.</exception>
    public static void FinishInterrupted(IFileSystem files) => InstallFiles.FinishOrRemove(files);

    /// <summary>Installs it.</summary>
    /// <param name="sink">What has come; complete.</param>
    /// <param name="log">The log: afterwards it is empty and goes on behind the snapshot.</param>
    /// <param name="snapshots">The snapshots: afterwards this one.</param>
    /// <param name="bodies">The bodies: afterwards those that have come.</param>
    /// <param name="hardState">Term and vote that were to be written before it, and had no room; null if there are none: those of the log stay.</param>
    /// <exception cref="DiskFullException">There is no room: nothing has changed.</exception>
    /// <exception cref="StorageFailedException">The disk failed.</exception>
    public static void Run(SnapshotSink sink, WriteAheadLog log, SnapshotStore snapshots, BodyStore bodies, HardState? hardState = null)
    {
        Invariant.Require(sink.IsComplete, "a snapshot is installed when it is whole");
        SnapshotMetadata metadata = sink.Metadata!;
        log.BeginAnew(metadata, hardState);
        snapshots.BeginAnew(metadata);
        bodies.BeginAnew(sink.BodyFiles);
    }
}
