using System.Buffers.Binary;
using RaftMQ.Consensus;
using RaftMQ.Storage.Checksums;

namespace RaftMQ.Storage.Transfer;

/// <summary>What a part of a travelling snapshot is. The values travel.</summary>
internal enum FrameType : byte
{
    /// <summary>What the snapshot says of itself: the header of its file.</summary>
    Header = 1,

    /// <summary>A chunk of the state.</summary>
    State = 2,

    /// <summary>An entry with a body that the state refers to.</summary>
    Entry = 3,

    /// <summary>The end; how many entries there were.</summary>
    End = 4,
}

/// <summary>
/// A part of a travelling snapshot (FORMAT.md, "A snapshot on its way"): length (4 bytes), checksum (4), type (1), payload. The checksum is of type and payload with the checksum of
/// the part before as its seed, so that parts of two snapshots never fit together.
/// </summary>
internal static class TransferFrame
{
    /// <summary>The bytes before the payload.</summary>
    public const int HeaderBytes = 9;

    /// <summary>What stands before an entry's payload.</summary>
    public const int EntryHeaderBytes = 28;

    /// <summary>The longest payload: the largest entry.</summary>
    public const int MaxPayloadBytes = LogEntry.MaxPayloadBytes + EntryHeaderBytes;

    /// <summary>A part in an array of its own.</summary>
    /// <param name="type">What it is.</param>
    /// <param name="payload">Its payload.</param>
    /// <param name="lastCrc">The checksum of the part before, zero for the first; then that of this one.</param>
    public static byte[] Of(FrameType type, ReadOnlySpan<byte> payload, ref uint lastCrc)
    {
        byte[] bytes = new byte[HeaderBytes + payload.Length];
        BinaryPrimitives.WriteInt32LittleEndian(bytes, payload.Length);
        bytes[8] = (byte)type;
        payload.CopyTo(bytes.AsSpan(HeaderBytes));
        lastCrc = Crc32C.Compute(lastCrc, bytes.AsSpan(8));
        BinaryPrimitives.WriteUInt32LittleEndian(bytes.AsSpan(4), lastCrc);
        return bytes;
    }

    public static byte[] Of(in LogEntry entry, ref uint lastCrc)
    {
        byte[] bytes = new byte[EntryHeaderBytes + entry.Payload.Length];
        BinaryPrimitives.WriteUInt64LittleEndian(bytes, entry.Index.Value);
        BinaryPrimitives.WriteUInt64LittleEndian(bytes.AsSpan(8), entry.Term.Value);
        BinaryPrimitives.WriteInt64LittleEndian(bytes.AsSpan(16), entry.Time.Milliseconds);
        BinaryPrimitives.WriteInt32LittleEndian(bytes.AsSpan(24), (int)entry.Kind);
        entry.Payload.Span.CopyTo(bytes.AsSpan(EntryHeaderBytes));
        return Of(FrameType.Entry, bytes, ref lastCrc);
    }

    /// <summary>The length of the part that begins with these bytes; null if they are too few to say.</summary>
    /// <exception cref="FormatException">No part is so long.</exception>
    public static int? LengthOf(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length < HeaderBytes)
        {
            return null;
        }

        int payload = BinaryPrimitives.ReadInt32LittleEndian(bytes);
        return payload is >= 0 and <= MaxPayloadBytes ? HeaderBytes + payload : throw new FormatException($"a part of the snapshot would have {payload} bytes");
    }

    /// <summary>Takes a whole part apart.</summary>
    /// <exception cref="FormatException">Its checksum is wrong.</exception>
    public static FrameType Read(ReadOnlySpan<byte> frame, ref uint lastCrc, out ReadOnlySpan<byte> payload)
    {
        lastCrc = Crc32C.Compute(lastCrc, frame[8..]);
        payload = frame[HeaderBytes..];
        return BinaryPrimitives.ReadUInt32LittleEndian(frame[4..]) == lastCrc ? (FrameType)frame[8] : throw new FormatException("a part of the snapshot is damaged");
    }

    /// <summary>The entry of a part.</summary>
    /// <exception cref="FormatException">It is none.</exception>
    public static LogEntry ReadEntry(ReadOnlySpan<byte> payload)
    {
        if (payload.Length < EntryHeaderBytes)
        {
            throw new FormatException("an entry of the snapshot is too short");
        }

        return new LogEntry(
            new LogIndex(BinaryPrimitives.ReadUInt64LittleEndian(payload)),
            new Term(BinaryPrimitives.ReadUInt64LittleEndian(payload[8..])),
            (EntryKind)BinaryPrimitives.ReadInt32LittleEndian(payload[24..]),
            new LogTime(BinaryPrimitives.ReadInt64LittleEndian(payload[16..])),
            payload[EntryHeaderBytes..].ToArray());
    }
}
