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
public sealed record PeerMetInput(ServerIdentity Peer) : ReplicaInput;

/// <summary>A link is up in both directions.</summary>
public sealed record LinkUpInput(ServerId Server) : ReplicaInput;

/// <summary>A link closed and a redial was refused.</summary>
public sealed record LinkDownInput(ServerId Server) : ReplicaInput;

/// <summary>A message from a peer.</summary>
/// <param name="Cluster">The sender's cluster when it sent; none if it was unborn.</param>
/// <param name="Message">The message.</param>
public sealed record PeerMessageInput(ClusterId Cluster, PeerMessage Message) : ReplicaInput;

/// <summary>A client of this node wants a command carried out.</summary>
public sealed record CommandInput(PendingCommand Request) : ReplicaInput;

/// <summary>A client of this node wants to know the topics.</summary>
public sealed record TopicsInput(PendingTopics Request) : ReplicaInput;

/// <summary>The client of a command has gone: drop it unless it was proposed.</summary>
public sealed record CommandGoneInput(PendingCommand Request) : ReplicaInput;

/// <summary>The client of a topics request has gone.</summary>
public sealed record TopicsGoneInput(PendingTopics Request) : ReplicaInput;

/// <summary>All batches up to this one are durable.</summary>
/// <param name="Batch">The last of them.</param>
/// <param name="RoomBytes">What the disk has room for behind them (<see cref="WriteAheadLog.RoomBytes"/>).</param>
public sealed record PersistedInput(ulong Batch, long RoomBytes) : ReplicaInput;

/// <summary>Entries asked for with <see cref="PeerLoad"/>.</summary>
public sealed record PeerEntriesLoadedInput(LoadRequest Request, ReadOnlyMemory<LogEntry> Entries) : ReplicaInput;

/// <summary>Entries asked for with <see cref="ApplyLoad"/>.</summary>
public sealed record ApplyEntriesLoadedInput(LogIndex First, ReadOnlyMemory<LogEntry> Entries) : ReplicaInput;

/// <summary>Bodies asked for with <see cref="BodyLoad"/>, in the same order.</summary>
public sealed record BodiesLoadedInput(IReadOnlyList<ReadOnlyMemory<byte>> Bodies) : ReplicaInput;

/// <summary>The snapshot asked for with <see cref="SnapshotSave"/> is durable, or was given up.</summary>
/// <param name="Bytes">Its size; 0 if the disk had no room for it.</param>
/// <param name="RoomBytes">What the disk has room for beside it (<see cref="WriteAheadLog.RoomBytes"/>).</param>
public sealed record SnapshotSavedInput(long Bytes, long RoomBytes) : ReplicaInput;

/// <summary>The room on this node's disk has changed.</summary>
/// <param name="Space">How much allocated room is left.</param>
/// <param name="RoomBytes">What the disk has room for behind what is written (<see cref="WriteAheadLog.RoomBytes"/>).</param>
public sealed record DiskSpaceInput(WalSpace Space, long RoomBytes) : ReplicaInput;

/// <summary>The node is about to stop: take nothing new, and hand leadership over if asked to.</summary>
public sealed record StopInput(bool HandOver) : ReplicaInput;
