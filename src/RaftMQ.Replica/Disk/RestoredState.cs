using RaftMQ.Consensus;
using RaftMQ.Queues;
using RaftMQ.Queues.Snapshots;
using RaftMQ.Storage.Bodies;
using RaftMQ.Storage.Snapshots;

namespace RaftMQ.Replica.Disk;

/// <summary>What a snapshot brought back: applying goes on behind it.</summary>
/// <param name="Machine">The queue as it was.</param>
/// <param name="Metadata">Up to where.</param>
/// <param name="Bytes">The size of the snapshot.</param>
/// <param name="Live">The bodies that the state refers to.</param>
public sealed record RestoredState(QueueMachine Machine, SnapshotMetadata Metadata, long Bytes, LiveBodies Live)
{
    /// <summary>The state that a snapshot holds.</summary>
    /// <exception cref="FormatException">It is not the one that was written.</exception>
    internal static RestoredState From(SnapshotMetadata metadata, IEnumerable<ReadOnlyMemory<byte>> chunks, long bytes)
    {
        QueueMachine machine = QueueSnapshot.Decode(chunks, metadata.StateHash);
        var live = new LiveBodies();
        foreach (BodyReference body in machine.Capture().Bodies())
        {
            live.Add(new LogIndex(body.Index), body.Offset + body.Length);
        }

        return new RestoredState(machine, metadata, bytes, live);
    }
}
