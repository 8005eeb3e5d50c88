using System.Buffers.Binary;
using RaftMQ.Consensus;
using RaftMQ.Storage.Checksums;
using RaftMQ.Storage.Files;

namespace RaftMQ.Storage.Snapshots;

/// <summary>Reads a snapshot back, chunk by chunk; nothing of a chunk is believed before its checksum. Any doubt is a <see cref="StorageDamagedException"/>.</summary>
internal sealed class SnapshotFileReader : IDisposable
{
    private const int ChunkHeaderBytes = 8;

    private readonly string _where;
    private readonly IFile _file;
    private readonly uint _seed;
    private readonly long _begin;

    /// <param name="files">The folder.</param>
    /// <param name="name">The file.</param>
    /// <param name="last">Up to which index it goes; null if its name says so.</param>
    public SnapshotFileReader(IFileSystem files, string name, LogIndex? last = null)
    {
        _where = $"{name} in {files.Description}";
        _file = files.Open(name);
        try
        {
            byte[] fixedBytes = ReadAt(0, SnapshotHeader.FixedBytes);
            int length = SnapshotHeader.LengthOf(fixedBytes) ?? throw Damaged(0, "it does not begin as a snapshot does");
            SnapshotMetadata? metadata = SnapshotHeader.Read(ReadAt(0, length), out _seed, out uint otherVersion);
            if (otherVersion != 0)
            {
                throw new StorageRefusedException($"{_where} is of format {otherVersion}, and this program knows format {SnapshotHeader.Version}: use the program that wrote it");
            }

            _begin = length;
            Metadata = metadata ?? throw Damaged(0, "its header is damaged");
            bool fitsItsName = last is { } index ? Metadata.Last.Index == index : SnapshotName.Of(Metadata.Last.Index.Value) == name;
            if (!fitsItsName)
            {
                throw Damaged(0, $"it goes up to index {Metadata.Last.Index}, and its name says otherwise");
            }
        }
        catch
        {
            _file.Dispose();
            throw;
        }
    }

    public SnapshotMetadata Metadata { get; }

    /// <summary>The bytes of the file.</summary>
    public long Bytes => _file.Length;

    /// <summary>The chunks of the state, in order; each is an array of its own.</summary>
    public IEnumerable<ReadOnlyMemory<byte>> Chunks()
    {
        SnapshotPlace place = Begin;
        while (ReadChunk(ref place) is { Length: > 0 } chunk)
        {
            yield return chunk;
        }
    }

    /// <summary>Where the first chunk stands.</summary>
    public SnapshotPlace Begin => new(_begin, _seed);

    /// <summary>Reads the chunk at a place and goes on behind it; an empty one is the last.</summary>
    public ReadOnlyMemory<byte> ReadChunk(ref SnapshotPlace place)
    {
        long at = place.Offset;
        byte[] header = ReadAt(at, ChunkHeaderBytes);
        int length = BinaryPrimitives.ReadInt32LittleEndian(header);
        if (length < 0 || length > _file.Length - at - ChunkHeaderBytes)
        {
            throw Damaged(at, "the length of a chunk is not possible");
        }

        byte[] chunk = ReadAt(at, ChunkHeaderBytes + length);
        uint crc = BinaryPrimitives.ReadUInt32LittleEndian(chunk.AsSpan(4));
        BinaryPrimitives.WriteUInt32LittleEndian(chunk.AsSpan(4), place.LastCrc);
        if (crc != Crc32C.Compute(0, chunk))
        {
            throw Damaged(at, "a chunk is damaged");
        }

        place = new SnapshotPlace(at + chunk.Length, crc);
        if (length == 0 && place.Offset != _file.Length)
        {
            throw Damaged(place.Offset, "something follows behind its end");
        }

        return chunk.AsMemory(ChunkHeaderBytes);
    }

    public void Dispose() => _file.Dispose();

    private byte[] ReadAt(long offset, int count)
    {
        byte[] bytes = new byte[count];
        return _file.Read(offset, bytes) == count ? bytes : throw Damaged(offset, "it ends too early");
    }

    private StorageDamagedException Damaged(long offset, string what) => new($"{_where} at offset {offset}: {what}");
}

/// <summary>A place between two chunks of a snapshot.</summary>
/// <param name="Offset">Where the next one begins.</param>
/// <param name="LastCrc">The checksum that it is chained to.</param>
internal readonly record struct SnapshotPlace(long Offset, uint LastCrc);
