using RaftMQ.Consensus;

namespace RaftMQ.Storage.Snapshots;

/// <summary>What a snapshot says of itself (§7): up to where it goes, and what belongs to the log up to there.</summary>
/// <param name="Last">The last entry that it contains; committed, and durable in this log.</param>
/// <param name="Time">That entry's stamp.</param>
/// <param name="StateHash">The hash of the state, to verify what is read back.</param>
/// <param name="Configurations">The entries of the birth and of the configuration in force at <paramref name="Last"/>: one entry or two.</param>
public sealed record SnapshotMetadata(LogPosition Last, LogTime Time, ulong StateHash, IReadOnlyList<LogEntry> Configurations)
{
    /// <summary>The most entries of <see cref="Configurations"/>.</summary>
    public const int MaxConfigurations = 2;
}
