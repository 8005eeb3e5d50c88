using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using RaftMQ.Consensus;
using RaftMQ.Storage.Checksums;

namespace RaftMQ.Storage.Wal;

/// <summary>What a record of the log is. The values are on disk.</summary>
internal enum RecordType : byte
{
    /// <summary>An entry.</summary>
    Entry = 1,

    /// <summary>Entries from <see cref="RecordHeader.Index"/> on are dropped.</summary>
    Truncation = 2,

    /// <summary>Term and vote.</summary>
    HardState = 3,

    /// <summary>Everything before is synced: written when the log falls idle, so that damage to the last batch is not taken for a torn tail.</summary>
    SyncedMark = 4,
}

/// <summary>
/// The 56 bytes before each record's payload (FORMAT.md). Two checksums: one of the header alone, so that its length can be believed before the payload is
/// read, and one of all of it, chained to the record before.
/// </summary>
internal readonly record struct RecordHeader
{
    /// <summary>The bytes of a header.</summary>
    public const int Size = 56;

    private const int HeaderCrcOffset = 4;
    private const int CheckedFrom = 8;

    /// <summary>The checksum of the whole record: what the next one is chained to.</summary>
    public uint Crc { get; init; }

    /// <summary>The checksum of the record before, or the segment's seed for the first.</summary>
    public uint PreviousCrc { get; init; }

    /// <summary>The payload's length.</summary>
    public int Length { get; init; }

    /// <summary>The offset at which the write unit of this record begins: everything before was durable when this was written.</summary>
    public int UnitStart { get; init; }

    public RecordType Type { get; init; }

    /// <summary>For an entry its kind; for a hard state 1 if there is a vote.</summary>
    public byte Kind { get; init; }

    /// <summary>For an entry its index; for a truncation the first index dropped; for a hard state the node voted for.</summary>
    public ulong Index { get; init; }

    /// <summary>The entry's term, or the current term of a hard state.</summary>
    public ulong Term { get; init; }

    /// <summary>For an entry its stamp; for a hard state the incarnation voted for.</summary>
    public ulong Extra { get; init; }

    /// <summary>The bytes of the record with its payload, without padding.</summary>
    public int RecordBytes => Size + Length;

    public HardState AsHardState() =>
        new(new Term(Term), Kind == 0 ? null : new ServerId(new NodeId((uint)Index), Extra));

    /// <summary>Whether it is the entry of a birth or of a membership.</summary>
    public bool IsConfiguration => Type == RecordType.Entry && (EntryKind)Kind is EntryKind.Birth or EntryKind.Membership;

    /// <summary>The entry of this record; the payload is copied.</summary>
    public LogEntry AsEntry(ReadOnlySpan<byte> payload) =>
        new(new LogIndex(Index), new Term(Term), (EntryKind)Kind, new LogTime((long)Extra), payload.ToArray());

    public static RecordHeader Of(HardState state) => new()
    {
        Type = RecordType.HardState,
        Kind = (byte)(state.VotedFor is null ? 0 : 1),
        Term = state.CurrentTerm.Value,
        Index = state.VotedFor?.Node.Value ?? 0,
        Extra = state.VotedFor?.Incarnation ?? 0,
    };

    public static RecordHeader Of(in LogEntry entry) => new()
    {
        Type = RecordType.Entry,
        Kind = (byte)entry.Kind,
        Index = entry.Index.Value,
        Term = entry.Term.Value,
        Extra = (ulong)entry.Time.Milliseconds,
        Length = entry.Payload.Length,
    };

    /// <summary>Writes header and payload, and returns the record's checksum.</summary>
    public uint Write(Span<byte> bytes, ReadOnlySpan<byte> payload, uint seed)
    {
        BinaryPrimitives.WriteUInt32LittleEndian(bytes[8..], PreviousCrc);
        BinaryPrimitives.WriteInt32LittleEndian(bytes[12..], Length);
        BinaryPrimitives.WriteInt32LittleEndian(bytes[16..], UnitStart);
        bytes[20] = (byte)Type;
        bytes[21] = Kind;
        bytes[22..32].Clear();
        BinaryPrimitives.WriteUInt64LittleEndian(bytes[32..], Index);
        BinaryPrimitives.WriteUInt64LittleEndian(bytes[40..], Term);
        BinaryPrimitives.WriteUInt64LittleEndian(bytes[48..], Extra);
        payload.CopyTo(bytes[Size..]);
        BinaryPrimitives.WriteUInt32LittleEndian(bytes[HeaderCrcOffset..], Crc32C.Compute(seed, bytes[CheckedFrom..Size]));
        uint crc = Crc32C.Compute(seed, bytes[HeaderCrcOffset..(Size + payload.Length)]);
        BinaryPrimitives.WriteUInt32LittleEndian(bytes, crc);
        return crc;
    }

    /// <summary>Reads a header whose own checksum is right and whose fields are possible at this place; the payload is not looked at.</summary>
    /// <param name="bytes">At least <see cref="Size"/> bytes.</param>
    /// <param name="seed">The segment's seed.</param>
    /// <param name="offset">Where the record begins.</param>
    /// <param name="bytesLeft">What is left of the segment from there on.</param>
    /// <param name="header">The header.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static bool TryRead(ReadOnlySpan<byte> bytes, uint seed, int offset, int bytesLeft, out RecordHeader header)
    {
        header = default;
        byte type = bytes[20];
        if (type is < (byte)RecordType.Entry or > (byte)RecordType.SyncedMark
            || BinaryPrimitives.ReadUInt32LittleEndian(bytes[HeaderCrcOffset..]) != Crc32C.Compute(seed, bytes[CheckedFrom..Size]))
        {
            return false;
        }

        header = new RecordHeader
        {
            Crc = BinaryPrimitives.ReadUInt32LittleEndian(bytes),
            PreviousCrc = BinaryPrimitives.ReadUInt32LittleEndian(bytes[8..]),
            Length = BinaryPrimitives.ReadInt32LittleEndian(bytes[12..]),
            UnitStart = BinaryPrimitives.ReadInt32LittleEndian(bytes[16..]),
            Type = (RecordType)type,
            Kind = bytes[21],
            Index = BinaryPrimitives.ReadUInt64LittleEndian(bytes[32..]),
            Term = BinaryPrimitives.ReadUInt64LittleEndian(bytes[40..]),
            Extra = BinaryPrimitives.ReadUInt64LittleEndian(bytes[48..]),
        };
        return header.Length >= 0 && header.Length <= bytesLeft - Size && header.UnitStart >= Sector.Bytes && header.UnitStart <= offset
            && header.UnitStart % Sector.Bytes == 0;
    }

    /// <summary>Whether the whole record's checksum is right.</summary>
    public bool Verifies(ReadOnlySpan<byte> record, uint seed) => Crc == Crc32C.Compute(seed, record[HeaderCrcOffset..RecordBytes]);
}
