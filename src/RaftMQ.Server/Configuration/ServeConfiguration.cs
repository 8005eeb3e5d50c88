using RaftMQ.Consensus;
using RaftMQ.Queues;
using RaftMQ.Server.Http;
using RaftMQ.Storage.Wal;

namespace RaftMQ.Server.Configuration;

/// <summary>
/// What <c>raftmq serve</c> is told: the configuration file with the environment's overrides. Every key is in <see cref="Settings"/>, and in
/// <c>docs/reference/configuration.md</c>.
/// </summary>
internal sealed record ServeConfiguration
{
    /// <summary>This node's number; one of <see cref="Members"/>. 0 means: not given.</summary>
    public long NodeId { get; init; }

    /// <summary>Where a cluster is asked for its members while the folder is empty; null if <see cref="Members"/> found one.</summary>
    public Uri? Join { get; init; }

    /// <summary>All nodes of the cluster, this one included; to join a cluster this one is enough.</summary>
    public IReadOnlyList<MemberAddresses> Members { get; init; } = [];

    /// <summary>The folder that this node alone keeps its log in.</summary>
    public string DataFolder { get; init; } = "";

    /// <summary>Where to listen for clients, if that is not the member's own client address.</summary>
    public HostPort? ClientListen { get; init; }

    /// <summary>Where to listen for peers, if that is not the member's own peer address.</summary>
    public HostPort? PeerListen { get; init; }

    /// <summary>Whether an address that other machines can reach may be listened on without encryption.</summary>
    public bool AllowInsecure { get; init; }

    /// <summary>The limits that the cluster's birth starts from.</summary>
    public QueueLimits Limits { get; init; } = new();

    /// <summary>What this node may hold.</summary>
    public Budgets Budgets { get; init; } = new();

    /// <summary>What clients may take of this node.</summary>
    public HttpOptions Http { get; init; } = new();

    /// <summary>How long things take.</summary>
    public Timeouts Timeouts { get; init; } = new();

    /// <summary>Sizes of the log.</summary>
    public WalOptions Wal { get; init; } = new();

    /// <summary>How much log lies between two snapshots, in bytes; the default is that of <see cref="Node.NodeOptions"/>.</summary>
    public long SnapshotLogBytes { get; init; } = 64L * 1024 * 1024;

    /// <summary>Whether a damaged folder is set aside, so that the other nodes bring this one up anew.</summary>
    public bool RepairsItself { get; init; } = true;

    /// <summary>How long nothing is read again when everything on the disk was, in seconds of an idle disk; the default is that of <see cref="Node.NodeOptions"/>.</summary>
    public int ScrubPauseSeconds { get; init; } = 3_600;

    /// <summary>This node's own line of <see cref="Members"/>.</summary>
    public MemberAddresses Self => Members.First(member => member.Id == NodeId);
}

/// <summary>A node of the cluster and where it is reached.</summary>
/// <param name="Id">The node's number, 1 or more.</param>
/// <param name="Client">Where clients reach it.</param>
/// <param name="Peer">Where the other nodes reach it.</param>
internal sealed record MemberAddresses(long Id, HostPort Client, HostPort Peer);

/// <summary>What this node holds at a time, its own affair; the defaults are those of <see cref="Node.NodeOptions"/>.</summary>
internal sealed record Budgets
{
    /// <summary>What the end of the log takes that is kept in memory, applied or not (<see cref="RaftOptions.TailBytes"/>).</summary>
    private const long LogTailBytes = 8L * 1024 * 1024;

    public int MaxRequests { get; init; } = 16_384;

    public long MaxRequestBytes { get; init; } = 64L * 1024 * 1024;

    public int MaxUncommittedEntries { get; init; } = 65_536;

    public long MaxUncommittedBytes { get; init; } = 64L * 1024 * 1024;

    /// <summary>0 for half of what this machine gives the process.</summary>
    public long MemoryBytes { get; init; }

    /// <summary>0 for all that the disk has.</summary>
    public long DiskBytes { get; init; }

    /// <summary>The least memory with which requests under way leave something for what waits.</summary>
    public long LeastMemoryBytes => MaxRequestBytes + MaxUncommittedBytes + LogTailBytes;

    /// <summary>The memory budget in force here: as configured, or half of what the machine, or the container, gives the process.</summary>
    public long MemoryBytesHere => MemoryBytes > 0 ? MemoryBytes : Math.Max(GC.GetGCMemoryInfo().TotalAvailableMemoryBytes / 2, LeastMemoryBytes);
}

/// <summary>Times in milliseconds; the defaults are those of <see cref="Node.NodeOptions"/>.</summary>
internal sealed record Timeouts
{
    public int TickMs { get; init; } = 10;

    public int ElectionMs { get; init; } = 200;

    /// <summary>Unless it is set, there is always room to adapt, or none at all where the shortest timeout is longer than that.</summary>
    public int MaxElectionMs
    {
        get => field > 0 ? field : Math.Max(5_000, ElectionMs);
        init;
    }

    public int HeartbeatMs { get; init; } = 50;

    public int LeaderWaitMs { get; init; } = 5_000;

    public int RequestMs { get; init; } = 10_000;
}
