namespace RaftMQ.Replica.Requests;

/// <summary>A limit of one node that a request may run into before it is proposed. The numbers are part of the peer protocol.</summary>
public enum NodeLimit : byte
{
    /// <summary>None, or one that a newer node knows.</summary>
    None = 0,

    /// <summary>Requests under way on the node that was asked.</summary>
    Requests = 1,

    /// <summary>Their bytes.</summary>
    RequestBytes = 2,

    /// <summary>Entries that the leader holds uncommitted.</summary>
    UncommittedEntries = 3,

    /// <summary>Their bytes.</summary>
    UncommittedBytes = 4,

    /// <summary>Requests of other nodes that wait for a read on the leader.</summary>
    ForwardedReads = 5,

    /// <summary>Backups that are read from a node at a time.</summary>
    Backups = 6,

    /// <summary>What the leader's disk has: no number of RaftMQ's.</summary>
    Disk = 7,

    /// <summary>What a node's folder may take of its disk: the leader's, or that of the node that was asked.</summary>
    DiskBudget = 8,

    /// <summary>What the leader may hold in memory.</summary>
    MemoryBudget = 9,

    /// <summary>The nodes that must have room: a majority. Which of their limits it is they do not tell.</summary>
    NodesWithRoom = 10,
}

/// <summary>The limit that a request was refused for.</summary>
/// <param name="Limit">Which.</param>
/// <param name="Value">Its value in its own unit; 0 if it has none.</param>
public readonly record struct LimitReached(NodeLimit Limit, long Value);
