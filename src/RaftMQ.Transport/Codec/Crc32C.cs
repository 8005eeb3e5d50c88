using System.Buffers.Binary;
using System.Numerics;

namespace RaftMQ.Transport.Codec;

/// <summary>
/// The Castagnoli checksum of every frame: reflected polynomial 0x82F63B78, begun and ended with all bits set, as in RFC 3720 (iSCSI), whose
/// appendix B.4 gives the vectors of the tests. The processor computes it.
/// </summary>
internal static class Crc32C
{
    public static uint Of(ReadOnlySpan<byte> bytes)
    {
        uint crc = uint.MaxValue;
        while (bytes.Length >= sizeof(ulong))
        {
            crc = BitOperations.Crc32C(crc, BinaryPrimitives.ReadUInt64LittleEndian(bytes));
            bytes = bytes[sizeof(ulong)..];
        }

        foreach (byte value in bytes)
        {
            crc = BitOperations.Crc32C(crc, value);
        }

        return ~crc;
    }
}
