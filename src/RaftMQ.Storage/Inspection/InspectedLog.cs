using RaftMQ.Consensus;

namespace RaftMQ.Storage.Inspection;

/// <summary>What the records of a log add up to, up to its end or to the first damage.</summary>
public sealed record InspectedLog
{
    /// <summary>Whether it goes on to its end: nothing in it is damaged.</summary>
    public bool IsWhole { get; init; }

    /// <summary>Term and vote.</summary>
    public HardState HardState { get; init; }

    /// <summary>
    /// The entry behind which it begins: zero for a log that goes back to its first entry, else one that was released and is in a snapshot. A log that holds no entry goes on behind it.
    /// </summary>
    public LogIndex BeginsBehind { get; init; }

    /// <summary>The first live entry, or zero without one.</summary>
    public LogPosition First { get; init; }

    /// <summary>The last live entry, or zero without one.</summary>
    public LogPosition Last { get; init; }

    /// <summary>The stamp of the last entry, of this log or of the oldest snapshot.</summary>
    public LogTime LastTime { get; init; }

    /// <summary>The cluster by its birth entry, in this log or in a snapshot, or none without one.</summary>
    public ClusterId Cluster { get; init; }

    /// <summary>The configuration in force at its end, from this log or from a snapshot, or null if there is none.</summary>
    public Membership? Membership { get; init; }

    /// <summary>Where that configuration stands, or zero.</summary>
    public LogIndex MembershipIndex { get; init; }

    /// <summary>The entries that were written, those included that were truncated later.</summary>
    public EntryCounts Written { get; init; }

    /// <summary>How often entries were truncated.</summary>
    public long Truncations { get; init; }

    /// <summary>How many entries were truncated.</summary>
    public ulong TruncatedEntries { get; init; }

    /// <summary>Whether the last record says that all before it is durable: the log was idle when the node ended.</summary>
    public bool EndsWithMark { get; init; }

    /// <summary>Whole entries behind the first damage; they are in none of the other figures.</summary>
    public long EntriesBehindDamage { get; init; }
}

/// <summary>Entries by kind.</summary>
/// <param name="Births">Births: 1, or 0 for an unborn node.</param>
/// <param name="NoOps">First entries of leaders.</param>
/// <param name="Commands">Commands of the queue.</param>
/// <param name="Memberships">Configurations.</param>
/// <param name="PayloadBytes">The payloads of all of them.</param>
public readonly record struct EntryCounts(long Births, long NoOps, long Commands, long Memberships, long PayloadBytes)
{
    /// <summary>All of them.</summary>
    public long Total => Births + NoOps + Commands + Memberships;

    internal EntryCounts With(EntryKind kind, int payloadBytes)
    {
        EntryCounts counts = this with { PayloadBytes = PayloadBytes + payloadBytes };
        return kind switch
        {
            EntryKind.Birth => counts with { Births = Births + 1 },
            EntryKind.NoOp => counts with { NoOps = NoOps + 1 },
            EntryKind.Command => counts with { Commands = Commands + 1 },
            EntryKind.Membership => counts with { Memberships = Memberships + 1 },
            _ => throw new InvariantViolatedException("only entries of a known kind are counted"),
        };
    }
}
