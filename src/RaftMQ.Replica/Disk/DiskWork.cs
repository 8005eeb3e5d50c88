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

/// <summary>The state at one moment, to be written between batches; answered by <see cref="SnapshotSavedInput"/>. One at a time.</summary>
/// <param name="Metadata">What the snapshot says of itself.</param>
/// <param name="State">The state.</param>
public sealed record SnapshotSave(SnapshotMetadata Metadata, QueueSnapshot State) : DiskWork;
