using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;
using RaftMQ.Consensus;
using RaftMQ.Node;

namespace RaftMQ.Server.Http;

/// <summary>The answer to <c>GET /v1/node</c>: one node as it sees itself, for people and tests. Numbers that exceed 2^53 are strings.</summary>
internal sealed record NodeReport
{
    public required uint Node { get; init; }

    public required int Pid { get; init; }

    public required string Version { get; init; }

    /// <summary>32 hexadecimal digits, or null while the node is unborn.</summary>
    public required string? Cluster { get; init; }

    /// <summary>The version of the cluster at <see cref="AppliedIndex"/>; null before the birth is applied.</summary>
    public required int? ClusterVersion { get; init; }

    /// <summary>The newest cluster version that this program understands.</summary>
    public required int NewestClusterVersion { get; init; }

    /// <summary>16 hexadecimal digits.</summary>
    public required string Incarnation { get; init; }

    public required string Phase { get; init; }

    /// <summary>Whether it has what the others have, so that one of them may be stopped.</summary>
    public required bool CaughtUp { get; init; }

    public required string Role { get; init; }

    public required ulong Term { get; init; }

    public required uint? Leader { get; init; }

    public required ulong LastLogIndex { get; init; }

    public required ulong LastLogTerm { get; init; }

    public required ulong CommitIndex { get; init; }

    public required ulong AppliedIndex { get; init; }

    /// <summary>16 hexadecimal digits: equal on all nodes at an equal applied index.</summary>
    public required string StateHash { get; init; }

    public required long Messages { get; init; }

    public required bool AcceptsPublishes { get; init; }

    /// <summary>What the disk, or the folder's budget of it, still has room for.</summary>
    public required long RoomBytes { get; init; }

    /// <summary>How often entries were made durable since the process started.</summary>
    public required long LogSyncs { get; init; }

    /// <summary>The limits and how much of each is in use.</summary>
    public required IReadOnlyList<LimitReport> Limits { get; init; }

    /// <summary>Members that an unborn node has not met yet.</summary>
    public required IReadOnlyList<uint> WaitingFor { get; init; }

    public required IReadOnlyList<MemberReport> Members { get; init; }

    /// <summary>The report as JSON.</summary>
    public static byte[] Describe(NodeId self, NodeStatus status, string version, IReadOnlyList<LimitReport> limits) =>
        JsonSerializer.SerializeToUtf8Bytes(Of(self, status, version, limits), NodeReportJson.Default.NodeReport);

    private static NodeReport Of(NodeId self, NodeStatus status, string version, IReadOnlyList<LimitReport> limits) => new()
    {
        Node = self.Value,
        Pid = Environment.ProcessId,
        Version = version,
        Cluster = status.Identity.Cluster.IsBorn ? status.Identity.Cluster.ToString() : null,
        ClusterVersion = status.ClusterVersion == 0 ? null : status.ClusterVersion,
        NewestClusterVersion = status.Understands.Newest,
        Incarnation = Hex(status.Identity.Server.Incarnation),
        Phase = status.Phase.ToString(),
        CaughtUp = status.IsCaughtUp,
        Role = status.Role.ToString(),
        Term = status.Term.Value,
        Leader = status.Leader?.Value,
        LastLogIndex = status.LastLog.Index.Value,
        LastLogTerm = status.LastLog.Term.Value,
        CommitIndex = status.CommitIndex.Value,
        AppliedIndex = status.AppliedIndex.Value,
        StateHash = Hex(status.StateHash),
        Messages = status.MessageCount,
        AcceptsPublishes = status.AcceptsPublishes,
        RoomBytes = status.Gauges.RoomBytes,
        LogSyncs = status.LogSyncs,
        Limits = limits,
        WaitingFor = [.. status.WaitingFor.Select(node => node.Value)],
        Members = [.. (status.Membership?.Members ?? []).Select(MemberReport.Of)],
    };

    internal static string Hex(ulong value) => value.ToString("x16", CultureInfo.InvariantCulture);
}

/// <summary>A seat of the configuration.</summary>
internal sealed record MemberReport(uint Node, string Suffrage, string Incarnation, string Client, string Peer)
{
    public static MemberReport Of(Member member) =>
        new(member.Node.Value, ClusterMember.NameOf(member.Suffrage), NodeReport.Hex(member.Incarnation), member.ClientAddress, member.PeerAddress);
}

/// <summary>Generated at build time: no reflection while starting or answering.</summary>
[JsonSerializable(typeof(NodeReport))]
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
internal sealed partial class NodeReportJson : JsonSerializerContext;
