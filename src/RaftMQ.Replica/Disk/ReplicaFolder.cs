using RaftMQ.Consensus;
using RaftMQ.Storage;
using RaftMQ.Storage.Bodies;
using RaftMQ.Storage.Files;
using RaftMQ.Storage.Identity;
using RaftMQ.Storage.Snapshots;
using RaftMQ.Storage.Transfer;
using RaftMQ.Storage.Wal;

namespace RaftMQ.Replica.Disk;

/// <summary>What a life of a replica begins with: whose folder it is, and the log that it holds. A crash between two of its steps is completed at the next opening.</summary>
/// <param name="Identity">Cluster, node and incarnation.</param>
/// <param name="IsNew">Whether the folder was empty, so that the incarnation was drawn now.</param>
/// <param name="Log">The log, open.</param>
/// <param name="Recovered">What it holds; all of it durable.</param>
/// <param name="Snapshots">The snapshots of the state.</param>
/// <param name="Restored">What the newest that is whole brought back, if there is one.</param>
/// <param name="Bodies">The bodies of waiting messages whose entries the log has released.</param>
/// <param name="Compaction">What gives back the room of that which nothing needs.</param>
/// <param name="Options">Sizes of the log.</param>
/// <param name="DrawId">A source of random numbers, for files to come.</param>
/// <param name="Understands">The cluster versions that this program understands.</param>
/// <param name="Damage">What of the folder is damaged and not needed, for people.</param>
public sealed record ReplicaFolder(
    ServerIdentity Identity,
    bool IsNew,
    WriteAheadLog Log,
    RecoveredLog Recovered,
    SnapshotStore Snapshots,
    RestoredState? Restored,
    BodyStore Bodies,
    LogCompaction Compaction,
    WalOptions Options,
    Func<ulong> DrawId,
    ClusterVersions Understands,
    IReadOnlyList<string> Damage) : IDisposable
{
    /// <summary>Opens a folder that the caller has locked, and recovers what it holds.</summary>
    /// <param name="files">The folder.</param>
    /// <param name="node">Whose it should be.</param>
    /// <param name="options">Sizes of the log.</param>
    /// <param name="drawId">A source of random numbers, never zero, never the same twice: for an incarnation and for segments.</param>
    /// <param name="progress">Told now and then during a long recovery; may be null.</param>
    /// <param name="joins">The only cluster that the node comes into if it is unborn; none if it may come into any.</param>
    /// <param name="understands">The cluster versions that are understood; null for those of this program.</param>
    /// <exception cref="StorageRefusedException">The folder belongs to another node, or is of a newer format or cluster version.</exception>
    /// <exception cref="StorageDamagedException">What it holds does not fit together.</exception>
    /// <exception cref="StorageFailedException">The disk failed.</exception>
    /// <exception cref="DiskFullException">There is no room.</exception>
    public static ReplicaFolder Open(
        IFileSystem files, NodeId node, WalOptions options, Func<ulong> drawId, Action<RecoveryProgress>? progress, ClusterId joins = default,
        ClusterVersions? understands = null)
    {
        DataFolder.FinishInterrupted(files);
        SnapshotInstallation.FinishInterrupted(files);
        ServerIdentity? found = IdentityFile.Read(files);
        ServerIdentity identity = found ?? new ServerIdentity(ClusterId.None, new ServerId(node, drawId())) { Joins = IdentityFile.ReadFormer(files) };
        bool isPromised = !identity.Cluster.IsBorn && !identity.Joins.IsBorn && joins.IsBorn;
        identity = isPromised ? identity with { Joins = joins } : identity;
        if (found is null || (isPromised && identity.Server.Node == node))
        {
            IdentityFile.Write(files, identity);
        }

        if (identity.Server.Node != node)
        {
            string cluster = identity.Cluster.IsBorn ? $"cluster {identity.Cluster}, " : string.Empty;
            throw new StorageRefusedException(
                $"the data folder {files.Description} belongs to {cluster}node {identity.Server.Node}, and this is node {node}; "
                + "a folder is never shared or renamed: use that node's id, or start with an empty folder");
        }

        ClusterVersions versions = understands ?? ClusterVersions.OfThisProgram;

        // First: what was left of an unfinished snapshot may have the room that the log needs to recover.
        SnapshotStore snapshots = SnapshotStore.Open(files);
        BodyStore bodies = BodyStore.Open(files, options);
        WriteAheadLog log = WriteAheadLog.Open(files, options, drawId, progress, out RecoveredLog recovered);
        try
        {
            var damage = new List<string>();
            RestoredState? restored = snapshots.Load((metadata, chunks, bytes) => RestoredState.From(metadata, chunks, bytes, versions), damage.Add);
            recovered = log.BeginBehind(snapshots.Oldest, recovered) with { CommittedIndex = restored?.Metadata.Last.Index ?? LogIndex.Zero };
            VersionCheck.Require(recovered.Configurations, versions, $"the data folder {files.Description}");
            identity = CompleteBirth(files, identity, recovered);
            if (restored is not null)
            {
                RequireInLog(files, restored.Metadata, recovered);
                RequireBodies(files, restored.Live, log, bodies);
                bool isNewestAlone = snapshots.Oldest!.Last == restored.Metadata.Last;
                snapshots.IsAlone = isNewestAlone && log.FirstIndex > new LogIndex(1);
                restored = restored with { BytesBelow = isNewestAlone ? 0 : log.BytesUpTo(restored.Metadata.Last.Index) + bodies.FileBytes };
            }

            var compaction = new LogCompaction(files, log, bodies, options, drawId);
            return new ReplicaFolder(identity, found is null, log, recovered, snapshots, restored, bodies, compaction, options, drawId, versions, damage);
        }
        catch
        {
            log.Dispose();
            throw;
        }
    }

    /// <summary>Reads entries for the bodies in them, from the log, or from where they lie since the log has released them.</summary>
    /// <param name="wanted">Which, ascending and each once.</param>
    /// <param name="into">Where they are added, in the same order.</param>
    /// <exception cref="StorageDamagedException">An entry is not there, or is no longer what was written.</exception>
    /// <exception cref="StorageFailedException">The disk could not be read.</exception>
    public void ReadEntries(IReadOnlyList<LogIndex> wanted, List<LogEntry> into)
    {
        int released = 0;
        while (released < wanted.Count && wanted[released] < Log.FirstIndex)
        {
            released++;
        }

        Bodies.Read([.. wanted.Take(released)], into);
        Log.Read([.. wanted.Skip(released)], into);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Log.Dispose();
        Snapshots.Dispose();
        Compaction.Dispose();
    }

    /// <summary>A snapshot goes up to an entry that was durable in this log as it was taken: if it is not there now, the log has lost what its server may have acknowledged.</summary>
    private static void RequireInLog(IFileSystem files, SnapshotMetadata metadata, RecoveredLog recovered)
    {
        TermRun run = recovered.Terms.LastOrDefault(run => run.First <= metadata.Last.Index);
        bool isInLog = metadata.Last == recovered.Base || (metadata.Last.Index <= recovered.LastIndex && run.Term == metadata.Last.Term);
        bool hasItsConfigurations = metadata.Configurations.All(entry => recovered.Configurations.Any(known => IsSame(known, entry)));
        if (!isInLog || !hasItsConfigurations)
        {
            throw new StorageDamagedException(
                $"the data folder {files.Description} has a snapshot up to entry {metadata.Last}, and a log that ends at {recovered.LastIndex} or has another entry there: "
                + "entries that were durable are lost");
        }
    }

    /// <summary>What the state refers to lies in the log, or where the log has released it, in a file of bodies.</summary>
    private static void RequireBodies(IFileSystem files, LiveBodies live, WriteAheadLog log, BodyStore bodies)
    {
        foreach ((LogIndex index, int _) in live.In(LogIndex.Zero, log.FirstIndex.Previous))
        {
            if (!bodies.Covers(index))
            {
                throw new StorageDamagedException(
                    $"the data folder {files.Description} has lost the file of bodies in which entry {index} stood, and a waiting message refers to it");
            }
        }
    }

    private static bool IsSame(in LogEntry a, in LogEntry b) =>
        a.Position == b.Position && a.Kind == b.Kind && a.Time == b.Time && a.Payload.Span.SequenceEqual(b.Payload.Span);

    /// <summary>The log is made durable before the identity file names the cluster; a crash between the two is completed here.</summary>
    private static ServerIdentity CompleteBirth(IFileSystem files, ServerIdentity identity, RecoveredLog recovered)
    {
        LogEntry? first = recovered.Configurations.Count > 0 ? recovered.Configurations[0] : null;
        ClusterId cluster = first is { Kind: EntryKind.Birth } entry ? Birth.Decode(entry.Payload).Cluster : ClusterId.None;
        if (identity.ObjectionTo(cluster) is { } objection)
        {
            throw new StorageDamagedException(
                $"the data folder {files.Description} does not fit together: {objection}");
        }

        if (cluster.IsBorn && !identity.Cluster.IsBorn)
        {
            identity = new ServerIdentity(cluster, identity.Server);
            IdentityFile.Write(files, identity);
        }

        return identity;
    }
}
