using RaftMQ.Consensus;
using RaftMQ.Storage;
using RaftMQ.Storage.Bodies;
using RaftMQ.Storage.Files;
using RaftMQ.Storage.Identity;
using RaftMQ.Storage.Snapshots;
using RaftMQ.Storage.Transfer;
using RaftMQ.Storage.Wal;

namespace RaftMQ.Replica.Disk;

/// <summary>
/// Makes the folder of a new cluster of one node out of a backup. It is another cluster, with a name of its own: what the old one may still acknowledge is none of its business, and the
/// other way round. The identity is written last: before that the folder is nobody's, and no node starts with it.
/// </summary>
public static class BackupRestore
{
    /// <summary>Fills an empty folder.</summary>
    /// <param name="files">The folder, locked by the caller.</param>
    /// <param name="pieces">The snapshot of a backup, in pieces of any size.</param>
    /// <param name="seat">The node's seat; its incarnation is drawn.</param>
    /// <param name="options">Sizes of the log.</param>
    /// <param name="drawId">A source of random numbers, never zero, never the same twice.</param>
    /// <param name="understands">The cluster versions that are understood; null for those of this program.</param>
    /// <returns>What was restored, and whose folder it is now.</returns>
    /// <exception cref="StorageRefusedException">It is of a cluster version that this program does not understand: the folder is empty again.</exception>
    /// <exception cref="FormatException">It is no backup that is whole: the folder is empty again.</exception>
    /// <exception cref="DiskFullException">There is no room: the folder is empty again.</exception>
    /// <exception cref="StorageFailedException">The disk failed.</exception>
    public static (RestoredState State, ServerIdentity Identity) Fill(
        IFileSystem files, IEnumerable<ReadOnlyMemory<byte>> pieces, Member seat, WalOptions options, Func<ulong> drawId, ClusterVersions? understands = null)
    {
        try
        {
            return FillEmpty(files, pieces, seat with { Incarnation = drawId() }, options, drawId, understands ?? ClusterVersions.OfThisProgram);
        }
        catch
        {
            DataFolder.Discard(files);
            throw;
        }
    }

    private static (RestoredState State, ServerIdentity Identity) FillEmpty(
        IFileSystem files, IEnumerable<ReadOnlyMemory<byte>> pieces, Member seat, WalOptions options, Func<ulong> drawId, ClusterVersions understands)
    {
        var identity = new ServerIdentity(new ClusterId(new UInt128(drawId(), drawId())), seat.Server);
        using WriteAheadLog log = WriteAheadLog.Open(files, options, drawId, null, out _);
        using SnapshotStore snapshots = SnapshotStore.Open(files);
        using var sink = new SnapshotSink(files, options, drawId, metadata => metadata with { Configurations = [BirthOf(metadata, identity, seat, understands)] });
        foreach (ReadOnlyMemory<byte> piece in pieces)
        {
            sink.Take(piece.Span);
        }

        RestoredState state = RestoredState.From(sink, understands);
        log.Append(new WalBatch(new HardState(state.Metadata.Last.Term, null), null, []));
        log.Sync();
        SnapshotInstallation.Run(sink, log, snapshots, BodyStore.Open(files, options));
        IdentityFile.Write(files, identity);
        return (state, identity);
    }

    /// <summary>The birth of the new cluster: the old one's settings, the version of it that the state is of, and one seat.</summary>
    private static LogEntry BirthOf(SnapshotMetadata metadata, ServerIdentity identity, Member seat, ClusterVersions understands)
    {
        VersionCheck.Require(metadata.Configurations, understands, "the backup");
        LogEntry old = metadata.Configurations[0];
        int version = ClusterVersions.StatedIn(metadata.Configurations[^1]) ?? throw new FormatException("a snapshot names a configuration, and this one names none");
        var birth = new Birth(identity.Cluster, identity.Server, new Membership([seat], version), Birth.Decode(old.Payload).Settings);
        return old with { Payload = birth.Encode() };
    }
}
