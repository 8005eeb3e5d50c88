using System.Globalization;
using RaftMQ.Consensus;
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
        else
        {
            Write("identity", IdentityRows(folder));
            Write("log", LogRows(folder.Log));
            Write($"members, by entry {folder.Log.MembershipIndex}", MemberRows(folder.Log.Membership));
            Write("segments", SegmentRows(folder.Segments));
            Write("snapshots", SnapshotRows(folder.Snapshots));
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
        return damaged switch
        {
            0 => "sound: a node starts with this folder",
            1 => "damaged in one place: a node does not start with this folder",
            _ => $"damaged in {damaged} places: a node does not start with this folder",
        };
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
        yield return ["entries", log.Last.Index == LogIndex.Zero ? "none" : $"{Number(log.Last.Index.Value - log.First.Index.Value + 1)}: {log.First} to {log.Last}"];
        yield return ["written", $"{string.Join(", ", kinds)}; {Number(written.PayloadBytes)} bytes of payload"];
        yield return ["truncated", log.Truncations == 0 ? "none" : $"{Number(log.TruncatedEntries)} of these, {Count(log.Truncations, "time")}"];
        yield return ["last stamp", log.Last.Index == LogIndex.Zero ? "none" : EntryText.TimeOf(log.LastTime)];
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

        yield return ["node", "incarnation", "peers", "clients"];
        foreach (Member member in membership.Members)
        {
            string incarnation = member.Incarnation == 0 ? "vacant" : Hex(member.Incarnation);
            yield return [member.Node.ToString(), incarnation, EntryText.Printable(member.PeerAddress), EntryText.Printable(member.ClientAddress)];
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

    private static string Describe(FileUse use) => use switch
    {
        FileUse.Spare => "spare segment; the next start makes it anew",
        FileUse.Temporary => "unfinished; nobody's",
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
