using RaftMQ.Consensus;
using RaftMQ.Queues;
using RaftMQ.Queues.Snapshots;
using RaftMQ.Storage.Snapshots;
using RaftMQ.Storage.Wal;

namespace RaftMQ.Replica.Disk;

/// <summary>What a replica asks of its disk: a closed set, done in order of asking, except that reads come after the writes that wait beside them.</summary>
public abstract record DiskWork;

/// <summary>One write unit; answered by <see cref="PersistedInput"/> when it and all before it are durable.</summary>
/// <param name="Id">Ascending from batch to batch.</param>
/// <param name="Records">What goes into the log.</param>
/// <param name="Birth">The cluster that this batch's birth entry founds or joins, for the identity file, written after the log is durable.</param>
public sealed record PersistBatch(ulong Id, WalBatch Records, ClusterId? Birth) : DiskWork;

/// <summary>Durable entries for a follower that is behind; answered by <see cref="PeerEntriesLoadedInput"/>, without entries if they are gone.</summary>
/// <param name="Request">Which.</param>
public sealed record PeerLoad(LoadRequest Request) : DiskWork;

/// <summary>Durable, committed entries to apply; answered by <see cref="ApplyEntriesLoadedInput"/>.</summary>
/// <param name="First">The first entry wanted.</param>
/// <param name="Last">The last that may be loaded.</param>
/// <param name="MaxBytes">Enough payload for one time; the first entry is loaded whatever its size.</param>
public sealed record ApplyLoad(LogIndex First, LogIndex Last, int MaxBytes) : DiskWork;

/// <summary>Bodies of durable, applied entries; answered by <see cref="BodiesLoadedInput"/>.</summary>
/// <param name="Bodies">Which, by ascending index; the same one may be wanted more than once.</param>
public sealed record BodyLoad(IReadOnlyList<BodyReference> Bodies) : DiskWork;

/// <summary>A piece of a snapshot for a follower that is behind the log; answered by <see cref="SnapshotLoadedInput"/>, or by <see cref="SnapshotGoneInput"/> if it is no longer here.</summary>
/// <param name="Request">Which.</param>
public sealed record SnapshotRead(SnapshotLoad Request) : DiskWork;

/// <summary>
/// A piece of a snapshot that a leader has sent; answered by <see cref="SnapshotPieceSavedInput"/>, or by <see cref="SnapshotPieceFailedInput"/> if it is damaged or has no room. With the
/// last one the snapshot takes the place of log, state and bodies, and the answer is <see cref="SnapshotInstalledInput"/>.
/// </summary>
/// <param name="Piece">The piece.</param>
public sealed record SnapshotPieceWrite(SnapshotPiece Piece) : DiskWork;

/// <summary>So much of the disk is kept free for the next snapshot: the room that is reported is what is left beside it. Holds until the next.</summary>
/// <param name="Bytes">How much.</param>
public sealed record RoomReserved(long Bytes) : DiskWork;

/// <summary>These snapshots are on their way to other servers and are kept, with all that they need. Holds until the next; what is kept no longer may go at once.</summary>
/// <param name="Snapshots">Their ends.</param>
public sealed record SnapshotsKept(IReadOnlyList<LogPosition> Snapshots) : DiskWork;

/// <summary>The newest snapshot is enough until there is another: the one before it holds back too much.</summary>
public sealed record OlderSnapshotDropped : DiskWork;

/// <summary>Nothing more comes of the snapshot of which pieces were written last: what came is removed.</summary>
public sealed record SnapshotDropped : DiskWork;

/// <summary>The state at one moment, to be written between batches; answered by <see cref="SnapshotSavedInput"/>. One at a time.</summary>
/// <param name="Metadata">What the snapshot says of itself.</param>
/// <param name="State">The state.</param>
/// <param name="FreesRoom">Whether it is taken for want of room: then no older one is kept beside it.</param>
/// <param name="ReclaimableBytes">About how much of the log and the bodies is of no use any more with it that was of use to the last one, or came since.</param>
public sealed record SnapshotSave(SnapshotMetadata Metadata, QueueSnapshot State, bool FreesRoom, long ReclaimableBytes = 0) : DiskWork;

/// <summary>
/// This server has a seat, and all that was committed up to then: what was set aside of a damaged folder is of no use any more. Answered by <see cref="AsideRemovedInput"/> if there was any.
/// </summary>
public sealed record AsideRemoval : DiskWork;
