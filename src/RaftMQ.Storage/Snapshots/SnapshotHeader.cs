using System.Buffers.Binary;
using RaftMQ.Consensus;
using RaftMQ.Storage.Checksums;

namespace RaftMQ.Storage.Snapshots;

/// <summary>The bytes before the first chunk of a snapshot (FORMAT.md): what it says of itself, under a checksum that seeds those of the chunks.</summary>
internal static class SnapshotHeader
{
    /// <summary>The format that this program reads and writes.</summary>
    public const uint Version = 1;

    /// <summary>The bytes that say how long the header is.</summary>
    public const int FixedBytes = 56;

    /// <summary>The most bytes that a header may have: two configurations with the longest addresses, and settings, by far.</summary>
    public const int MaxBytes = 64 * 1024;

    private const int EntryBytes = 32;
    private const int CrcBytes = 4;

    private static ReadOnlySpan<byte> Magic => "RAFTMQSN"u8;

    public static byte[] Write(SnapshotMetadata metadata, out uint seed)
    {
        int length = FixedBytes + CrcBytes;
        foreach (LogEntry entry in metadata.Configurations)
        {
            length += EntryBytes + entry.Payload.Length;
        }

        Invariant.Require(length <= MaxBytes && metadata.Configurations.Count is >= 1 and <= SnapshotMetadata.MaxConfigurations, "a snapshot names its birth and its configuration");
        byte[] bytes = new byte[length];
        Magic.CopyTo(bytes);
        BinaryPrimitives.WriteUInt32LittleEndian(bytes.AsSpan(8), Version);
        BinaryPrimitives.WriteInt32LittleEndian(bytes.AsSpan(12), length);
        BinaryPrimitives.WriteUInt64LittleEndian(bytes.AsSpan(16), metadata.Last.Index.Value);
        BinaryPrimitives.WriteUInt64LittleEndian(bytes.AsSpan(24), metadata.Last.Term.Value);
        BinaryPrimitives.WriteInt64LittleEndian(bytes.AsSpan(32), metadata.Time.Milliseconds);
        BinaryPrimitives.WriteUInt64LittleEndian(bytes.AsSpan(40), metadata.StateHash);
        BinaryPrimitives.WriteInt32LittleEndian(bytes.AsSpan(48), metadata.Configurations.Count);
        int at = FixedBytes;
        foreach (LogEntry entry in metadata.Configurations)
        {
            Span<byte> into = bytes.AsSpan(at);
            BinaryPrimitives.WriteUInt64LittleEndian(into, entry.Index.Value);
            BinaryPrimitives.WriteUInt64LittleEndian(into[8..], entry.Term.Value);
            BinaryPrimitives.WriteInt64LittleEndian(into[16..], entry.Time.Milliseconds);
            BinaryPrimitives.WriteInt32LittleEndian(into[24..], (int)entry.Kind);
            BinaryPrimitives.WriteInt32LittleEndian(into[28..], entry.Payload.Length);
            entry.Payload.Span.CopyTo(into[EntryBytes..]);
            at += EntryBytes + entry.Payload.Length;
        }

        seed = Crc32C.Compute(0, bytes.AsSpan(0, at));
        BinaryPrimitives.WriteUInt32LittleEndian(bytes.AsSpan(at), seed);
        return bytes;
    }

    /// <summary>How long the header is, by its first bytes; null if they are no beginning of a snapshot.</summary>
    /// <param name="fixedBytes">The first <see cref="FixedBytes"/> bytes.</param>
    public static int? LengthOf(ReadOnlySpan<byte> fixedBytes)
    {
        int length = BinaryPrimitives.ReadInt32LittleEndian(fixedBytes[12..]);
        return fixedBytes[..Magic.Length].SequenceEqual(Magic) && length is > FixedBytes + CrcBytes and <= MaxBytes ? length : null;
    }

    /// <summary>Reads a whole header.</summary>
    /// <param name="bytes">All of its bytes.</param>
    /// <param name="seed">The checksum that the first chunk is chained to.</param>
    /// <param name="otherVersion">The version, if it is a whole header of another format.</param>
    /// <returns>Null if it is damaged, or of another format.</returns>
    public static SnapshotMetadata? Read(ReadOnlySpan<byte> bytes, out uint seed, out uint otherVersion)
    {
        int end = bytes.Length - CrcBytes;
        uint version = BinaryPrimitives.ReadUInt32LittleEndian(bytes[8..]);
        seed = Crc32C.Compute(0, bytes[..end]);
        bool isWhole = BinaryPrimitives.ReadUInt32LittleEndian(bytes[end..]) == seed;
        otherVersion = isWhole && version != Version ? version : 0;
        if (!isWhole || version != Version)
        {
            return null;
        }

        var configurations = new List<LogEntry>();
        int at = FixedBytes;
        int count = BinaryPrimitives.ReadInt32LittleEndian(bytes[48..]);
        while (configurations.Count < count && end - at >= EntryBytes)
        {
            ReadOnlySpan<byte> from = bytes[at..end];
            int length = BinaryPrimitives.ReadInt32LittleEndian(from[28..]);
            if (length < 0 || length > from.Length - EntryBytes)
            {
                return null;
            }

            configurations.Add(new LogEntry(
                new LogIndex(BinaryPrimitives.ReadUInt64LittleEndian(from)),
                new Term(BinaryPrimitives.ReadUInt64LittleEndian(from[8..])),
                (EntryKind)BinaryPrimitives.ReadInt32LittleEndian(from[24..]),
                new LogTime(BinaryPrimitives.ReadInt64LittleEndian(from[16..])),
                from.Slice(EntryBytes, length).ToArray()));
            at += EntryBytes + length;
        }

        bool isAsWritten = configurations.Count == count && count is >= 1 and <= SnapshotMetadata.MaxConfigurations && at == end;
        if (!isAsWritten)
        {
            return null;
        }

        var last = new LogPosition(new LogIndex(BinaryPrimitives.ReadUInt64LittleEndian(bytes[16..])), new Term(BinaryPrimitives.ReadUInt64LittleEndian(bytes[24..])));
        var time = new LogTime(BinaryPrimitives.ReadInt64LittleEndian(bytes[32..]));
        return new SnapshotMetadata(last, time, BinaryPrimitives.ReadUInt64LittleEndian(bytes[40..]), configurations);
    }
}
