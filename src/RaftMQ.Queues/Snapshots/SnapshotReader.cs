using System.Buffers.Binary;

namespace RaftMQ.Queues.Snapshots;

/// <summary>Reads what <see cref="SnapshotWriter"/> wrote, chunk by chunk. It trusts no length.</summary>
/// <param name="chunks">The chunks in order; each is looked at before the next is asked for.</param>
internal sealed class SnapshotReader(IEnumerator<ReadOnlyMemory<byte>> chunks)
{
    private ReadOnlyMemory<byte> _left;

    public byte Byte() => Take(1)[0];

    public int UInt16() => BinaryPrimitives.ReadUInt16LittleEndian(Take(sizeof(ushort)));

    public int Int32() => BinaryPrimitives.ReadInt32LittleEndian(Take(sizeof(int)));

    /// <summary>How many parts follow; whether they do is seen when they are read.</summary>
    public int Count()
    {
        int count = Int32();
        return count >= 0 ? count : throw new FormatException("the snapshot says that fewer than no parts follow");
    }

    public long Int64() => BinaryPrimitives.ReadInt64LittleEndian(Take(sizeof(long)));

    public ulong UInt64() => BinaryPrimitives.ReadUInt64LittleEndian(Take(sizeof(ulong)));

    public UInt128 UInt128() => BinaryPrimitives.ReadUInt128LittleEndian(Take(16));

    public ReadOnlySpan<byte> Bytes(int count) => Take(count);

    /// <summary>Whether nothing follows.</summary>
    public bool IsAtEnd()
    {
        while (_left.IsEmpty)
        {
            if (!chunks.MoveNext())
            {
                return true;
            }

            _left = chunks.Current;
        }

        return false;
    }

    private ReadOnlySpan<byte> Take(int bytes)
    {
        if (bytes > 0 && (IsAtEnd() || bytes > _left.Length))
        {
            throw new FormatException("the snapshot ends in the middle of a part");
        }

        ReadOnlySpan<byte> taken = _left.Span[..bytes];
        _left = _left[bytes..];
        return taken;
    }
}
