using RaftMQ.Consensus;
using RaftMQ.Replica.Disk;
using RaftMQ.Replica.Peers;
using RaftMQ.Replica.Requests;
using RaftMQ.Storage.Identity;
using RaftMQ.Storage.Wal;

namespace RaftMQ.Replica;

/// <summary>Everything that can happen to a replica: a closed set, so that a run can be recorded and replayed.</summary>
public abstract record ReplicaInput;

/// <summary>A tick. It carries both clocks; the replica has none.</summary>
/// <param name="MonotonicMs">Milliseconds that never fall.</param>
/// <param name="WallMs">Milliseconds since 1970 by the wall clock, which may jump.</param>
public sealed record TickInput(long MonotonicMs, long WallMs) : ReplicaInput;

/// <summary>A peer introduced itself; perhaps only to be refused because it belongs to another cluster.</summary>
/// <param name="Peer">Who it is.</param>
/// <param name="Address">Where it says that it is dialled, as host:port; null if it did not say.</param>
public sealed record PeerMetInput(ServerIdentity Peer, string? Address = null) : ReplicaInput;

/// <summary>A node that is of no cluster, and no member known here, asked for a link and was refused: it may be about to be added.</summary>
/// <param name="Node">Under which number.</param>
/// <param name="Understands">The cluster versions that it says its program understands.</param>
public sealed record StrangerInput(NodeId Node, ClusterVersions Understands) : ReplicaInput;

/// <summary>A link is up in both directions.</summary>
/// <param name="Server">With whom.</param>
/// <param name="Understands">The cluster versions that it says its program understands.</param>
public sealed record LinkUpInput(ServerId Server, ClusterVersions Understands) : ReplicaInput;

/// <summary>A link closed and a redial was refused.</summary>
public sealed record LinkDownInput(ServerId Server) : ReplicaInput;

/// <summary>A message from a peer.</summary>
/// <param name="Cluster">The sender's cluster when it sent; none if it was unborn.</param>
/// <param name="Message">The message.</param>
public sealed record PeerMessageInput(ClusterId Cluster, PeerMessage Message) : ReplicaInput;

/// <summary>A client of this node wants a command carried out.</summary>
public sealed record CommandInput(PendingCommand Request) : ReplicaInput;

/// <summary>A client of this node wants to know the topics.</summary>
public sealed record TopicReadInput(PendingTopicRead Request) : ReplicaInput;

/// <summary>The client of a command has gone: drop it unless it was proposed.</summary>
public sealed record CommandGoneInput(PendingCommand Request) : ReplicaInput;

/// <summary>The client of a topics request has gone.</summary>
public sealed record TopicReadGoneInput(PendingTopicRead Request) : ReplicaInput;

/// <summary>An operator wants the members changed.</summary>
public sealed record ChangeInput(PendingChange Request) : ReplicaInput;

/// <summary>Whoever wanted the members changed has gone. A step that was proposed stays.</summary>
public sealed record ChangeGoneInput(PendingChange Request) : ReplicaInput;

/// <summary>A client of this node wants a backup, beginning with its first piece.</summary>
public sealed record BackupInput(PendingBackup Request) : ReplicaInput;

/// <summary>The client of a backup wants the next piece.</summary>
public sealed record BackupReadInput(PendingBackup Request) : ReplicaInput;

/// <summary>The client of a backup has gone.</summary>
public sealed record BackupGoneInput(PendingBackup Request) : ReplicaInput;

/// <summary>All batches up to this one are durable.</summary>
/// <param name="Batch">The last of them.</param>
/// <param name="RoomBytes">What the disk has room for behind them (<see cref="WriteAheadLog.RoomBytes"/>).</param>
public sealed record PersistedInput(ulong Batch, long RoomBytes) : ReplicaInput;

/// <summary>Entries asked for with <see cref="PeerLoad"/>.</summary>
public sealed record PeerEntriesLoadedInput(LoadRequest Request, ReadOnlyMemory<LogEntry> Entries) : ReplicaInput;

/// <summary>Entries asked for with <see cref="ApplyLoad"/>; none if a snapshot has taken the place of the log meanwhile.</summary>
public sealed record ApplyEntriesLoadedInput(LogIndex First, ReadOnlyMemory<LogEntry> Entries) : ReplicaInput;

/// <summary>Bodies asked for with <see cref="BodyLoad"/>, in the same order.</summary>
public sealed record BodiesLoadedInput(IReadOnlyList<ReadOnlyMemory<byte>> Bodies) : ReplicaInput;

/// <summary>The snapshot asked for with <see cref="SnapshotSave"/> is durable, or was given up.</summary>
/// <param name="Bytes">Its size; 0 if the disk had no room for it, or if one that came from elsewhere was installed meanwhile.</param>
/// <param name="RoomBytes">What the disk has room for beside it (<see cref="WriteAheadLog.RoomBytes"/>).</param>
public sealed record SnapshotSavedInput(long Bytes, long RoomBytes) : ReplicaInput;

/// <summary>The disk releases the log up to an index: the oldest kept snapshot contains all of it.</summary>
public sealed record LogReleasedInput(LogIndex UpTo) : ReplicaInput;

/// <summary>A piece asked for with <see cref="SnapshotRead"/>.</summary>
/// <param name="Request">What was asked for.</param>
/// <param name="Data">The bytes.</param>
/// <param name="IsLast">Whether the snapshot ends with them.</param>
public sealed record SnapshotLoadedInput(SnapshotLoad Request, ReadOnlyMemory<byte> Data, bool IsLast) : ReplicaInput;

/// <summary>The snapshot that a <see cref="SnapshotRead"/> asked for is no longer here.</summary>
public sealed record SnapshotGoneInput(SnapshotLoad Request) : ReplicaInput;

/// <summary>A piece that was given with <see cref="SnapshotPieceWrite"/> is durable.</summary>
public sealed record SnapshotPieceSavedInput(SnapshotPiece Piece) : ReplicaInput;

/// <summary>A piece that was given with <see cref="SnapshotPieceWrite"/> was refused, and what had come of its snapshot was dropped.</summary>
/// <param name="Piece">The piece.</param>
/// <param name="Reason">Why, for people.</param>
public sealed record SnapshotPieceFailedInput(SnapshotPiece Piece, string Reason) : ReplicaInput;

/// <summary>A snapshot that came from a leader has taken the place of log and state.</summary>
/// <param name="State">The state.</param>
public sealed record SnapshotInstalledInput(RestoredState State) : ReplicaInput;

/// <summary>The room on this node's disk has changed.</summary>
/// <param name="Space">How much allocated room is left.</param>
/// <param name="RoomBytes">What the disk has room for behind what is written (<see cref="WriteAheadLog.RoomBytes"/>).</param>
/// <param name="BudgetBytes">The budget of the folder, while that leaves less than the disk has; else null.</param>
public sealed record DiskSpaceInput(WalSpace Space, long RoomBytes, long? BudgetBytes = null) : ReplicaInput;

/// <summary>The node is about to stop: take nothing new, and hand leadership over if asked to.</summary>
public sealed record StopInput(bool HandOver) : ReplicaInput;

/// <summary>The disk has removed what was set aside of a damaged folder.</summary>
/// <param name="Files">How many files.</param>
public sealed record AsideRemovedInput(int Files) : ReplicaInput;
