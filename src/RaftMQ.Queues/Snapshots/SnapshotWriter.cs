using System.Buffers.Binary;

namespace RaftMQ.Queues.Snapshots;

/// <summary>Writes the parts of a state one behind the other. A part never crosses the end of a chunk, so that each chunk can be read by itself.</summary>
/// <param name="chunkBytes">How large a chunk is, about; a part that is larger makes it larger.</param>
internal sealed class SnapshotWriter(int chunkBytes)
{
    private byte[] _chunk = new byte[Math.Max(chunkBytes, 1)];
    private int _count;

    /// <summary>What has been written since the last reset.</summary>
    public ReadOnlyMemory<byte> Chunk => _chunk.AsMemory(0, _count);

    /// <summary>Whether a part of this size belongs into the next chunk.</summary>
    public bool IsFullFor(int bytes) => _count > 0 && _count + bytes > chunkBytes;

    public void Reset() => _count = 0;

    public void Byte(byte value) => Take(1)[0] = value;

    public void UInt16(int value) => BinaryPrimitives.WriteUInt16LittleEndian(Take(sizeof(ushort)), (ushort)value);

    public void Int32(int value) => BinaryPrimitives.WriteInt32LittleEndian(Take(sizeof(int)), value);

    public void Int64(long value) => BinaryPrimitives.WriteInt64LittleEndian(Take(sizeof(long)), value);

    public void UInt64(ulong value) => BinaryPrimitives.WriteUInt64LittleEndian(Take(sizeof(ulong)), value);

    public void UInt128(UInt128 value) => BinaryPrimitives.WriteUInt128LittleEndian(Take(16), value);

    public void Bytes(ReadOnlySpan<byte> value) => value.CopyTo(Take(value.Length));

    private Span<byte> Take(int bytes)
    {
        if (bytes > _chunk.Length - _count)
        {
            Array.Resize(ref _chunk, Math.Max(_chunk.Length * 2, _count + bytes));
        }

        Span<byte> taken = _chunk.AsSpan(_count, bytes);
        _count += bytes;
        return taken;
    }
}
