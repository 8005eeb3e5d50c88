namespace RaftMQ.Consensus;

/// <summary>From this index on, up to the next run, entries are of this term.</summary>
public readonly record struct TermRun(LogIndex First, Term Term);

/// <summary>What storage found on disk at start: everything that the core needs to go on from there. All of it is durable.</summary>
public sealed record RecoveredLog
{
    /// <summary>Term and vote.</summary>
    public HardState HardState { get; init; }

    /// <summary>The entry behind which the log begins; zero if it is whole, from index 1 on. It and all before it are committed and in a snapshot (§7).</summary>
    public LogPosition Base { get; init; }

    /// <summary>The index of the last entry: that of <see cref="Base"/> if nothing follows it.</summary>
    public LogIndex LastIndex { get; init; }

    /// <summary>The index up to which the log is known to be committed, by a snapshot of what was applied: at least that of <see cref="Base"/>.</summary>
    public LogIndex CommittedIndex { get; init; }

    /// <summary>The stamp of the last entry.</summary>
    public LogTime LastTime { get; init; }

    /// <summary>The term of every entry behind <see cref="Base"/>, as runs in ascending order; the first begins right behind it. Empty if nothing follows it.</summary>
    public IReadOnlyList<TermRun> Terms { get; init; } = [];

    /// <summary>The entries that carry a configuration (births and memberships), in order: the birth, the last at or below <see cref="Base"/>, and all behind it.</summary>
    public IReadOnlyList<LogEntry> Configurations { get; init; } = [];

    /// <summary>The last entries of the log, contiguous up to <see cref="LastIndex"/>, as many as fit the asked number of bytes; may be empty.</summary>
    public IReadOnlyList<LogEntry> Tail { get; init; } = [];

    /// <summary>A disk that has never held anything.</summary>
    public static RecoveredLog Empty { get; } = new();
}
