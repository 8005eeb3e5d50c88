using RaftMQ.Consensus;
using RaftMQ.Storage.Files;

namespace RaftMQ.Storage.Wal;

/// <summary>What is written with one sync: in this order, hard state, truncation, entries.</summary>
/// <param name="HardState">The term and vote, if they changed.</param>
/// <param name="TruncateFrom">Entries from here on are dropped, if any.</param>
/// <param name="Entries">Contiguous entries that follow the log's end after the truncation.</param>
public readonly record struct WalBatch(HardState? HardState, LogIndex? TruncateFrom, IReadOnlyList<LogEntry> Entries);

/// <summary>How much allocated room the log has left (design, storage rule 9).</summary>
public enum WalSpace
{
    /// <summary>The spare segments are there, or nothing has yet kept them from being made.</summary>
    Ample,

    /// <summary>The disk is full: only the reserve is left. Publishes are refused; elections and pops go on.</summary>
    ReserveOnly,

    /// <summary>The reserve is nearly used up too: nothing more is taken in.</summary>
    Exhausted,
}

/// <summary>Sizes of the log.</summary>
public sealed record WalOptions
{
    /// <summary>The size of a segment in bytes. Default 16 MiB; 4 KiB to 1 GiB, a multiple of 4,096, and more than the largest record.</summary>
    public int SegmentBytes { get; init; } = 16 * 1024 * 1024;

    /// <summary>Segments allocated and zero-filled ahead of use; the reserve for a full disk. Default 2.</summary>
    public int SpareSegments { get; init; } = 2;

    /// <summary>The largest payload of an entry in bytes. Default 8 MiB; a larger one is a defect of the caller.</summary>
    public int MaxPayloadBytes { get; init; } = 8 * 1024 * 1024;

    /// <summary>How many payload bytes of the log's end recovery hands back as entries. Default 16 MiB.</summary>
    public long TailBytes { get; init; } = 16 * 1024 * 1024;
}

/// <summary>How far recovery has come.</summary>
/// <param name="BytesRead">Bytes read and checked.</param>
/// <param name="BytesTotal">Bytes to read.</param>
public readonly record struct RecoveryProgress(long BytesRead, long BytesTotal);

/// <summary>
/// The durable log: an append-only journal of entries, truncations and hard state in segments (design, storage rules 1 to 5; <c>FORMAT.md</c> has every byte).
/// Synchronous and single-threaded: its owner writes batches, then makes them durable with one sync.
/// </summary>
public sealed class WriteAheadLog : IDisposable
{
    /// <summary>Opens the log of a folder, creating it if the folder has none, and recovers what it holds. When it returns everything it reports is durable.</summary>
    /// <param name="files">The folder, locked by the caller.</param>
    /// <param name="options">Sizes.</param>
    /// <param name="drawId">A source of random segment ids; never returns the same twice.</param>
    /// <param name="progress">Told now and then during a long recovery; may be null.</param>
    /// <param name="recovered">What was found.</param>
    /// <exception cref="StorageDamagedException">Damage that is not a torn tail.</exception>
    /// <exception cref="StorageFailedException">The disk failed.</exception>
    /// <exception cref="DiskFullException">There is no room for the first segment or for the recovered one.</exception>
    public static WriteAheadLog Open(
        IFileSystem files, WalOptions options, Func<ulong> drawId, Action<RecoveryProgress>? progress, out RecoveredLog recovered) =>
        throw new NotImplementedException();

    /// <summary>The room left in allocated space.</summary>
    public WalSpace Space => throw new NotImplementedException();

    /// <summary>The index of the last entry written.</summary>
    public LogIndex LastIndex => throw new NotImplementedException();

    /// <summary>Writes a batch behind all earlier ones. Not durable before <see cref="Sync"/>. Several batches may be written before one sync.</summary>
    /// <exception cref="StorageFailedException">The write failed; the log must not be used again.</exception>
    public void Append(in WalBatch batch) => throw new NotImplementedException();

    /// <summary>Makes all that was written durable.</summary>
    /// <exception cref="StorageFailedException">The sync failed; the log must not be used again.</exception>
    public void Sync() => throw new NotImplementedException();

    /// <summary>Reads entries from <paramref name="first"/> to <paramref name="last"/>, at least one, and no more than fit <paramref name="maxBytes"/> of payload.</summary>
    /// <exception cref="StorageDamagedException">What is on disk is no longer what was written.</exception>
    public void Read(LogIndex first, LogIndex last, int maxBytes, List<LogEntry> into) => throw new NotImplementedException();

    /// <summary>Does a small piece of work that can be done between batches: prepares spare segments, and once the log has been idle, writes the synced-up-to mark.</summary>
    /// <param name="idle">Whether no batch has come for a moment.</param>
    /// <returns>Whether there is more to do.</returns>
    public bool WorkInBackground(bool idle) => throw new NotImplementedException();

    /// <inheritdoc/>
    public void Dispose() => throw new NotImplementedException();
}
