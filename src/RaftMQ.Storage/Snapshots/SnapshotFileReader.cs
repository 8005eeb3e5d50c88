using System.Buffers.Binary;
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

    public SnapshotFileReader(IFileSystem files, string name)
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
            bool fitsItsName = SnapshotName.Of(Metadata.Last.Index.Value) == name;
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
        long at = _begin;
        uint lastCrc = _seed;
        while (true)
        {
            byte[] header = ReadAt(at, ChunkHeaderBytes);
            int length = BinaryPrimitives.ReadInt32LittleEndian(header);
            if (length < 0 || length > _file.Length - at - ChunkHeaderBytes)
            {
                throw Damaged(at, "the length of a chunk is not possible");
            }

            byte[] chunk = ReadAt(at, ChunkHeaderBytes + length);
            uint crc = BinaryPrimitives.ReadUInt32LittleEndian(chunk.AsSpan(4));
            BinaryPrimitives.WriteUInt32LittleEndian(chunk.AsSpan(4), lastCrc);
            if (crc != Crc32C.Compute(0, chunk))
            {
                throw Damaged(at, "a chunk is damaged");
            }

            (lastCrc, at) = (crc, at + chunk.Length);
            if (length == 0)
            {
                break;
            }

            yield return chunk.AsMemory(ChunkHeaderBytes);
        }

        if (at != _file.Length)
        {
            throw Damaged(at, "something follows behind its end");
        }
    }

    public void Dispose() => _file.Dispose();

    private byte[] ReadAt(long offset, int count)
    {
        byte[] bytes = new byte[count];
        return _file.Read(offset, bytes) == count ? bytes : throw Damaged(offset, "it ends too early");
    }

    private StorageDamagedException Damaged(long offset, string what) => new($"{_where} at offset {offset}: {what}");
}
