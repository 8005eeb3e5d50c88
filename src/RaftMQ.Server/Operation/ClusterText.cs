using System.Globalization;
using System.Text;
using RaftMQ.Server.Http;

namespace RaftMQ.Server.Operation;

/// <summary>The members of a cluster in words.</summary>
internal static class ClusterText
{
    /// <summary>A table of the members, one a line.</summary>
    public static string Table(ClusterReport report)
    {
        var text = new StringBuilder();
        text.Append(CultureInfo.InvariantCulture, $"cluster {report.Cluster ?? "not founded yet"}{(report.Version is { } version ? $", version {version}" : "")}, term {report.Term}, ");
        text.AppendLine(report.Leader is { } leader ? $"node {leader} leads" : "no leader");
        text.AppendLine("node  part      clients                peers");
        foreach (ClusterMember member in report.Members)
        {
            string part = member.Node == report.Leader ? "leader" : member.Suffrage;
            text.Append(CultureInfo.InvariantCulture, $"{member.Node,-5} {part,-9} {member.Client,-22} {member.Peer}");
            text.AppendLine(NoteOn(member, report));
        }

        text.AppendLine(HeldBack(report));
        return text.ToString().TrimEnd();
    }

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
        { Suffrage: ClusterMember.Learner, Seated: false } member =>
            $"node {node} is not there yet, or has only begun to receive the log: {howToStart}, so that peers reach it at {member.Peer}",
        { Suffrage: ClusterMember.Learner } member => $"node {node} receives the log{Share(member, report)}",
        _ when report.Joint => $"node {node} becomes a voter",
        _ => null,
    };

    /// <summary>What keeps a node from having left, or null if it has.</summary>
    public static string? Departure(ClusterReport report, uint node) =>
        report.Members.Any(member => member.Node == node) ? $"node {node} is leaving" : report.Joint ? "the change is being finished" : null;

    private static string NoteOn(ClusterMember member, ClusterReport report)
    {
        string seat = member.Seated ? Lag(member, report) : "  not there yet";
        string replaces = member.Replaces is { } other ? $"  replaces node {other}" : "";
        return member.Suffrage == ClusterMember.Learner && member.Seated ? $"  receives the log{Share(member, report)}{replaces}" : seat + replaces;
    }

    /// <summary>How far a voter is behind what is committed: one that has just started, or is down, or a moment behind under load.</summary>
    private static string Lag(ClusterMember member, ClusterReport report) =>
        member.MatchIndex < report.CommitIndex ? string.Create(CultureInfo.InvariantCulture, $"  {report.CommitIndex - member.MatchIndex:N0} entries behind") : "";

    private static string Share(ClusterMember member, ClusterReport report) =>
        member.MatchIndex is { } match ? string.Create(CultureInfo.InvariantCulture, $": {match:N0} of {report.CommitIndex:N0} entries") : "";
}
