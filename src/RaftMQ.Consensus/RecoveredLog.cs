namespace RaftMQ.Consensus;

/// <summary>From this index on, up to the next run, entries are of this term.</summary>
public readonly record struct TermRun(LogIndex First, Term Term);

/// <summary>What storage found on disk at start: everything that the core needs to go on from there. All of it is durable.</summary>
public sealed record RecoveredLog
{
    /// <summary>Term and vote.</summary>
    public HardState HardState { get; init; }

    /// <summary>The index of the last entry, or zero for an empty log. The log begins at index 1.</summary>
    public LogIndex LastIndex { get; init; }

    /// <summary>The index up to which the log is known to be committed, by a snapshot of what was applied; zero if there is none.</summary>
    public LogIndex CommittedIndex { get; init; }

    /// <summary>The stamp of the last entry.</summary>
    public LogTime LastTime { get; init; }

    /// <summary>The term of every entry, as runs in ascending order; the first run begins at index 1. Empty for an empty log.</summary>
    public IReadOnlyList<TermRun> Terms { get; init; } = [];

    /// <summary>All entries that carry a configuration (births and memberships), in order.</summary>
    public IReadOnlyList<LogEntry> Configurations { get; init; } = [];

    /// <summary>The last entries of the log, contiguous up to <see cref="LastIndex"/>, as many as fit the asked number of bytes; may be empty.</summary>
    public IReadOnlyList<LogEntry> Tail { get; init; } = [];

    /// <summary>A disk that has never held anything.</summary>
    public static RecoveredLog Empty { get; } = new();
}
