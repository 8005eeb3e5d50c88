using RaftMQ.Consensus.Messages;

namespace RaftMQ.Consensus;

/// <summary>A read may be served by a state that has applied <paramref name="Index"/>.</summary>
public readonly record struct ReadReady(ReadId Read, LogIndex Index);

/// <summary>Entries that have left memory are needed again for a follower that is behind; answered by <see cref="RaftCore.OnEntriesLoaded"/>.</summary>
/// <param name="For">The follower.</param>
/// <param name="First">The first entry needed.</param>
/// <param name="Last">The last entry that may be loaded (it exists and is durable).</param>
/// <param name="MaxBytes">Enough payload for one message; the first entry is loaded whatever its size.</param>
public readonly record struct LoadRequest(ServerId For, LogIndex First, LogIndex Last, int MaxBytes);

/// <summary>
/// A piece of a snapshot is wanted for a follower that is behind the log; answered by <see cref="RaftCore.OnSnapshotLoaded"/> or <see cref="RaftCore.OnSnapshotGone"/>.
/// </summary>
/// <param name="For">The follower.</param>
/// <param name="Snapshot">The snapshot, by its last entry.</param>
/// <param name="Offset">Where the piece begins, in bytes.</param>
/// <param name="MaxBytes">The most bytes of the piece.</param>
public readonly record struct SnapshotLoad(ServerId For, LogPosition Snapshot, long Offset, int MaxBytes);

/// <summary>
/// A piece of a snapshot that a leader sends, for the disk. At offset 0 it begins a transfer, and whatever the disk has of another is dropped; the next follow one another.
/// Answered by <see cref="RaftCore.OnSnapshotPieceSaved"/> or <see cref="RaftCore.OnSnapshotPieceFailed"/>, the last one by <see cref="RaftCore.OnSnapshotInstalled"/> or as failed.
/// </summary>
/// <param name="From">The leader; with the term and the snapshot it names the transfer.</param>
/// <param name="Term">Its term.</param>
/// <param name="Snapshot">The last entry that the snapshot covers.</param>
/// <param name="Offset">Where the piece begins, in bytes.</param>
/// <param name="Data">The bytes.</param>
/// <param name="IsLast">Whether the snapshot is complete with them: the disk then replaces log and state by it.</param>
public sealed record SnapshotPiece(ServerId From, Term Term, LogPosition Snapshot, long Offset, ReadOnlyMemory<byte> Data, bool IsLast);

/// <summary>
/// Everything that follows from the inputs since the last <see cref="RaftCore.Drain"/>. Owned by the caller and reused from turn to turn. The order of effects:
/// <see cref="HardState"/>, <see cref="TruncateFrom"/> and <see cref="Append"/> go to disk as one batch, in that order, and <see cref="SnapshotPieces"/> behind it;
/// <see cref="SendNow"/> may leave at once; <see cref="SendAfterPersist"/> only when this batch and all earlier ones are durable.
/// </summary>
public sealed class RaftOutput
{
    /// <summary>The term and vote to persist, if they changed.</summary>
    public HardState? HardState { get; set; }

    /// <summary>Entries from here on are to be dropped, if any.</summary>
    public LogIndex? TruncateFrom { get; set; }

    /// <summary>Entries to append after that.</summary>
    public List<LogEntry> Append { get; } = [];

    /// <summary>Messages that claim nothing that is not durable already.</summary>
    public List<Message> SendNow { get; } = [];

    /// <summary>Messages that wait for the disk.</summary>
    public List<Message> SendAfterPersist { get; } = [];

    /// <summary>The commit index, if it has moved: everything up to it may be applied.</summary>
    public LogIndex? CommitIndex { get; set; }

    /// <summary>Reads that may be served.</summary>
    public List<ReadReady> ReadsReady { get; } = [];

    /// <summary>Reads whose confirmation can no longer come; they may be asked again.</summary>
    public List<ReadId> ReadsLost { get; } = [];

    /// <summary>Entries wanted from disk.</summary>
    public List<LoadRequest> Loads { get; } = [];

    /// <summary>Pieces of snapshots wanted from disk.</summary>
    public List<SnapshotLoad> SnapshotLoads { get; } = [];

    /// <summary>Pieces of a snapshot for the disk, in order, after the batch. Nothing waits for them.</summary>
    public List<SnapshotPiece> SnapshotPieces { get; } = [];

    /// <summary>Whether anything here has to go to disk as a batch.</summary>
    public bool HasPersist => HardState is not null || TruncateFrom is not null || Append.Count > 0;

    /// <summary>Empties it for the next turn; lists keep their memory.</summary>
    public void Clear()
    {
        HardState = null;
        TruncateFrom = null;
        CommitIndex = null;
        Append.Clear();
        SendNow.Clear();
        SendAfterPersist.Clear();
        ReadsReady.Clear();
        ReadsLost.Clear();
        Loads.Clear();
        SnapshotLoads.Clear();
        SnapshotPieces.Clear();
    }
}
