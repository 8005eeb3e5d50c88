using System.Buffers.Binary;
using RaftMQ.Transport.Codec;

namespace RaftMQ.Transport.Handshakes;

/// <summary>
/// The first 12 bytes in each direction of a connection: the magic, the protocol's version, and flags, of which none is defined yet.
/// </summary>
internal static class Preamble
{
    public const ushort Version = 1;
    public const ushort Flags = 0;
    public const int Size = MagicBytes + sizeof(ushort) + sizeof(ushort);

    private const int MagicBytes = 8;

    public static void Write(Span<byte> bytes)
    {
        PeerNetwork.Magic.CopyTo(bytes);
        BinaryPrimitives.WriteUInt16LittleEndian(bytes[MagicBytes..], Version);
        BinaryPrimitives.WriteUInt16LittleEndian(bytes[(MagicBytes + sizeof(ushort))..], Flags);
    }

    /// <summary>Reads the other end's preamble.</summary>
    /// <returns>False if it speaks another version, or asks for what this one does not know.</returns>
    /// <exception cref="PeerProtocolException">It is not a peer at all.</exception>
    public static bool TryRead(ReadOnlySpan<byte> bytes, out ushort version)
    {
        if (!bytes.StartsWith(PeerNetwork.Magic))
        {
            throw new PeerProtocolException("something else than the peer protocol");
        }

        version = BinaryPrimitives.ReadUInt16LittleEndian(bytes[MagicBytes..]);
        ushort flags = BinaryPrimitives.ReadUInt16LittleEndian(bytes[(MagicBytes + sizeof(ushort))..]);
        return version == Version && flags == Flags;
    }
}
