using System.Text.Json;
using System.Text.Json.Serialization;
using RaftMQ.Consensus;
using RaftMQ.Node;

namespace RaftMQ.Server.Http;

/// <summary>The answer to <c>GET /v1/cluster</c>: the configuration as one node knows it. Only the leader knows how far learners are.</summary>
internal sealed record ClusterReport
{
    /// <summary>32 hexadecimal digits, or null while the node is unborn.</summary>
    public required string? Cluster { get; init; }

    /// <summary>Whose report this is.</summary>
    public required uint Node { get; init; }

    public required uint? Leader { get; init; }

    public required ulong Term { get; init; }

    public required ulong CommitIndex { get; init; }

    /// <summary>For how long, at least, this node waits for a leader before it looks for another; it follows the network.</summary>
    public required int ElectionTimeoutMs { get; init; }

    /// <summary>Whether voters come or go at the moment, so that both the old and the new ones decide.</summary>
    public required bool Joint { get; init; }

    public required IReadOnlyList<ClusterMember> Members { get; init; }

    /// <summary>The report as JSON.</summary>
    public static byte[] Describe(NodeStatus status) => JsonSerializer.SerializeToUtf8Bytes(Of(status), ClusterReportJson.Default.ClusterReport);

    /// <summary>A report as JSON, for people.</summary>
    public static string Json(ClusterReport report) => JsonSerializer.Serialize(report, ClusterReportJson.Default.ClusterReport);

    private static ClusterReport Of(NodeStatus status) => new()
    {
        Cluster = status.Identity.Cluster.IsBorn ? status.Identity.Cluster.ToString() : null,
        Node = status.Identity.Server.Node.Value,
        Leader = status.Leader?.Value,
        Term = status.Term.Value,
        CommitIndex = status.CommitIndex.Value,
        ElectionTimeoutMs = status.ElectionTimeoutMs,
        Joint = status.Membership?.IsJoint == true,
        Members = [.. (status.Membership?.Members ?? []).Select(member => ClusterMember.Of(member, status.Learners))],
    };
}

/// <summary>A member in that report.</summary>
/// <param name="Node">Its number.</param>
/// <param name="Client">Where clients reach it.</param>
/// <param name="Peer">Where its peers do.</param>
/// <param name="Suffrage">voter, learner, incoming or outgoing.</param>
/// <param name="Seated">Whether its incarnation is known and counts: false until a new node, or one that lost its disk, was there and has caught up.</param>
/// <param name="Replaces">The voter that leaves when this learner becomes one; null for none.</param>
/// <param name="MatchIndex">For a learner, on the leader: how much of the log it has.</param>
internal sealed record ClusterMember(uint Node, string Client, string Peer, string Suffrage, bool Seated, uint? Replaces, ulong? MatchIndex)
{
    public const string Learner = "learner";
    public const string Incoming = "incoming";

    public static ClusterMember Of(Member member, IReadOnlyList<LearnerProgress> learners)
    {
        LearnerProgress? progress = learners.FirstOrDefault(learner => learner.Node == member.Node);
        return new ClusterMember(
            member.Node.Value, member.ClientAddress, member.PeerAddress, NameOf(member.Suffrage), member.Incarnation != 0,
            member.Replaces.Value == 0 ? null : member.Replaces.Value, progress?.MatchIndex.Value);
    }

    /// <summary>What a seat's vote counts, in a word.</summary>
    public static string NameOf(Suffrage suffrage) => suffrage switch
    {
        Consensus.Suffrage.Learner => Learner,
        Consensus.Suffrage.Incoming => Incoming,
        Consensus.Suffrage.Outgoing => "outgoing",
        _ => "voter",
    };
}

/// <summary>Generated at build time: no reflection while answering.</summary>
[JsonSerializable(typeof(ClusterReport))]
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, RespectNullableAnnotations = true)]
internal sealed partial class ClusterReportJson : JsonSerializerContext;
