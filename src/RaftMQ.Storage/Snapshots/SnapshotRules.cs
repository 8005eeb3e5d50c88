using RaftMQ.Consensus;
using RaftMQ.Storage.Wal;

namespace RaftMQ.Storage.Snapshots;

/// <summary>What a log and the snapshots beside it are held against each other by, at a start and by an inspection alike (FORMAT.md).</summary>
internal static class SnapshotRules
{
    /// <summary>What is missing at the beginning of a log, as a sentence without its end, or null: all that stood before its first entry must be in the oldest snapshot.</summary>
    /// <param name="log">The log, not yet placed behind that snapshot.</param>
    /// <param name="oldest">The oldest snapshot that is kept and sound; null if there is none.</param>
    public static string? MissingBefore(Journal log, SnapshotMetadata? oldest)
    {
        if (!log.IsPlaced)
        {
            return oldest is null ? "the log begins with a later segment than its first and holds no entry, and no snapshot is whole: entries that were durable are lost" : null;
        }

        LogIndex end = oldest?.Last.Index ?? LogIndex.Zero;
        string snapshot = oldest is null ? "no snapshot is whole" : $"the oldest whole snapshot goes up to entry {oldest.Last}";
        return log.Terms.First <= end.Next ? null : $"the log begins with entry {log.Terms.First}, and {snapshot}: entries that were durable are lost";
    }

    /// <summary>What speaks against a snapshot beside a log, as a sentence without its end, or null: it goes up to an entry that was durable in this log.</summary>
    /// <param name="snapshot">The snapshot.</param>
    /// <param name="log">The log, placed behind the oldest snapshot.</param>
    public static string? ObjectionTo(SnapshotMetadata snapshot, Journal log)
    {
        LogIndex index = snapshot.Last.Index;
        if (log.Terms.LastIndex < index)
        {
            return $"it goes up to entry {snapshot.Last}, and the log ends at entry {log.Terms.LastIndex}: entries that were durable are lost";
        }

        bool isAnother = log.Terms.TermAt(index) is { } term && term != snapshot.Last.Term;
        return isAnother ? $"it goes up to entry {snapshot.Last}, and the log has that of term {log.Terms.TermAt(index)} there: an entry that was durable is lost" : null;
    }

    /// <summary>The birth and the later configurations of a log that goes on behind a snapshot.</summary>
    /// <param name="log">The log's own.</param>
    /// <param name="oldest">The oldest snapshot that is kept and sound; null if there is none.</param>
    public static IReadOnlyList<LogEntry> Configurations(IReadOnlyList<LogEntry> log, SnapshotMetadata? oldest) =>
        [.. oldest?.Configurations ?? [], .. log.Where(entry => entry.Index > (oldest?.Last.Index ?? LogIndex.Zero))];
}
