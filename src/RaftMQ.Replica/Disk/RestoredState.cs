using RaftMQ.Queues;
using RaftMQ.Storage.Snapshots;

namespace RaftMQ.Replica.Disk;

/// <summary>What a snapshot brought back: applying goes on behind it.</summary>
/// <param name="Machine">The queue as it was.</param>
/// <param name="Metadata">Up to where.</param>
/// <param name="Bytes">The size of the snapshot.</param>
public sealed record RestoredState(QueueMachine Machine, SnapshotMetadata Metadata, long Bytes);
