namespace RaftMQ.Consensus;

/// <summary>What an entry of the log is for. The values are on disk and on the wire.</summary>
public enum EntryKind : byte
{
    /// <summary>The first entry of every log: cluster id, members, settings (<see cref="Birth"/>).</summary>
    Birth = 1,

    /// <summary>A new leader's first entry, which lets it commit what came before (§5.4.2, §8).</summary>
    NoOp = 2,

    /// <summary>A command for the state machine.</summary>
    Command = 3,

    /// <summary>A configuration (<see cref="Consensus.Membership"/>), in force as soon as it is in the log (thesis §4.1).</summary>
    Membership = 4,
}

/// <summary>
/// Milliseconds of the cluster's own time, stamped into entries by the leader. It never falls along the log. The state machine knows no other time.
/// </summary>
public readonly record struct LogTime(long Milliseconds)
{
    /// <inheritdoc/>
    public override string ToString() => Milliseconds.ToString(System.Globalization.CultureInfo.InvariantCulture);
}

/// <summary>One entry of the replicated log (Figure 2). The payload is never changed after the entry is made.</summary>
/// <param name="Index">Its place.</param>
/// <param name="Term">The term of the leader that made it.</param>
/// <param name="Kind">What it is for.</param>
/// <param name="Time">The leader's stamp.</param>
/// <param name="Payload">Opaque to consensus, except for births and memberships.</param>
public readonly record struct LogEntry(LogIndex Index, Term Term, EntryKind Kind, LogTime Time, ReadOnlyMemory<byte> Payload)
{
    /// <summary>The most bytes of a payload, on every node and for ever: an entry that one takes, all take.</summary>
    public const int MaxPayloadBytes = 8 * 1024 * 1024;

    /// <summary>Index and term.</summary>
    public LogPosition Position => new(Index, Term);
}
