using System.Buffers.Binary;
using RaftMQ.Consensus;

namespace RaftMQ.Transport.Codec;

/// <summary>Writes fields one after the other, little-endian. The caller has computed the size; a wrong one is a defect and throws.</summary>
internal ref struct WireWriter(Span<byte> bytes)
{
    public const int ServerBytes = sizeof(uint) + sizeof(ulong);
    public const int PositionBytes = sizeof(ulong) + sizeof(ulong);

    private Span<byte> _rest = bytes;

    /// <summary>How many bytes are still to be written.</summary>
    public readonly int Remaining => _rest.Length;

    public void Byte(byte value)
    {
        _rest[0] = value;
        _rest = _rest[1..];
    }

    public void Bool(bool value) => Byte(value ? (byte)1 : (byte)0);

    public void UInt16(ushort value)
    {
        BinaryPrimitives.WriteUInt16LittleEndian(_rest, value);
        _rest = _rest[sizeof(ushort)..];
    }

    public void UInt32(uint value)
    {
        BinaryPrimitives.WriteUInt32LittleEndian(_rest, value);
        _rest = _rest[sizeof(uint)..];
    }

    public void UInt64(ulong value)
    {
        BinaryPrimitives.WriteUInt64LittleEndian(_rest, value);
        _rest = _rest[sizeof(ulong)..];
    }

    public void Server(ServerId server)
    {
        UInt32(server.Node.Value);
        UInt64(server.Incarnation);
    }

    public void Position(LogPosition position)
    {
        UInt64(position.Index.Value);
        UInt64(position.Term.Value);
    }

    public void Bytes(ReadOnlySpan<byte> value)
    {
        value.CopyTo(_rest);
        _rest = _rest[value.Length..];
    }
}
