using System.Globalization;
using RaftMQ.Consensus;
using RaftMQ.Server.Http;
using RaftMQ.Storage.Inspection;

namespace RaftMQ.Server.Inspection;

/// <summary>An inspection as a short report for people.</summary>
internal sealed class InspectionText(TextWriter output)
{
    /// <summary>Writes the report.</summary>
    /// <param name="path">The folder.</param>
    /// <param name="folder">What it holds.</param>
    public void Write(string path, FolderInspection folder)
    {
        output.WriteLine(path);
        if (folder.IsBeingEmptied)
        {
            output.WriteLine("  The folder was being emptied; the next start goes on with that, and begins anew.");
        }
        else if (folder.IsBeingReplaced)
        {
            output.WriteLine("  A snapshot from another node was taking the place of log and state; the next start goes on with that.");
        }
        else if (folder.IsBeingSetAside)
        {
            output.WriteLine("  The damaged folder was being set aside; the next start goes on with that, and the node comes back as a new incarnation.");
        }
        else
        {
            Write("identity", IdentityRows(folder));
            Write("log", LogRows(folder.Log));
            Write($"members, by entry {folder.Log.MembershipIndex}", MemberRows(folder.Log.Membership));
            Write("segments", SegmentRows(folder.Segments));
            Write("snapshots", SnapshotRows(folder.Snapshots));
            Write("bodies", BodyRows(folder.BodyFiles));
        }

        Write("other files", [.. folder.OtherFiles.Select(file => new[] { EntryText.Printable(file.Name), Number(file.Bytes), Describe(file.Use) })]);
        Write("findings", [.. folder.Findings.Select(finding => new[] { Describe(finding) })]);
        output.WriteLine();
        output.WriteLine(Verdict(folder));
    }

    public static string Describe(Finding finding) =>
        $"{InWords(finding.Kind)} in {EntryText.Printable(finding.File)} at offset {finding.Offset}: {finding.What}";

    private static string InWords(FindingKind kind) => kind switch
    {
        FindingKind.Damage => "damage",
        FindingKind.PassedOver => "damage that is passed over",
        _ => "torn tail",
    };

    private static string Verdict(FolderInspection folder)
    {
        int damaged = folder.Findings.Count(finding => finding.Kind == FindingKind.Damage);
        if (damaged == 0)
        {
            string? objection = folder.Log.Membership is { } membership ? ClusterVersions.OfThisProgram.ObjectionTo(membership.Version) : null;
            return objection is null ? "sound: a node starts with this folder" : $"sound, but not for this program: {objection}";
        }

        string what = folder.Starts ? "a node starts with this folder, and ends when it needs a body that is damaged" : "a node does not start with this folder";
        return $"damaged in {(damaged == 1 ? "one place" : $"{damaged} places")}: {what}";
    }

    private static string[][] IdentityRows(FolderInspection folder) => folder.Identity is not { } identity ? [] :
    [
        ["cluster", identity.Cluster.IsBorn ? identity.Cluster.ToString() : "none yet: the node is unborn"],
        ["node", identity.Server.Node.ToString()],
        ["incarnation", Hex(identity.Server.Incarnation)],
    ];

    private static IEnumerable<string[]> LogRows(InspectedLog log)
    {
        EntryCounts written = log.Written;
        string[] kinds = [Count(written.Births, "birth"), Count(written.NoOps, "no-op"), Count(written.Commands, "command"), Count(written.Memberships, "membership")];
        string before = log.BeginsBehind == LogIndex.Zero ? "none" : $"none; the next one follows entry {log.BeginsBehind}, the last in the oldest snapshot";
        yield return ["entries", log.Last.Index == LogIndex.Zero ? before : $"{Number(log.Last.Index.Value - log.First.Index.Value + 1)}: {log.First} to {log.Last}"];
        yield return ["written", $"{string.Join(", ", kinds)}; {Number(written.PayloadBytes)} bytes of payload"];
        yield return ["truncated", log.Truncations == 0 ? "none" : $"{Number(log.TruncatedEntries)} of these, {Count(log.Truncations, "time")}"];
        yield return ["last stamp", log.Last.Index == LogIndex.Zero && log.BeginsBehind == LogIndex.Zero ? "none" : EntryText.TimeOf(log.LastTime)];
        yield return ["term", log.HardState.CurrentTerm.ToString()];
        yield return ["vote", log.HardState.VotedFor is { } vote ? $"node {vote.Node}, incarnation {Hex(vote.Incarnation)}" : "none in this term"];
        yield return ["end", log switch
        {
            { IsWhole: false } => $"damaged; all of the above is up to there, and {Count(log.EntriesBehindDamage, "entry", "entries")} can be read behind it",
            { EndsWithMark: true } => "marked as synced: the log was idle",
            _ => "not marked as synced: the log was in use",
        }];
    }

    private static IEnumerable<string[]> MemberRows(Membership? membership)
    {
        if (membership is null)
        {
            yield break;
        }

        yield return ["node", "suffrage", "incarnation", "peers", "clients"];
        foreach (Member member in membership.Members)
        {
            string incarnation = member.Incarnation == 0 ? "vacant" : Hex(member.Incarnation);
            yield return [member.Node.ToString(), ClusterMember.NameOf(member.Suffrage), incarnation, EntryText.Printable(member.PeerAddress), EntryText.Printable(member.ClientAddress)];
        }
    }

    private static IEnumerable<string[]> SegmentRows(IReadOnlyList<InspectedSegment> segments)
    {
        if (segments.Count == 0)
        {
            yield break;
        }

        yield return ["file", "sequence", "id", "records", "bytes used", "of", "entries"];
        foreach (InspectedSegment segment in segments)
        {
            yield return
            [
                segment.Name, Number(segment.Sequence), segment.Id is { } id ? Hex(id) : "unreadable", Number(segment.Records), Number(segment.UsedBytes),
                Number(segment.FileBytes), segment.FirstIndex is null ? "none" : $"{segment.FirstIndex} to {segment.LastIndex}",
            ];
        }
    }

    private static IEnumerable<string[]> SnapshotRows(IReadOnlyList<InspectedSnapshot> snapshots)
    {
        if (snapshots.Count == 0)
        {
            yield break;
        }

        yield return ["file", "bytes", "up to entry", "state hash"];
        foreach (InspectedSnapshot snapshot in snapshots)
        {
            yield return [snapshot.Name, Number(snapshot.Bytes), snapshot.Last?.ToString() ?? "damaged", snapshot.Last is null ? "" : Hex(snapshot.StateHash)];
        }
    }

    private static IEnumerable<string[]> BodyRows(IReadOnlyList<InspectedBodyFile> files)
    {
        if (files.Count == 0)
        {
            yield break;
        }

        yield return ["file", "of entries", "holds", "bytes", "kind", "state"];
        foreach (InspectedBodyFile file in files)
        {
            string state = file.Within is not null ? "replaced; the next start removes it" : file.IsSound ? "sound" : "damaged";
            yield return [file.Name, $"{file.First} to {file.Last}", Number(file.Entries), Number(file.FileBytes), Describe(file.Kind), state];
        }
    }

    private static string Describe(BodyFileKind kind) => kind switch
    {
        BodyFileKind.Segment => "former segment",
        BodyFileKind.Copy => "copy",
        _ => "unreadable",
    };

    private static string Describe(FileUse use) => use switch
    {
        FileUse.Spare => "spare segment; the next start makes it anew",
        FileUse.Temporary => "unfinished; nobody's",
        FileUse.SetAside => "of a damaged folder that was set aside",
        _ => "not RaftMQ's; left alone",
    };

    private static string Count(long count, string one, string? several = null) => $"{Number(count)} {(count == 1 ? one : several ?? one + "s")}";

    private static string Number<T>(T value)
        where T : IFormattable => value.ToString("N0", CultureInfo.InvariantCulture);

    private static string Hex(ulong value) => value.ToString("x16", CultureInfo.InvariantCulture);

    /// <summary>A section with its columns aligned; one without rows is left out.</summary>
    private void Write(string title, IEnumerable<string[]> section)
    {
        string[][] rows = [.. section];
        if (rows.Length == 0)
        {
            return;
        }

        int[] widths = [.. Enumerable.Range(0, rows[0].Length).Select(column => rows.Max(row => row[column].Length))];
        output.WriteLine();
        output.WriteLine(title);
        foreach (string[] row in rows)
        {
            output.WriteLine(("  " + string.Join("  ", row.Select((cell, column) => cell.PadRight(widths[column])))).TrimEnd());
        }
    }
}
