using System.Globalization;
using System.Text;
using RaftMQ.Server.Http;

namespace RaftMQ.Server.Operation;

/// <summary>The members of a cluster in words.</summary>
internal static class ClusterText
{
    public const string Done = "done";

    private const long BytesPerMebibyte = 1024 * 1024;

    /// <summary>A table of the members, one a line.</summary>
    /// <param name="report">The members.</param>
    /// <param name="unreached">Why the leader that it names could not be asked; null if it was, or it names none.</param>
    public static string Table(ClusterReport report, string? unreached = null)
    {
        var text = new StringBuilder();
        text.Append(CultureInfo.InvariantCulture, $"cluster {report.Cluster ?? "not founded yet"}{(report.Version is { } version ? $", version {version}" : "")}, term {report.Term}, ");
        text.AppendLine(report.Leader is { } leader ? $"node {leader} leads" : "no leader");
        if (report.Leader != report.Node)
        {
            text.AppendLine($"as node {report.Node} knows it, which does not lead{(unreached is null ? "" : $": {unreached}")}");
        }

        if (report.Cluster is null)
        {
            string? others = report.WaitingFor is { Count: > 0 } awaited ? Nodes(awaited) : null;
            text.Append(others is null ? "" : $"it is founded when a majority is there; node {report.Node} has no link yet with {others}: start what does not run");
            return text.ToString().TrimEnd();
        }

        text.AppendLine("node  part      clients                peers");
        foreach (ClusterMember member in report.Members)
        {
            string part = member.Node == report.Leader ? "leader" : member.Suffrage;
            text.Append(CultureInfo.InvariantCulture, $"{member.Node,-5} {part,-9} {member.Client,-22} {member.Peer}");
            text.AppendLine(NoteOn(member, report));
        }

        if (Missing(report) is { } missing)
        {
            text.AppendLine(missing);
        }

        text.AppendLine(HeldBack(report));
        return text.ToString().TrimEnd();
    }

    /// <summary>
    /// Whom it takes to elect a leader, where the node that reports has a link with too few of the voters; null if there is a leader, or that is not what keeps them from one, or there is no
    /// cluster yet.
    /// </summary>
    public static string? Missing(ClusterReport report)
    {
        foreach (string others in report.Leader is null ? [ClusterMember.Incoming, ClusterMember.Outgoing] : Array.Empty<string>())
        {
            // While voters come and go the old ones and the new ones decide together.
            ClusterMember[] voters = [.. report.Members.Where(member => member.Suffrage != ClusterMember.Learner && member.Suffrage != others)];
            uint[] missing = [.. voters.Where(member => !IsLinked(member, report)).Select(member => member.Node)];
            int needed = (voters.Length / 2) + 1;
            if (missing.Length > 0 && voters.Length - missing.Length < needed)
            {
                return $"node {report.Node} has no link with {Nodes(missing)}, and {needed} of {voters.Length} voters are needed to elect a leader: start what does not run; "
                    + "if too many folders are lost for good: raftmq recover (docs/guides/recover-from-losing-a-majority.md)";
            }
        }

        return null;
    }

    /// <summary>What is said of a cluster, and who is missing where that keeps it from a leader.</summary>
    public static string WithMissing(string said, ClusterReport report) => Missing(report) is { } missing ? $"{said}; {missing}" : said;

    private static string Nodes(IReadOnlyList<uint> nodes) => nodes.Count == 1 ? $"node {nodes[0]}" : $"nodes {string.Join(", ", nodes.SkipLast(1))} and {nodes[^1]}";

    /// <summary>Which members keep the cluster from a version that others understand already; empty if none do.</summary>
    private static string HeldBack(ClusterReport report)
    {
        int newest = report.Members.Max(member => member.NewestVersion) ?? 0;
        string[] waitsFor = [.. report.Members.Where(member => member.NewestVersion is not { } own || own < newest)
            .Select(member => $"node {member.Node}, {(member.NewestVersion is { } own ? $"whose program understands {own}" : $"which has no link with node {report.Node}")}")];
        return report.Version is null || newest <= report.Version ? ""
            : waitsFor.Length == 0 ? $"version {newest} is about to come: every member understands it"
            : $"version {newest} waits for {string.Join("; for ", waitsFor)}";
    }

    /// <summary>Who the members are, in one line.</summary>
    public static string Members(ClusterReport report) => $"members: {string.Join(", ", report.Members.Select(member => member.Node))}; "
        + (report.LeadingMember is { } leader ? $"node {leader.Node} leads" : "no leader at the moment");

    /// <summary>What a newcomer still lacks, or null if it is a voter and all is settled.</summary>
    /// <param name="report">The members.</param>
    /// <param name="node">Whose arrival is waited for.</param>
    /// <param name="howToStart">How it is started, while it is not there.</param>
    public static string? Arrival(ClusterReport report, uint node, string howToStart) => report.Members.FirstOrDefault(member => member.Node == node) switch
    {
        null => $"node {node} is not a member yet",
        { Suffrage: ClusterMember.Learner } member when !IsLinked(member, report) => WasThere(member)
            ? $"node {node} has no link with node {report.Node} any more: see that it runs, and that peers reach it at {member.Peer}"
            : $"node {node} is not there yet: {howToStart}, so that peers reach it at {member.Peer}; "
                + $"if it runs, or another cluster's node is there, the log of node {report.Node} says why it has no link",
        { Suffrage: ClusterMember.Learner, SilentMs: { } silentMs } => $"node {node} {Silence(silentMs)}: see that it runs",
        { Suffrage: ClusterMember.Learner } member => $"node {node} {Reception(member, report)}{Fullness(member, "; ")}",
        _ when !IsSettled(report) => $"node {node} becomes a voter",
        _ => null,
    };

    /// <summary>What keeps a node from having left, or null if it has.</summary>
    public static string? Departure(ClusterReport report, uint node) =>
        Has(report, node) ? $"node {node} is leaving" : IsSettled(report) ? null : "the change is being finished";

    /// <summary>What is said at the end of a removal: there may have been nothing to remove, by a slip of the hand or since it is asked for again.</summary>
    /// <param name="before">The members before it was asked for.</param>
    /// <param name="leaves">Who leaves.</param>
    public static string Removed(ClusterReport before, uint leaves) => Has(before, leaves) ? Done : $"node {leaves} is no member";

    /// <summary>What is said at the end of a replacement, in the same way.</summary>
    public static string Replaced(ClusterReport before, uint leaves, uint comes) =>
        Has(before, leaves) || !Has(before, comes) ? Done : $"node {leaves} is no member, and node {comes} is one already";

    /// <summary>Whether the members are what they will be whoever leads next: who was replaced may be needed until then.</summary>
    private static bool IsSettled(ClusterReport report) => !report.Joint && report.Committed is not false;

    private static bool Has(ClusterReport report, uint node) => report.Members.Any(member => member.Node == node);

    private static string NoteOn(ClusterMember member, ClusterReport report)
    {
        bool isBroughtUp = !member.Seated || member.Suffrage == ClusterMember.Learner || member.SnapshotBytes is not null;
        string note = !IsLinked(member, report) ? WasThere(member) ? $"  no link with node {report.Node}{Lag(member, report, ",")}" : "  not there yet"
            : member.SilentMs is { } silentMs ? $"  {Silence(silentMs)}{Lag(member, report, ",")}"
            : (isBroughtUp ? $"  {Reception(member, report)}" : Lag(member, report, " ")) + Fullness(member, "  ");
        return note + (member.Replaces is { } other ? $"  replaces node {other}" : "");
    }

    /// <summary>Whether the node that reports has a link with a member: what the two understand is said on it.</summary>
    private static bool IsLinked(ClusterMember member, ClusterReport report) => member.Node == report.Node || member.NewestVersion is not null;

    /// <summary>Of a member that has a link and no answer for its leader.</summary>
    private static string Silence(long silentMs) => string.Create(CultureInfo.InvariantCulture, $"has not answered for {silentMs / 1_000.0:0.0} s");

    /// <summary>A member whose disk is full takes no snapshot either, and does not say so on the way; it does not say which of both is full.</summary>
    private static string Fullness(ClusterMember member, string before) => member.AcceptsPublishes == false ? $"{before}its disk or its memory budget is full: it takes no publishes" : "";

    private static bool WasThere(ClusterMember member) => member.Seated || member.MatchIndex is not null;

    /// <summary>How far a voter is behind what is committed: one that has just started, or is down, or a moment behind under load.</summary>
    private static string Lag(ClusterMember member, ClusterReport report, string before) => (report.CommitIndex - Math.Min(member.MatchIndex ?? ulong.MaxValue, report.CommitIndex)) switch
    {
        0 => "",
        1 => before + " 1 entry behind",
        var entries => string.Create(CultureInfo.InvariantCulture, $"{before} {entries:N0} entries behind"),
    };

    /// <summary>What a member that is brought up is sent, and how much of it is there. How long a snapshot is only its end says.</summary>
    private static string Reception(ClusterMember member, ClusterReport report) => member switch
    {
        { SnapshotBytes: { } bytes } => string.Create(CultureInfo.InvariantCulture, $"receives a snapshot: {bytes / BytesPerMebibyte:N0} MiB so far"),
        _ when report.Node != report.Leader => "receives the log",
        _ => string.Create(CultureInfo.InvariantCulture, $"receives the log: {member.MatchIndex ?? 0:N0} of {report.CommitIndex:N0} entries"),
    };
}
