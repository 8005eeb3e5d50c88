using RaftMQ.Consensus;
using RaftMQ.Storage;
using RaftMQ.Storage.Files;
using RaftMQ.Storage.Snapshots;
using RaftMQ.Storage.Transfer;

namespace RaftMQ.Replica.Disk;

/// <summary>Snapshots on their way (§7), on the disk's side: read for followers, one stream for each; taken in from a leader, one at a time.</summary>
internal sealed class SnapshotTransfers(IFileSystem files, ReplicaFolder folder, SnapshotUpkeep upkeep) : IDisposable
{
    private readonly Dictionary<ServerId, SnapshotSource> _sources = [];
    private SnapshotSink? _sink;

    /// <summary>The next piece for a follower.</summary>
    public ReplicaInput Read(SnapshotLoad load)
    {
        if (!_sources.TryGetValue(load.For, out SnapshotSource? source) || source.Snapshot != load.Snapshot)
        {
            source?.Dispose();
            _sources.Remove(load.For);
            if (upkeep.LiveOf(load.Snapshot) is not { } live)
            {
                return new SnapshotGoneInput(load);
            }

            source = new SnapshotSource(files, load.Snapshot, live, folder.ReadEntries, folder.Options);
            _sources.Add(load.For, source);
        }

        return source.TryRead(load.Offset, load.MaxBytes, out ReadOnlyMemory<byte> data, out bool isLast) ? new SnapshotLoadedInput(load, data, isLast) : new SnapshotGoneInput(load);
    }

    /// <summary>Only these are on their way.</summary>
    public void Keep(IReadOnlyList<LogPosition> underWay)
    {
        foreach ((ServerId server, SnapshotSource source) in _sources.ToArray())
        {
            if (!underWay.Contains(source.Snapshot))
            {
                source.Dispose();
                _sources.Remove(server);
            }
        }

        upkeep.Keep(underWay);
    }

    /// <summary>Takes a piece in, and installs the snapshot with the last.</summary>
    /// <param name="piece">The piece.</param>
    /// <param name="hardState">Term and vote that wait to be written, if they do: the new log begins with them.</param>
    /// <returns>The state, once it is installed; null before.</returns>
    /// <exception cref="FormatException">It is damaged, and what had come is dropped.</exception>
    /// <exception cref="DiskFullException">There is no room, and what had come is dropped.</exception>
    /// <exception cref="StorageRefusedException">It is of a cluster version that this program does not understand.</exception>
    public RestoredState? Take(SnapshotPiece piece, HardState? hardState)
    {
        try
        {
            if (piece.Offset == 0)
            {
                _sink?.Dispose();
                _sink = new SnapshotSink(files, folder.Options, folder.DrawId, Understood);
            }

            SnapshotSink sink = _sink ?? throw new FormatException("what came before it was dropped");
            sink.Take(piece.Data.Span);
            return piece.IsLast ? Install(sink, piece, hardState) : null;
        }
        catch (Exception e) when (e is FormatException or DiskFullException)
        {
            Drop();
            throw;
        }
    }

    /// <summary>What has come of a snapshot is removed, and the room that it took is free.</summary>
    public void Drop()
    {
        _sink?.Drop();
        _sink = null;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (SnapshotSource source in _sources.Values)
        {
            source.Dispose();
        }

        _sink?.Dispose();
    }

    /// <summary>At its first part: nothing more of it is taken.</summary>
    private SnapshotMetadata Understood(SnapshotMetadata metadata)
    {
        VersionCheck.Require(metadata.Configurations, folder.Understands, $"the snapshot up to entry {metadata.Last} that the leader sent");
        return metadata;
    }

    private RestoredState Install(SnapshotSink sink, SnapshotPiece piece, HardState? hardState)
    {
        if (sink.Metadata?.Last != piece.Snapshot)
        {
            throw new FormatException("it is another one");
        }

        RestoredState state = RestoredState.From(sink, folder.Understands);
        Keep([]);
        upkeep.Replace(state, () => SnapshotInstallation.Run(sink, folder.Log, folder.Snapshots, folder.Bodies, hardState));
        _sink = null;
        return state;
    }
}
