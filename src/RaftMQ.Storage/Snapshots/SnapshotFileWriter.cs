using System.Buffers.Binary;
using RaftMQ.Storage.Checksums;
using RaftMQ.Storage.Files;

namespace RaftMQ.Storage.Snapshots;

/// <summary>
/// Writes a snapshot a little at a time, so that no sync of the log ever waits for much. Under a temporary name until it is whole: then it is renamed, and only then counts.
/// </summary>
internal sealed class SnapshotFileWriter : IDisposable
{
    private const int ChunkHeaderBytes = 8;

    private readonly IFileSystem _files;
    private readonly string _temporary;
    private readonly IFile _file;
    private byte[] _buffer = [];
    private uint _lastCrc;

    /// <param name="files">The folder.</param>
    /// <param name="metadata">What it says of itself.</param>
    /// <param name="temporary">Its name until it is whole.</param>
    /// <exception cref="DiskFullException">There is no room: nothing is left.</exception>
    public SnapshotFileWriter(IFileSystem files, SnapshotMetadata metadata, string temporary)
    {
        (_files, _temporary) = (files, temporary);
        byte[] header = SnapshotHeader.Write(metadata, out _lastCrc);
        _file = files.Create(temporary);
        try
        {
            Put(header);
        }
        catch (DiskFullException)
        {
            GiveUp();
            throw;
        }
    }

    /// <summary>The bytes written so far.</summary>
    public long Bytes { get; private set; }

    /// <summary>Writes the next chunk of the state. An empty one is the end.</summary>
    /// <exception cref="DiskFullException">There is no room: it is to be given up.</exception>
    public void PutChunk(ReadOnlySpan<byte> chunk)
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

    /// <summary>Makes what was written durable.</summary>
    public void Sync() => _file.SyncData();

    /// <summary>The end was written and is durable: the snapshot gets its name.</summary>
    public void Complete(string name)
    {
        _file.Dispose();
        _files.Rename(_temporary, name);
        _files.SyncFolder();
    }

    /// <summary>Takes back what was written.</summary>
    public void GiveUp()
    {
        _file.Dispose();
        _files.Delete(_temporary);
    }

    public void Dispose() => _file.Dispose();

    private void Put(ReadOnlySpan<byte> bytes)
    {
        _file.Write(Bytes, bytes);
        Bytes += bytes.Length;
    }
}
