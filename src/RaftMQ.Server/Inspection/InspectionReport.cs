using System.Globalization;
using System.Text.Json.Serialization;
using RaftMQ.Consensus;
using RaftMQ.Queues;
using RaftMQ.Server.Http;
using RaftMQ.Storage.Inspection;

namespace RaftMQ.Server.Inspection;

/// <summary>An inspection for programs (<c>docs/reference/inspect.md</c>). Numbers that may exceed 2^53 are strings of hexadecimal digits; times are milliseconds since 1970.</summary>
internal sealed record InspectionReport(
    string Folder,
    bool Sound,
    bool BeingEmptied,
    bool BeingReplaced,
    IdentityReport? Identity,
    LogReport Log,
    IReadOnlyList<SegmentReport> Segments,
    IReadOnlyList<SnapshotReport> Snapshots,
    IReadOnlyList<BodyFileReport> BodyFiles,
    IReadOnlyList<OtherFileReport> OtherFiles,
    IReadOnlyList<FindingReport> Findings)
{
    public static InspectionReport Of(string path, FolderInspection folder) => new(
        path,
        folder.IsSound,
        folder.IsBeingEmptied,
        folder.IsBeingReplaced,
        folder.Identity is { } identity
            ? new IdentityReport(identity.Cluster.IsBorn ? identity.Cluster.ToString() : null, identity.Server.Node.Value, Hex(identity.Server.Incarnation))
            : null,
        LogReport.Of(folder.Log),
        [.. folder.Segments.Select(SegmentReport.Of)],
        [.. folder.Snapshots.Select(SnapshotReport.Of)],
        [.. folder.BodyFiles.Select(BodyFileReport.Of)],
        [.. folder.OtherFiles.Select(file => new OtherFileReport(file.Name, file.Bytes, file.Use.ToString().ToLowerInvariant()))],
        [.. folder.Findings.Select(FindingReport.Of)]);

    internal static string Hex(ulong value) => value.ToString("x16", CultureInfo.InvariantCulture);
}

/// <summary>Whose folder it is; without a cluster while the node is unborn.</summary>
internal sealed record IdentityReport(string? Cluster, uint Node, string Incarnation);

/// <summary>The log, up to its end or to the first damage.</summary>
internal sealed record LogReport(
    bool Whole,
    ulong BeginsBehind,
    PositionReport? First,
    PositionReport? Last,
    long LastTime,
    ulong Term,
    VoteReport? Vote,
    IReadOnlyList<MemberReport>? Members,
    ulong? MembersSince,
    WrittenReport Written,
    long Truncations,
    ulong TruncatedEntries,
    bool MarkedAsSynced,
    long EntriesBehindDamage)
{
    public static LogReport Of(InspectedLog log) => new(
        log.IsWhole,
        log.BeginsBehind.Value,
        PositionReport.Of(log.First),
        PositionReport.Of(log.Last),
        log.LastTime.Milliseconds,
        log.HardState.CurrentTerm.Value,
        log.HardState.VotedFor is { } vote ? new VoteReport(vote.Node.Value, InspectionReport.Hex(vote.Incarnation)) : null,
        log.Membership is { } membership ? [.. membership.Members.Select(MemberReport.Of)] : null,
        log.Membership is null ? null : log.MembershipIndex.Value,
        new WrittenReport(log.Written.Births, log.Written.NoOps, log.Written.Commands, log.Written.Memberships, log.Written.PayloadBytes),
        log.Truncations,
        log.TruncatedEntries,
        log.EndsWithMark,
        log.EntriesBehindDamage);
}

/// <summary>An entry's place.</summary>
internal sealed record PositionReport(ulong Index, ulong Term)
{
    public static PositionReport? Of(LogPosition position) => position.Index == LogIndex.Zero ? null : new(position.Index.Value, position.Term.Value);
}

/// <summary>Who was voted for.</summary>
internal sealed record VoteReport(uint Node, string Incarnation);

/// <summary>Entries by kind, those included that were truncated later.</summary>
internal sealed record WrittenReport(long Births, long NoOps, long Commands, long Memberships, long PayloadBytes);

/// <summary>A segment; without an id if its header is damaged.</summary>
internal sealed record SegmentReport(string File, ulong Sequence, string? Id, long Records, long UsedBytes, long FileBytes, ulong? FirstIndex, ulong? LastIndex)
{
    public static SegmentReport Of(InspectedSegment segment) => new(
        segment.Name,
        segment.Sequence,
        segment.Id is { } id ? InspectionReport.Hex(id) : null,
        segment.Records,
        segment.UsedBytes,
        segment.FileBytes,
        segment.FirstIndex?.Value,
        segment.LastIndex?.Value);
}

/// <summary>A snapshot; without a last entry if it is damaged.</summary>
internal sealed record SnapshotReport(string File, long Bytes, PositionReport? Last, string? StateHash)
{
    public static SnapshotReport Of(InspectedSnapshot snapshot) => new(
        snapshot.Name, snapshot.Bytes, snapshot.Last is { } last ? PositionReport.Of(last) : null, snapshot.Last is null ? null : InspectionReport.Hex(snapshot.StateHash));
}

/// <summary>A file of bodies, for the entries of the log from <c>First</c> to <c>Last</c>: a <c>segment</c>, a <c>copy</c>, or null if its header is damaged; and within which other it lies.</summary>
internal sealed record BodyFileReport(string File, long Bytes, ulong First, ulong Last, string? Kind, long Entries, bool Sound, string? Within)
{
    public static BodyFileReport Of(InspectedBodyFile file) => new(
        file.Name,
        file.FileBytes,
        file.First.Value,
        file.Last.Value,
        file.Kind == BodyFileKind.Unreadable ? null : file.Kind.ToString().ToLowerInvariant(),
        file.Entries,
        file.IsSound,
        file.Within);
}

/// <summary>A file beside identity, log, snapshots and bodies: <c>spare</c>, <c>temporary</c> or <c>unknown</c>.</summary>
internal sealed record OtherFileReport(string File, long Bytes, string Use);

/// <summary>A place that is not as it was written: <c>damage</c>; a <c>torn-tail</c>, which is none; or <c>passed-over</c>, which a start does not need.</summary>
internal sealed record FindingReport(string Kind, string File, long Offset, string What)
{
    public static FindingReport Of(Finding finding) =>
        new(KindOf(finding.Kind), finding.File, finding.Offset, finding.What);

    private static string KindOf(FindingKind kind) => kind switch
    {
        FindingKind.Damage => "damage",
        FindingKind.PassedOver => "passed-over",
        _ => "torn-tail",
    };
}

/// <summary>One element of the list of entries: an entry, the beginning of what was truncated here, or a place that is not as it was written.</summary>
internal sealed record ListedReport
{
    public ulong? Index { get; init; }

    public ulong? Term { get; init; }

    public string? Kind { get; init; }

    public long? Time { get; init; }

    public int? PayloadBytes { get; init; }

    /// <summary>What a command asks for; left out for other entries and for a command that this program does not know.</summary>
    public CommandReport? Command { get; init; }

    public ulong? TruncatedFrom { get; init; }

    public FindingReport? Finding { get; init; }

    public static ListedReport Of(in LogEntry entry)
    {
        bool isKnown = QueueCommandCodec.TryReadHeader(entry.Payload.Span, out QueueCommandHeader header) && entry.Kind == EntryKind.Command;
        return new ListedReport
        {
            Index = entry.Index.Value,
            Term = entry.Term.Value,
            Kind = EntryText.KindOf(entry.Kind),
            Time = entry.Time.Milliseconds,
            PayloadBytes = entry.Payload.Length,
            Command = isKnown ? new CommandReport(EntryText.CommandOf(header.Kind), header.Topic, header.HasRequestKey) : null,
        };
    }
}

/// <summary>The first words of a command.</summary>
internal sealed record CommandReport(string Asks, string Topic, bool HasRequestKey);

/// <summary>Generated at build time: no reflection.</summary>
[JsonSerializable(typeof(InspectionReport))]
[JsonSerializable(typeof(ListedReport))]
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
internal sealed partial class InspectionJson : JsonSerializerContext;
