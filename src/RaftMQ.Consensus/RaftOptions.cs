namespace RaftMQ.Consensus;

/// <summary>What a core is told once. Times are in ticks: the owner decides how long a tick is.</summary>
public sealed record RaftOptions
{
    /// <summary>This server.</summary>
    public required ServerId Self { get; init; }

    /// <summary>Where the randomness of election timeouts comes from; another for each start.</summary>
    public required ulong Seed { get; init; }

    /// <summary>How long a tick is, for what is said to others; 1 to 1,000.</summary>
    public int TickMilliseconds { get; init; } = 10;

    /// <summary>The lower bound of <see cref="RaftCore.ElectionTimeoutTicks"/>. At least 4 times <see cref="HeartbeatTicks"/>.</summary>
    public int ElectionTimeoutTicks { get; init; } = 20;

    /// <summary>Its upper bound, as far as this server decides it; at least <see cref="ElectionTimeoutTicks"/>.</summary>
    public int MaxElectionTimeoutTicks { get; init; } = 500;

    /// <summary>For how long, once to twice, a leader remembers how long it had to wait for the others; at least 1.</summary>
    public int WaitWindowTicks { get; init; } = 3_000;

    /// <summary>Ticks between the leader's heartbeats. At least 1.</summary>
    public int HeartbeatTicks { get; init; } = 5;

    /// <summary>The most payload bytes in one AppendEntries; a single larger entry travels alone.</summary>
    public int MaxAppendBytes { get; init; } = 256 * 1024;

    /// <summary>The most entries in one AppendEntries.</summary>
    public int MaxAppendEntries { get; init; } = 1024;

    /// <summary>The most AppendEntries with entries on the way to one follower.</summary>
    public int MaxInFlightAppends { get; init; } = 16;

    /// <summary>The most payload bytes on the way to one follower.</summary>
    public long MaxInFlightBytes { get; init; } = 4 * 1024 * 1024;

    /// <summary>The most payload bytes that a leader holds uncommitted; beyond it proposals are refused.</summary>
    public long MaxUncommittedBytes { get; init; } = 64 * 1024 * 1024;

    /// <summary>The most entries that a leader holds uncommitted.</summary>
    public int MaxUncommittedEntries { get; init; } = 65_536;

    /// <summary>The bytes of applied, durable entries kept in memory, about 100 for each entry beside its payload, for followers that are a little behind; older ones are loaded from disk.</summary>
    public long TailBytes { get; init; } = 8 * 1024 * 1024;

    /// <summary>The most bytes in one piece of a snapshot; at least 1, at most <see cref="Messages.InstallSnapshot.MaxDataBytes"/>.</summary>
    public int MaxSnapshotPieceBytes { get; init; } = 1024 * 1024;

    /// <summary>
    /// Ticks for which a snapshot may come no further before its transfer is given up and it may be released; at least 1. Long enough for a disk to write a piece, or
    /// to put a whole snapshot in the place of log and state: 50 of the shortest election timeouts unless set.
    /// </summary>
    public int SnapshotPatienceTicks
    {
        get => field > 0 ? field : 50 * ElectionTimeoutTicks;
        init;
    }

    /// <summary>The most reads that wait for a confirmation of leadership.</summary>
    public int MaxPendingReads { get; init; } = 65_536;
}
