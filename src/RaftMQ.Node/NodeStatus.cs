using RaftMQ.Consensus;
using RaftMQ.Queues;
using RaftMQ.Storage.Identity;

namespace RaftMQ.Node;

/// <summary>How far a node has come in its life.</summary>
public enum NodePhase
{
    /// <summary>It reads its disk.</summary>
    Recovering,

    /// <summary>Its folder is empty, and it waits for a cluster to be founded or to reach it.</summary>
    Unborn,

    /// <summary>It belongs to a cluster that does not count it yet.</summary>
    AwaitingAdmission,

    /// <summary>It is a voter.</summary>
    Member,

    /// <summary>It was a member and has been removed: it serves nobody.</summary>
    Removed,

    /// <summary>It is stopping.</summary>
    Stopping,

    /// <summary>It has stopped; <see cref="RaftNode.Completion"/> says why.</summary>
    Stopped,
}

/// <summary>Another member as its leader sees it.</summary>
/// <param name="Node">Which.</param>
/// <param name="MatchIndex">The highest index known durable there.</param>
/// <param name="SnapshotBytes">While it is sent a snapshot: how many bytes of it, with the bodies, it has on disk; null otherwise.</param>
/// <param name="SilentMs">For how many milliseconds it has not answered, in steps of 100, counted from when the leader began to lead at the most; null if it has within an election timeout.</param>
/// <param name="AcceptsPublishes">Whether it has room for publishes, as it said last; true until it has said anything.</param>
public readonly record struct FollowerProgress(NodeId Node, LogIndex MatchIndex, long? SnapshotBytes, long? SilentMs, bool AcceptsPublishes);

/// <summary>A node as seen from outside at one moment. Reading it never waits for the replica or the disk.</summary>
public sealed record NodeStatus
{
    /// <summary>How far it has come.</summary>
    public NodePhase Phase { get; init; }

    /// <summary>Its part in the protocol; Follower until it takes part.</summary>
    public Role Role { get; init; }

    /// <summary>The latest term it has seen.</summary>
    public Term Term { get; init; }

    /// <summary>The leader it knows, if any.</summary>
    public NodeId? Leader { get; init; }

    /// <summary>Cluster, node and incarnation.</summary>
    public ServerIdentity Identity { get; init; }

    /// <summary>The end of its log.</summary>
    public LogPosition LastLog { get; init; }

    /// <summary>The highest index it knows to be committed.</summary>
    public LogIndex CommitIndex { get; init; }

    /// <summary>The highest index applied.</summary>
    public LogIndex AppliedIndex { get; init; }

    /// <summary>
    /// Whether it is a member that has what the others have, so that one of them may be stopped (<see cref="Replica.QueueReplica.IsCaughtUp"/>); false from the start of the process until that is so,
    /// whenever it has no leader or falls behind, and while it stops.
    /// </summary>
    public bool IsCaughtUp { get; init; }

    /// <summary>The state hash at <see cref="AppliedIndex"/>.</summary>
    public ulong StateHash { get; init; }

    /// <summary>Messages waiting in all topics.</summary>
    public long MessageCount { get; init; }

    /// <summary>The configuration in force, once born.</summary>
    public Membership? Membership { get; init; }

    /// <summary>Whether that is known to be committed: until then another leader may go back to the one before.</summary>
    public bool IsMembershipCommitted { get; init; }

    /// <summary>The version of the cluster at <see cref="AppliedIndex"/>; 0 before the birth is applied.</summary>
    public int ClusterVersion { get; init; }

    /// <summary>The cluster versions that this program understands.</summary>
    public ClusterVersions Understands { get; init; } = ClusterVersions.OfThisProgram;

    /// <summary>What each node to which there is a link said that its program understands.</summary>
    public IReadOnlyDictionary<NodeId, ClusterVersions> UnderstoodByLinked { get; init; } = new Dictionary<NodeId, ClusterVersions>();

    /// <summary>The shortest election timeout at the moment, in milliseconds.</summary>
    public int ElectionTimeoutMs { get; init; }

    /// <summary>Whether this node's disk has room for publishes.</summary>
    public bool AcceptsPublishes { get; init; } = true;

    /// <summary>The limits that the cluster has agreed on; null before the birth is applied.</summary>
    public QueueLimits? Limits { get; init; }

    /// <summary>How often batches of entries were made durable in this life of the process: with entries per second, the group commit at work.</summary>
    public long LogSyncs { get; init; }

    /// <summary>How much of its limits is in use.</summary>
    public NodeGauges Gauges { get; init; }

    /// <summary>While leading: how far the other members are, learners among them.</summary>
    public IReadOnlyList<FollowerProgress> Followers { get; init; } = [];

    /// <summary>Members that an unborn node has not met yet.</summary>
    public IReadOnlyList<NodeId> WaitingFor { get; init; } = [];
}
