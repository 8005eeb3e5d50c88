using RaftMQ.Consensus;

namespace RaftMQ.Storage.Wal;

/// <summary>What is written with one sync: in this order, hard state, truncation, entries.</summary>
/// <param name="HardState">The term and vote, if they changed.</param>
/// <param name="TruncateFrom">Entries from here on are dropped, if any.</param>
/// <param name="Entries">Contiguous entries that follow the log's end after the truncation.</param>
public readonly record struct WalBatch(HardState? HardState, LogIndex? TruncateFrom, IReadOnlyList<LogEntry> Entries);
