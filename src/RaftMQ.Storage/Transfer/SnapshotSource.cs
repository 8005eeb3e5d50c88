using RaftMQ.Consensus;
using RaftMQ.Storage.Bodies;
using RaftMQ.Storage.Files;
using RaftMQ.Storage.Snapshots;
using RaftMQ.Storage.Wal;

namespace RaftMQ.Storage.Transfer;

/// <summary>
/// A snapshot with the bodies that it refers to, as a stream of bytes in pieces, made as they are asked for: in memory are one piece, and the entries of one read of the disk. Asked for in
/// order; the piece before may be asked for again, since it may have been lost, and so may the beginning.
/// </summary>
public sealed class SnapshotSource : IDisposable
{
    private readonly IFileSystem _files;
    private readonly string _name;
    private readonly LiveBodies _live;
    private readonly Action<IReadOnlyList<LogIndex>, List<LogEntry>> _read;
    private readonly WalOptions _sizes;
    private IEnumerator<byte[]>? _frames;
    private ReadOnlyMemory<byte> _rest;
    private long _at;
    private (long Offset, byte[] Data, bool IsLast) _last;

    /// <summary>A snapshot of a folder.</summary>
    /// <param name="files">The folder.</param>
    /// <param name="snapshot">The end of the snapshot.</param>
    /// <param name="live">What it refers to; as long as this is used, all of it is there.</param>
    /// <param name="read">Reads entries, wherever they lie.</param>
    /// <param name="sizes">Sizes of the log.</param>
    public SnapshotSource(IFileSystem files, LogPosition snapshot, LiveBodies live, Action<IReadOnlyList<LogIndex>, List<LogEntry>> read, WalOptions sizes)
    {
        (_files, _live, _read, _sizes) = (files, live, read, sizes);
        Snapshot = snapshot;
        _name = SnapshotName.Of(snapshot.Index.Value);
    }

    /// <summary>The end of the snapshot.</summary>
    public LogPosition Snapshot { get; }

    /// <summary>The bytes from an offset on.</summary>
    /// <param name="offset">Behind the piece before, or its beginning once more, or 0.</param>
    /// <param name="maxBytes">How many, at most; at least 1.</param>
    /// <param name="data">The bytes; an array of their own.</param>
    /// <param name="isLast">Whether nothing follows them.</param>
    /// <returns>False for another offset.</returns>
    /// <exception cref="StorageDamagedException">What is on disk is not what was written.</exception>
    /// <exception cref="StorageFailedException">The disk could not be read.</exception>
    public bool TryRead(long offset, int maxBytes, out ReadOnlyMemory<byte> data, out bool isLast)
    {
        bool isAgain = _last.Data is not null && offset == _last.Offset;
        if (!isAgain && offset != _at)
        {
            if (offset != 0)
            {
                (data, isLast) = (default, false);
                return false;
            }

            Restart();
        }

        if (!isAgain)
        {
            _last = Next(offset, maxBytes);
        }

        (data, isLast) = (_last.Data, _last.IsLast);
        return true;
    }

    /// <inheritdoc/>
    public void Dispose() => _frames?.Dispose();

    private void Restart()
    {
        _frames?.Dispose();
        (_frames, _rest, _at, _last) = (null, default, 0, default);
    }

    private (long Offset, byte[] Data, bool IsLast) Next(long offset, int maxBytes)
    {
        try
        {
            _frames ??= Frames().GetEnumerator();
            var piece = new MemoryStream();
            bool more = true;
            while (piece.Length < maxBytes && (!_rest.IsEmpty || (more = _frames.MoveNext())))
            {
                _rest = _rest.IsEmpty ? _frames.Current : _rest;
                int taken = (int)Math.Min(maxBytes - piece.Length, _rest.Length);
                piece.Write(_rest.Span[..taken]);
                _rest = _rest[taken..];
            }

            // Whether the stream ends here is known only by looking for a next frame.
            if (more && _rest.IsEmpty)
            {
                more = _frames.MoveNext();
                _rest = more ? _frames.Current : default;
            }

            _at = offset + piece.Length;
            return (offset, piece.ToArray(), !more);
        }
        catch (IOException e)
        {
            throw new StorageFailedException($"{_files.Description}: {_name} could not be read: {e.Message}", e);
        }
    }

    private IEnumerable<byte[]> Frames()
    {
        using var reader = new SnapshotFileReader(_files, _name);
        foreach (byte[] frame in SnapshotFrames.Of(reader.Metadata, reader.Chunks(), _live, _read, _sizes))
        {
            yield return frame;
        }
    }
}
