using System.Buffers.Binary;
using RaftMQ.Storage.Checksums;
using RaftMQ.Storage.Files;

namespace RaftMQ.Storage.Snapshots;

/// <summary>
/// Writes a snapshot a little at a time, each step durable at once, so that no sync of the log ever waits for much. Under a temporary name until it is whole: then it is renamed, and
/// only then counts.
/// </summary>
internal sealed class SnapshotFileWriter : IDisposable
{
    private const int ChunkHeaderBytes = 8;

    private readonly IFileSystem _files;
    private readonly string _name;
    private readonly IEnumerator<ReadOnlyMemory<byte>> _chunks;
    private readonly byte[] _header;
    private byte[] _buffer = [];
    private uint _lastCrc;
    private IFile? _file;

    public SnapshotFileWriter(IFileSystem files, SnapshotMetadata metadata, IEnumerable<ReadOnlyMemory<byte>> chunks)
    {
        _files = files;
        _name = SnapshotName.Of(metadata.Last.Index.Value);
        _chunks = chunks.GetEnumerator();
        _header = SnapshotHeader.Write(metadata, out _lastCrc);
    }

    /// <summary>The bytes written so far.</summary>
    public long Bytes { get; private set; }

    /// <summary>Writes about so many bytes more.</summary>
    /// <returns>The name of the snapshot once it is whole and durable; null before.</returns>
    /// <exception cref="DiskFullException">There is no room: it is to be given up.</exception>
    public string? Step(int bytes)
    {
        long end = Bytes + bytes;
        if (_file is null)
        {
            _file = _files.Create(SnapshotName.Temporary);
            Put(_header);
        }

        bool more = true;
        while (more && Bytes < end)
        {
            more = _chunks.MoveNext();
            PutChunk(more ? _chunks.Current.Span : default);
        }

        _file.SyncData();
        if (more)
        {
            return null;
        }

        _files.Rename(SnapshotName.Temporary, _name);
        _files.SyncFolder();
        return _name;
    }

    /// <summary>Takes back what was written.</summary>
    public void GiveUp()
    {
        Dispose();
        if (_file is not null)
        {
            _files.Delete(SnapshotName.Temporary);
        }
    }

    public void Dispose()
    {
        _chunks.Dispose();
        _file?.Dispose();
    }

    /// <summary>An empty chunk is the end: one of the state is never empty.</summary>
    private void PutChunk(ReadOnlySpan<byte> chunk)
    {
        int length = ChunkHeaderBytes + chunk.Length;
        if (_buffer.Length < length)
        {
            _buffer = new byte[length];
        }

        BinaryPrimitives.WriteInt32LittleEndian(_buffer, chunk.Length);
        BinaryPrimitives.WriteUInt32LittleEndian(_buffer.AsSpan(4), _lastCrc);
        chunk.CopyTo(_buffer.AsSpan(ChunkHeaderBytes));
        _lastCrc = Crc32C.Compute(0, _buffer.AsSpan(0, length));
        BinaryPrimitives.WriteUInt32LittleEndian(_buffer.AsSpan(4), _lastCrc);
        Put(_buffer.AsSpan(0, length));
    }

    private void Put(ReadOnlySpan<byte> bytes)
    {
        _file!.Write(Bytes, bytes);
        Bytes += bytes.Length;
    }
}
