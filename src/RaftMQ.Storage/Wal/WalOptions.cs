using RaftMQ.Consensus;

namespace RaftMQ.Storage.Wal;

/// <summary>Sizes of the log.</summary>
public sealed record WalOptions
{
    /// <summary>The size of a segment in bytes. Default 16 MiB; 4 KiB to 1 GiB, a multiple of 4,096, and more than the largest record.</summary>
    public int SegmentBytes { get; init; } = 16 * 1024 * 1024;

    /// <summary>Segments allocated and zero-filled ahead of use; the reserve for a full disk. Default 2.</summary>
    public int SpareSegments { get; init; } = 2;

    /// <summary>The largest payload of an entry in bytes. The same on every node, since an entry that one takes all must take; smaller only in tests with small segments.</summary>
    public int MaxPayloadBytes { get; init; } = LogEntry.MaxPayloadBytes;

    /// <summary>How many payload bytes of the log's end recovery hands back as entries. Default 8 MiB.</summary>
    public long TailBytes { get; init; } = 8 * 1024 * 1024;

    /// <summary>How much of a write unit is gathered in memory; more is written ahead of its sync. Default 1 MiB. This and what follows is small only where a small log is to cross it.</summary>
    public int WriteAheadBytes { get; init; } = 1024 * 1024;

    /// <summary>How much is read at a time where records are read one by one. Default 256 KiB.</summary>
    public int ReadWindowBytes { get; init; } = 256 * 1024;

    /// <summary>How much is read at a time where single entries are read: about what lies between two points of the index, since reading begins at one.</summary>
    internal int EntryWindowBytes => Math.Min(ReadWindowBytes, Math.Max(IndexIntervalBytes, 4 * Sector.Bytes));

    /// <summary>How much is copied at a time where recovery writes the last segment anew. Default 256 KiB.</summary>
    public int CopyBytes { get; init; } = 256 * 1024;

    /// <summary>How much of a spare segment is prepared between two batches, at least. Default 256 KiB.</summary>
    public int SpareStepBytes { get; init; } = 256 * 1024;

    /// <summary>How much log lies between two points of the index in memory, about. Default 64 KiB.</summary>
    public int IndexIntervalBytes { get; init; } = 64 * 1024;
}
