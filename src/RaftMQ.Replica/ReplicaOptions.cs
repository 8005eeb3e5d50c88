using RaftMQ.Consensus;
using RaftMQ.Queues;

namespace RaftMQ.Replica;

/// <summary>How a cluster is born (design, storage rule 8).</summary>
public enum BirthPolicy
{
    /// <summary>The lowest id of the member list founds, and only while nobody met is born.</summary>
    Once,

    /// <summary>The assignment's rule: the lowest of an unborn majority founds anew, and a born minority gives its birth up.</summary>
    MajorityDecides,
}

/// <summary>What a replica is told once. Times are in milliseconds of the owner's monotonic clock.</summary>
public sealed record ReplicaOptions
{
    /// <summary>The seats that a birth starts from, this node's included; incarnations are left 0.</summary>
    public required IReadOnlyList<Member> Members { get; init; }

    /// <summary>
    /// Random, another for every start: where the election timeouts come from, and where the numbers of what it asks other servers begin, so that an answer to
    /// a former life of this server is not taken for one to this life.
    /// </summary>
    public required ulong Seed { get; init; }

    /// <summary>Random: the name of the cluster, should this node found one.</summary>
    public required ClusterId FreshCluster { get; init; }

    /// <summary>The limits that a birth starts from.</summary>
    public QueueLimits Limits { get; init; } = new();

    /// <summary>Windows and bounds of the core. Its server, seed and times are not looked at: they come from the identity and from here.</summary>
    public RaftOptions Raft { get; init; } = new() { Self = default, Seed = 0 };

    /// <summary>The cluster versions that this program understands; another than its own only in tests.</summary>
    public ClusterVersions Understands { get; init; } = ClusterVersions.OfThisProgram;

    /// <summary>How the cluster is born.</summary>
    public BirthPolicy Birth { get; init; } = BirthPolicy.Once;

    /// <summary>Whether requests are passed to the leader; if not they are refused with NotLeader.</summary>
    public bool Forward { get; init; } = true;

    /// <summary>The length of a tick. 1 to 1,000.</summary>
    public int TickMilliseconds { get; init; } = 10;

    /// <summary>The shortest that the election timeout may become, in ticks.</summary>
    public int ElectionTimeoutTicks { get; init; } = 20;

    /// <summary>The longest that it may become, in ticks.</summary>
    public int MaxElectionTimeoutTicks { get; init; } = 500;

    /// <summary>Ticks between heartbeats.</summary>
    public int HeartbeatTicks { get; init; } = 5;

    /// <summary>How long a founder that has met a majority gives the rest to appear.</summary>
    public int FoundingGraceMilliseconds { get; init; } = 1_000;

    /// <summary>How long a request waits for a leader.</summary>
    public int LeaderWaitMilliseconds { get; init; } = 5_000;

    /// <summary>How long a request waits for its outcome, from its arrival; at least the leader wait.</summary>
    public int RequestTimeoutMilliseconds { get; init; } = 10_000;

    /// <summary>The most entries applied in one turn, so that heartbeats go out during a long catch-up.</summary>
    public int MaxApplyPerTurn { get; init; } = 4_096;

    /// <summary>The payload bytes asked from disk at once while catching up.</summary>
    public int ApplyLoadBytes { get; init; } = 1024 * 1024;

    /// <summary>The bytes of bodies asked from disk at once, and so held for answers; the first one is loaded whatever its size.</summary>
    public int BodyLoadBytes { get; init; } = 4 * 1024 * 1024;

    /// <summary>How much is applied before the next snapshot is taken, in bytes of log; more if the last snapshot was larger than this, less if it was small (docs/decisions/0008).</summary>
    public long SnapshotLogBytes { get; init; } = 64 * 1024 * 1024;

    /// <summary>
    /// What this node may hold in memory (<see cref="QueueReplica.MemoryBytes"/>): beyond it a leader refuses what adds to the queue before it proposes it, and a follower tells its leader.
    /// Never looked at where an entry is applied.
    /// </summary>
    public long MemoryBudgetBytes { get; init; } = long.MaxValue;

    /// <summary>The most requests of other nodes that wait for a read on this leader.</summary>
    public int MaxForwardedReads { get; init; } = 16_384;
}
