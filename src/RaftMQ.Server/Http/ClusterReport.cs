using System.Text.Json;
using System.Text.Json.Serialization;
using RaftMQ.Consensus;
using RaftMQ.Node;

namespace RaftMQ.Server.Http;

/// <summary>The answer to <c>GET /v1/cluster</c>: the configuration as one node knows it. Only the leader knows how far the others are.</summary>
internal sealed record ClusterReport
{
    /// <summary>32 hexadecimal digits, or null while the node is unborn.</summary>
    public required string? Cluster { get; init; }

    /// <summary>Whose report this is.</summary>
    public required uint Node { get; init; }

    /// <summary>The version of the cluster, as far as this node has applied its log; null before the birth is.</summary>
    public required int? Version { get; init; }

    public required uint? Leader { get; init; }

    public required ulong Term { get; init; }

    public required ulong CommitIndex { get; init; }

    /// <summary>For how long, at least, this node waits for a leader before it looks for another; it follows the network.</summary>
    public required int ElectionTimeoutMs { get; init; }

    /// <summary>Whether voters come or go at the moment, so that both the old and the new ones decide.</summary>
    public required bool Joint { get; init; }

    /// <summary>Whether these members are known to be committed: until then another leader may go back to those before. Null before the birth.</summary>
    public bool? Committed { get; init; }

    public required IReadOnlyList<ClusterMember> Members { get; init; }

    /// <summary>Before the birth: those that the node was told of and has no link with; null afterwards.</summary>
    public IReadOnlyList<uint>? WaitingFor { get; init; }

    /// <summary>The member that leads; null while none does, or a node that is none any more still leads to its end.</summary>
    [JsonIgnore]
    public ClusterMember? LeadingMember => Members.FirstOrDefault(member => member.Node == Leader);

    /// <summary>The report as JSON.</summary>
    public static byte[] Describe(NodeStatus status) => JsonSerializer.SerializeToUtf8Bytes(Of(status), ClusterReportJson.Default.ClusterReport);

    /// <summary>A report as JSON, for people.</summary>
    public static string Json(ClusterReport report) => JsonSerializer.Serialize(report, ClusterReportJson.Default.ClusterReport);

    private static ClusterReport Of(NodeStatus status) => new()
    {
        Cluster = status.Identity.Cluster.IsBorn ? status.Identity.Cluster.ToString() : null,
        Node = status.Identity.Server.Node.Value,
        Version = status.ClusterVersion == 0 ? null : status.ClusterVersion,
        Leader = status.Leader?.Value,
        Term = status.Term.Value,
        CommitIndex = status.CommitIndex.Value,
        ElectionTimeoutMs = status.ElectionTimeoutMs,
        Joint = status.Membership?.IsJoint == true,
        Committed = status.Membership is null ? null : status.IsMembershipCommitted,
        Members = [.. (status.Membership?.Members ?? []).Select(member => ClusterMember.Of(member, status))],
        WaitingFor = status.Identity.Cluster.IsBorn ? null : [.. status.WaitingFor.Select(node => node.Value)],
    };
}

/// <summary>A member in that report.</summary>
/// <param name="Node">Its number.</param>
/// <param name="Client">Where clients reach it.</param>
/// <param name="Peer">Where its peers do.</param>
/// <param name="Suffrage">voter, learner, incoming or outgoing.</param>
/// <param name="Seated">Whether its incarnation is known and counts: false until a new node, or one that lost its disk, was there and has caught up.</param>
/// <param name="Replaces">The voter that leaves when this learner becomes one; null for none.</param>
/// <param name="MatchIndex">On the leader, of another member that has answered it: how much of the log it has; null otherwise.</param>
/// <param name="NewestVersion">The newest cluster version that its program understands, as it said on its link with the node that reports; null without a link.</param>
/// <param name="SnapshotBytes">On the leader, of another member that it sends a snapshot: how many bytes of it that has on disk; null otherwise.</param>
/// <param name="SilentMs">On the leader, of another member: for how many milliseconds it has not answered; null if it has within an election timeout.</param>
/// <param name="AcceptsPublishes">On the leader, of another member: whether it has room for publishes, as it said last; null otherwise.</param>
internal sealed record ClusterMember(
    uint Node, string Client, string Peer, string Suffrage, bool Seated, uint? Replaces, ulong? MatchIndex, int? NewestVersion, long? SnapshotBytes, long? SilentMs, bool? AcceptsPublishes)
{
    public const string Learner = "learner";
    public const string Incoming = "incoming";
    public const string Outgoing = "outgoing";

    public static ClusterMember Of(Member member, NodeStatus status)
    {
        FollowerProgress progress = status.Followers.FirstOrDefault(follower => follower.Node == member.Node);
        return new ClusterMember(
            member.Node.Value, member.ClientAddress, member.PeerAddress, NameOf(member.Suffrage), member.Incarnation != 0,
            member.Replaces.Value == 0 ? null : member.Replaces.Value, progress.MatchIndex is { Value: > 0 } match ? match.Value : null, NewestOf(member.Node, status),
            progress.SnapshotBytes, progress.SilentMs, progress.Node == member.Node ? progress.AcceptsPublishes : null);
    }

    /// <summary>What a seat's vote counts, in a word.</summary>
    public static string NameOf(Suffrage suffrage) => suffrage switch
    {
        Consensus.Suffrage.Learner => Learner,
        Consensus.Suffrage.Incoming => Incoming,
        Consensus.Suffrage.Outgoing => Outgoing,
        _ => "voter",
    };

    private static int? NewestOf(NodeId node, NodeStatus status) => node == status.Identity.Server.Node ? status.Understands.Newest
        : status.UnderstoodByLinked.TryGetValue(node, out ClusterVersions said) ? said.Newest
        : null;
}

/// <summary>Generated at build time: no reflection while answering.</summary>
[JsonSerializable(typeof(ClusterReport))]
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, RespectNullableAnnotations = true)]
internal sealed partial class ClusterReportJson : JsonSerializerContext;
