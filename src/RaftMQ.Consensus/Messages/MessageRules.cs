namespace RaftMQ.Consensus.Messages;

/// <summary>
/// What every message of a sound server keeps to, whatever the state of the two: a message that breaks a rule is dropped and its sender named, for taken in it would end this
/// process, or worse, stand on its disk and end it at every start.
/// </summary>
public static class MessageRules
{
    /// <summary>The longest election timeout that a leader may announce: it keeps a wrong number from ending all elections.</summary>
    public const int MaxElectionTimeoutMs = 60_000;

    /// <summary>No cluster gets there by electing: it keeps a wrong number from ending all elections.</summary>
    private static readonly Term MaxTerm = new(ulong.MaxValue >> 8);

    /// <summary>No snapshot gets there: it keeps offsets from running over.</summary>
    private const long MaxSnapshotBytes = long.MaxValue >> 8;

    /// <summary>The rule that a message breaks, as a sentence, or null.</summary>
    public static string? Broken(Message message)
    {
        if (message.Term > MaxTerm)
        {
            return $"its term is {message.Term}, and no cluster ever reaches a term over {MaxTerm}";
        }

        return message switch
        {
            AppendEntries append => Broken(append),
            InstallSnapshot install => Broken(install.Snapshot, install.Term) ?? Broken(install),
            InstallSnapshotResponse response => Broken(response.Snapshot, response.Term) ?? BrokenOffset(response.NextOffset),
            _ => null,
        };
    }

    private static string? Broken(LogPosition snapshot, Term term) =>
        snapshot.Index > LogIndex.Zero && snapshot.Term > Term.Zero && snapshot.Term <= term ? null : $"there is no snapshot up to {snapshot} in term {term}";

    private static string? Broken(InstallSnapshot install) => install.Data.Length <= InstallSnapshot.MaxDataBytes
        ? BrokenOffset(install.Offset)
        : $"a piece of a snapshot has {install.Data.Length} bytes, and {InstallSnapshot.MaxDataBytes} are allowed";

    private static string? BrokenOffset(long offset) => offset is >= 0 and <= MaxSnapshotBytes ? null : $"no snapshot has a byte {offset}";

    private static string? Broken(AppendEntries append)
    {
        if (append.ElectionTimeoutMs is < 1 or > MaxElectionTimeoutMs)
        {
            return $"it announces an election timeout of {append.ElectionTimeoutMs} ms, and 1 to {MaxElectionTimeoutMs} are allowed";
        }

        LogPosition last = append.Previous;
        LogTime time = default;
        foreach (ref readonly LogEntry entry in append.Entries.Span)
        {
            if (entry.Index != last.Index.Next || entry.Term < last.Term || entry.Term > append.Term || entry.Time.Milliseconds < time.Milliseconds)
            {
                return $"entry {entry.Position} stamped {entry.Time} does not follow {last} stamped {time} in term {append.Term}";
            }

            if (entry.Payload.Length > LogEntry.MaxPayloadBytes)
            {
                return $"entry {entry.Position} has {entry.Payload.Length} bytes of payload, and {LogEntry.MaxPayloadBytes} are allowed";
            }

            if (BrokenConfiguration(entry) is { } reason)
            {
                return reason;
            }

            (last, time) = (entry.Position, entry.Time);
        }

        return append.Previous.Term <= append.Term ? null : $"the entry before its entries, {append.Previous}, is of a later term than {append.Term}";
    }

    private static string? BrokenConfiguration(in LogEntry entry)
    {
        try
        {
            switch (entry.Kind)
            {
                case EntryKind.Birth when entry.Position != Birth.Position:
                    return $"entry {entry.Position} is a birth, and a birth is entry {Birth.Position}";
                case EntryKind.Birth:
                    Birth.Decode(entry.Payload);
                    return null;
                case EntryKind.Membership:
                    Membership.Decode(entry.Payload.Span, out _);
                    return null;
                default:
                    return null;
            }
        }
        catch (FormatException e)
        {
            return $"the configuration in entry {entry.Position} cannot be read: {e.Message}";
        }
    }
}
