using System.Buffers.Binary;
using RaftMQ.Storage.Checksums;

namespace RaftMQ.Storage.Wal;

/// <summary>The first 64 bytes of a segment: its unique id, its place, and where and how its predecessor ends (FORMAT.md).</summary>
/// <param name="SegmentBytes">The size of the file.</param>
/// <param name="Id">Random; seeds every checksum in the segment, so that old bytes never look like live ones.</param>
/// <param name="Sequence">1 for the first segment of a log.</param>
/// <param name="Previous">The end of the segment before; all zero for the first.</param>
internal readonly record struct SegmentHeader(int SegmentBytes, ulong Id, ulong Sequence, SegmentEnd Previous)
{
    /// <summary>The bytes of a header; it has the first sector to itself.</summary>
    public const int Size = 64;

    /// <summary>The format that this program reads and writes.</summary>
    public const uint Version = 1;

    private const int CrcOffset = 60;

    private static ReadOnlySpan<byte> Magic => "RAFTMQWL"u8;

    /// <summary>
    /// Where the checksums of this segment's records start from: the header's own. Not that of the whole header, for a checksum over bytes and their own checksum is always the same number.
    /// </summary>
    public uint Seed
    {
        get
        {
            Span<byte> bytes = stackalloc byte[Size];
            Write(bytes);
            return BinaryPrimitives.ReadUInt32LittleEndian(bytes[CrcOffset..]);
        }
    }

    public void Write(Span<byte> bytes)
    {
        bytes[..Size].Clear();
        Magic.CopyTo(bytes);
        BinaryPrimitives.WriteUInt32LittleEndian(bytes[8..], Version);
        BinaryPrimitives.WriteInt32LittleEndian(bytes[12..], SegmentBytes);
        BinaryPrimitives.WriteUInt64LittleEndian(bytes[16..], Id);
        BinaryPrimitives.WriteUInt64LittleEndian(bytes[24..], Sequence);
        BinaryPrimitives.WriteUInt64LittleEndian(bytes[32..], Previous.Id);
        BinaryPrimitives.WriteInt32LittleEndian(bytes[40..], Previous.Offset);
        BinaryPrimitives.WriteUInt32LittleEndian(bytes[44..], Previous.Crc);
        BinaryPrimitives.WriteUInt32LittleEndian(bytes[CrcOffset..], Crc32C.Compute(0, bytes[..CrcOffset]));
    }

    /// <summary>Reads a header.</summary>
    /// <param name="bytes">The first bytes of the file.</param>
    /// <param name="header">The header, if it is whole.</param>
    /// <param name="newerVersion">The version, if it is a whole header of a newer format.</param>
    public static bool TryRead(ReadOnlySpan<byte> bytes, out SegmentHeader header, out uint newerVersion)
    {
        header = default;
        newerVersion = 0;
        bool isWhole = bytes.Length >= Size && bytes[..Magic.Length].SequenceEqual(Magic)
            && BinaryPrimitives.ReadUInt32LittleEndian(bytes[CrcOffset..]) == Crc32C.Compute(0, bytes[..CrcOffset]);
        if (!isWhole)
        {
            return false;
        }

        uint version = BinaryPrimitives.ReadUInt32LittleEndian(bytes[8..]);
        if (version != Version)
        {
            newerVersion = version;
            return false;
        }

        header = new SegmentHeader(
            BinaryPrimitives.ReadInt32LittleEndian(bytes[12..]),
            BinaryPrimitives.ReadUInt64LittleEndian(bytes[16..]),
            BinaryPrimitives.ReadUInt64LittleEndian(bytes[24..]),
            new SegmentEnd(
                BinaryPrimitives.ReadUInt64LittleEndian(bytes[32..]),
                BinaryPrimitives.ReadInt32LittleEndian(bytes[40..]),
                BinaryPrimitives.ReadUInt32LittleEndian(bytes[44..])));
        return true;
    }
}

/// <summary>Where a segment's records end.</summary>
/// <param name="Id">The segment.</param>
/// <param name="Offset">The first byte after its last record.</param>
/// <param name="Crc">The checksum of its last record.</param>
internal readonly record struct SegmentEnd(ulong Id, int Offset, uint Crc);
