using RaftMQ.Consensus;
using RaftMQ.Replica;

namespace RaftMQ.Node;

/// <summary>How much of the limits of the queue and of the node is in use, as the replica and its disk last told.</summary>
/// <param name="Topics">Topics that there are.</param>
/// <param name="Bytes">Body bytes waiting in all topics.</param>
/// <param name="RequestKeys">Request keys remembered.</param>
/// <param name="RequestKeyBytes">Body bytes kept for retried pops.</param>
/// <param name="UncommittedEntries">Entries that this node holds uncommitted as a leader; otherwise 0.</param>
/// <param name="UncommittedBytes">The bytes in them.</param>
/// <param name="MemoryBytes">About what the node holds in memory (<see cref="QueueReplica.MemoryBytes"/>).</param>
/// <param name="FolderBytes">What the data folder takes of its disk.</param>
/// <param name="RoomBytes">What the disk, or the folder's budget, has room for behind what is written and beside the next snapshot.</param>
public readonly record struct NodeGauges(
    int Topics, long Bytes, int RequestKeys, long RequestKeyBytes, int UncommittedEntries, long UncommittedBytes, long MemoryBytes, long FolderBytes, long RoomBytes)
{
    internal static NodeGauges Of(QueueReplica replica, long folderBytes)
    {
        (int entries, long bytes) = replica.Core.Role == Role.Leader ? replica.Core.Uncommitted : default;
        return new NodeGauges(
            replica.Machine.TopicCount, replica.Machine.ByteCount, replica.Machine.RequestKeyCount, replica.Machine.RequestKeyBytes, entries, bytes, replica.MemoryBytes,
            folderBytes, replica.RoomBytes);
    }
}

/// <summary>What the disk's thread tells.</summary>
/// <param name="Syncs">How often batches were made durable.</param>
/// <param name="FolderBytes">What the data folder takes.</param>
internal readonly record struct DiskGauges(long Syncs, long FolderBytes);
