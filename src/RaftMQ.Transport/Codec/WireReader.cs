using System.Buffers.Binary;
using RaftMQ.Consensus;

namespace RaftMQ.Transport.Codec;

/// <summary>Reads what <see cref="WireWriter"/> wrote. Every length is bounded by what is left before anything is taken or allocated.</summary>
internal ref struct WireReader(ReadOnlySpan<byte> bytes)
{
    private ReadOnlySpan<byte> _rest = bytes;

    /// <summary>How many bytes are left.</summary>
    public readonly int Remaining => _rest.Length;

    public byte Byte() => Take(1)[0];

    public bool Bool()
    {
        byte value = Byte();
        return value switch
        {
            0 => false,
            1 => true,
            _ => throw new PeerProtocolException($"a yes or no that is {value}"),
        };
    }

    public ushort UInt16() => BinaryPrimitives.ReadUInt16LittleEndian(Take(sizeof(ushort)));

    public uint UInt32() => BinaryPrimitives.ReadUInt32LittleEndian(Take(sizeof(uint)));

    public ulong UInt64() => BinaryPrimitives.ReadUInt64LittleEndian(Take(sizeof(ulong)));

    public ServerId Server() => new(new NodeId(UInt32()), UInt64());

    public Term Term() => new(UInt64());

    public LogIndex Index() => new(UInt64());

    public LogPosition Position() => new(Index(), Term());

    /// <summary>A copy of the next <paramref name="count"/> bytes.</summary>
    public byte[] Bytes(uint count)
    {
        if (count > (uint)_rest.Length)
        {
            throw new PeerProtocolException($"a length of {count} where {_rest.Length} bytes are left");
        }

        return count == 0 ? [] : Take((int)count).ToArray();
    }

    /// <summary>A copy of everything that is left.</summary>
    public byte[] Rest() => Bytes((uint)_rest.Length);

    /// <summary>Requires that the frame ends here.</summary>
    public readonly void End()
    {
        if (!_rest.IsEmpty)
        {
            throw new PeerProtocolException($"{_rest.Length} bytes behind the end of a message");
        }
    }

    private ReadOnlySpan<byte> Take(int count)
    {
        if (count > _rest.Length)
        {
            throw new PeerProtocolException($"a message that ends {count - _rest.Length} bytes too early");
        }

        ReadOnlySpan<byte> taken = _rest[..count];
        _rest = _rest[count..];
        return taken;
    }
}
