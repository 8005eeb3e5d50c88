using RaftMQ.Consensus;
using RaftMQ.Storage;
using RaftMQ.Storage.Files;
using RaftMQ.Storage.Transfer;

namespace RaftMQ.Replica.Disk;

/// <summary>Snapshots on their way (§7), on the disk's side: read for followers, one stream for each; taken in from a leader, one at a time.</summary>
internal sealed class SnapshotTransfers(IFileSystem files, ReplicaFolder folder, SnapshotUpkeep upkeep)
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

            source = new SnapshotSource(files, load.Snapshot, live, folder.ReadEntries);
            _sources.Add(load.For, source);
        }

        return source.TryRead(load.Offset, load.MaxBytes, out ReadOnlyMemory<byte> data, out bool isLast) ? new SnapshotLoadedInput(load, data, isLast) : new SnapshotGoneInput(load);
    }

    /// <summary>No snapshot before this one is on its way any more.</summary>
    /// <param name="from">The end of the oldest; null if none is.</param>
    public void Keep(LogIndex? from)
    {
        folder.Snapshots.KeptFrom = from;
        foreach ((ServerId server, SnapshotSource source) in _sources.ToArray())
        {
            if (from is null || source.Snapshot.Index < from)
            {
                source.Dispose();
                _sources.Remove(server);
            }
        }
    }

    /// <summary>Takes a piece in, and installs the snapshot with the last.</summary>
    /// <returns>The state, once it is installed; null before.</returns>
    /// <exception cref="FormatException">It is damaged, and what had come is dropped.</exception>
    /// <exception cref="DiskFullException">There is no room, and what had come is dropped.</exception>
    public RestoredState? Take(SnapshotPiece piece)
    {
        try
        {
            if (piece.Offset == 0)
            {
                _sink?.Dispose();
                _sink = new SnapshotSink(files, folder.Options, folder.DrawId);
            }

            SnapshotSink sink = _sink ?? throw new FormatException("what came before it was dropped");
            sink.Take(piece.Data.Span);
            return piece.IsLast ? Install(sink, piece) : null;
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

    private static RestoredState ReadBack(SnapshotSink sink)
    {
        try
        {
            return sink.ReadState(RestoredState.From);
        }
        catch (StorageDamagedException e)
        {
            throw new FormatException(e.Message);
        }
    }

    private RestoredState Install(SnapshotSink sink, SnapshotPiece piece)
    {
        if (!sink.IsComplete || sink.Metadata!.Last != piece.Snapshot)
        {
            throw new FormatException("it ends too early, or is another one");
        }

        RestoredState state = ReadBack(sink);
        if (sink.EntryCount != state.Live.In(new LogIndex(1), piece.Snapshot.Index).Count())
        {
            throw new FormatException("it does not bring the bodies that its state refers to");
        }

        Keep(null);
        folder.Compaction.End();
        SnapshotInstallation.Run(sink, folder.Log, folder.Snapshots, folder.Bodies);
        upkeep.BeginAnew(piece.Snapshot.Index, state.Live);
        _sink = null;
        return state;
    }
}
