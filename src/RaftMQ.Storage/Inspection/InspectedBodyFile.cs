using RaftMQ.Consensus;

namespace RaftMQ.Storage.Inspection;

/// <summary>What a file of bodies is made of.</summary>
public enum BodyFileKind
{
    /// <summary>Its header is damaged, so it cannot be told.</summary>
    Unreadable,

    /// <summary>A segment of the log as it was, under another name.</summary>
    Segment,

    /// <summary>Entries that were copied out of segments, or out of other files of bodies.</summary>
    Copy,
}

/// <summary>A file of the bodies of waiting messages whose entries the log has released.</summary>
public sealed record InspectedBodyFile
{
    /// <summary>The name of the file.</summary>
    public required string Name { get; init; }

    /// <summary>The first entry of the part of the log that it stands for, by its name.</summary>
    public required LogIndex First { get; init; }

    /// <summary>The last entry of that part.</summary>
    public required LogIndex Last { get; init; }

    /// <summary>What it is made of.</summary>
    public BodyFileKind Kind { get; init; }

    /// <summary>The length of the file.</summary>
    public long FileBytes { get; init; }

    /// <summary>How many entries can be read in it.</summary>
    public long Entries { get; init; }

    /// <summary>Whether nothing in it is damaged.</summary>
    public bool IsSound { get; init; }

    /// <summary>The file within whose part of the log its own lies: the next start removes this one. Null if it counts.</summary>
    public string? Within { get; init; }
}
