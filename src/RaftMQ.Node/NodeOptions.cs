using RaftMQ.Consensus;
using RaftMQ.Queues;
using RaftMQ.Replica;
using RaftMQ.Storage.Wal;

namespace RaftMQ.Node;

/// <summary>Everything a node is told by its configuration.</summary>
public sealed record NodeOptions
{
    /// <summary>This node's number.</summary>
    public required NodeId Node { get; init; }

    /// <summary>All members, this one included; incarnations are left 0.</summary>
    public required IReadOnlyList<Member> Members { get; init; }

    /// <summary>The only cluster that this node comes into while its folder is empty, and it founds none; none for whichever its members found.</summary>
    public ClusterId Joins { get; init; }

    /// <summary>The limits that a birth starts from.</summary>
    public QueueLimits Limits { get; init; } = new();

    /// <summary>Sizes of the log.</summary>
    public WalOptions Wal { get; init; } = new();

    /// <summary>How much is applied before the next snapshot is taken, in bytes of log; more if the last snapshot was larger. Default 64 MiB.</summary>
    public long SnapshotLogBytes { get; init; } = 64L * 1024 * 1024;

    /// <summary>Whether a damaged folder is set aside, so that the others bring this node up anew; if not, a damaged node ends. Default true.</summary>
    public bool RepairsItself { get; init; } = true;

    /// <summary>How long nothing is read again when everything on the disk was, in seconds without other work for the disk. Default 3,600.</summary>
    public int ScrubPauseSeconds { get; init; } = 3_600;

    /// <summary>The cluster versions that this program understands; another than its own only in tests.</summary>
    public ClusterVersions Understands { get; init; } = ClusterVersions.OfThisProgram;

    /// <summary>How the cluster is born.</summary>
    public BirthPolicy Birth { get; init; } = BirthPolicy.Once;

    /// <summary>Whether requests are passed to the leader; if not they are refused with <c>NotLeader</c>.</summary>
    public bool Forward { get; init; } = true;

    /// <summary>Milliseconds between ticks. Default 10; 1 to 1,000.</summary>
    public int TickMilliseconds { get; init; } = 10;

    /// <summary>The shortest that the election timeout may become, in milliseconds. Default 200; at least 4 heartbeats.</summary>
    public int ElectionTimeoutMilliseconds { get; init; } = 200;

    /// <summary>The longest that it may become, in milliseconds. Default 5,000; at least the shortest.</summary>
    public int MaxElectionTimeoutMilliseconds { get; init; } = 5_000;

    /// <summary>Milliseconds between heartbeats. Default 50.</summary>
    public int HeartbeatMilliseconds { get; init; } = 50;

    /// <summary>How long a request waits for a leader, in milliseconds. Default 5,000.</summary>
    public int LeaderWaitMilliseconds { get; init; } = 5_000;

    /// <summary>How long a request waits for its outcome, in milliseconds, from its arrival. Default 10,000; at least the leader wait.</summary>
    public int RequestTimeoutMilliseconds { get; init; } = 10_000;

    /// <summary>The most requests under way on this node. Default 16,384.</summary>
    public int MaxRequests { get; init; } = 16_384;

    /// <summary>The most bytes of commands under way on this node. Default 64 MiB.</summary>
    public long MaxRequestBytes { get; init; } = 64L * 1024 * 1024;

    /// <summary>The most entries that this node holds uncommitted as a leader. Default 65,536.</summary>
    public int MaxUncommittedEntries { get; init; } = 65_536;

    /// <summary>The most bytes in them. Default 64 MiB.</summary>
    public long MaxUncommittedBytes { get; init; } = 64L * 1024 * 1024;

    /// <summary>What the node may hold in memory (<see cref="QueueReplica.MemoryBytes"/>) before it takes no more publishes; null for as much as it gets.</summary>
    public long? MemoryBudgetBytes { get; init; }

    /// <summary>What the data folder may take of its disk; null for all of it.</summary>
    public long? DiskBudgetBytes { get; init; }

    /// <summary>What a folder that holds more than its budget may take beyond it beside a snapshot: the spares, and a segment for what frees them.</summary>
    internal long DiskReserveBytes => (Wal.SpareSegments + 1L) * Wal.SegmentBytes;
}
