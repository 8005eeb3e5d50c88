using RaftMQ.Consensus;

namespace RaftMQ.Storage.Inspection;

/// <summary>A segment of the log.</summary>
public sealed record InspectedSegment
{
    /// <summary>The name of its file.</summary>
    public required string Name { get; init; }

    /// <summary>Its place in the log, 1 for the first, by its name.</summary>
    public required ulong Sequence { get; init; }

    /// <summary>Its random id, or null if its header is damaged; nothing of it can be read then.</summary>
    public ulong? Id { get; init; }

    /// <summary>The length of its file.</summary>
    public long FileBytes { get; init; }

    /// <summary>The bytes up to the end of its last whole record.</summary>
    public int UsedBytes { get; init; }

    /// <summary>How many whole records it holds, of all kinds.</summary>
    public long Records { get; init; }

    /// <summary>The index of the first entry in it, or null without one. A later truncation may have dropped it.</summary>
    public LogIndex? FirstIndex { get; init; }

    /// <summary>The index of the last entry in it, or null without one.</summary>
    public LogIndex? LastIndex { get; init; }
}
