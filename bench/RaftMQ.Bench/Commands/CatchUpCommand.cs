using System.CommandLine;
using System.Diagnostics;
using System.Globalization;
using RaftMQ.Bench.Clusters;
using RaftMQ.Bench.Load;
using RaftMQ.Bench.Measures;
using RaftMQ.Bench.Reports;

namespace RaftMQ.Bench.Commands;

/// <summary>
/// <c>catch-up</c>: a follower misses much and comes back: how fast does it get what it missed, beside what its disk takes?
/// </summary>
internal static class CatchUpCommand
{
    private const int Nodes = 3;
    private const int Megabyte = 1_000_000;

    /// <summary>What a byte of text may take on disk: the log, and copies under way.</summary>
    private const double DiskShare = 2.5;

    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(30);

    public static Command Build()
    {
        Option<int> megabytes = SharedOptions.Bounded("--megabytes", "How many MB the follower misses; all of them wait.", 1024, 1, 100_000);
        Option<int> bytes = SharedOptions.Bounded("--bytes", "The size of a message.", 1024, 1, Megabyte);
        Option<int> connections = SharedOptions.Connections();
        Option<string> server = SharedOptions.Server();
        Option<string> data = SharedOptions.Data();
        Option<string?> json = SharedOptions.Json();
        var command = new Command("catch-up", "Let a follower miss much; measure how fast it gets it, beside a sequential write on the same disk.")
        {
            megabytes, bytes, connections, server, data, json,
        };
        command.SetAction(arguments =>
        {
            (int missed, int size) = (arguments.GetValue(megabytes), arguments.GetValue(bytes));
            using RunFolder folder = Interruption.Undo(() => new RunFolder(arguments.GetRequiredValue(data)));
            FolderSize.RequireRoom(folder.Path, (Nodes + 1) * DiskShare * missed * Megabyte);
            var report = new Report($"catch-up --megabytes {missed} --bytes {size}");
            report.Add("data on", "fileSystem", new DriveInfo(folder.Path).DriveFormat);
            using NodeSet set = NodeSet.Start(arguments.GetRequiredValue(server), Nodes, folder.Path);
            Measure(report, set, folder.Path, (long)missed * Megabyte / size, size, arguments.GetValue(connections));
            report.Save(arguments.GetValue(json));
        });
        return command;
    }

    private static void Measure(Report report, NodeSet nodes, string folder, long messages, int messageBytes, int connections)
    {
        nodes.Cluster.CreateTopic(NodeLoad.Topic);
        nodes.WaitUntilAllApplied(Patience);
        ServedNode follower = nodes.Of(nodes.Cluster.Views().First(view => !view.Leads));
        follower.Kill();
        TrafficResult filled = NodeLoad.Fill(nodes, messages, messageBytes, connections);
        NodeLoad.Add(report, "published to two", "published", filled, connections);
        nodes.Cluster.WaitUntil(views => views.Count == Nodes - 1 && views.DistinctBy(view => view.AppliedIndex).Count() == 1, Patience, "the two have applied the same entries");

        long bytes = filled.Published * messageBytes;
        TimeSpan before = SequentialWrite.Measure(folder, bytes);
        TimeSpan ready = TimeSpan.Zero;
        TimeSpan caughtUp = CatchUp(nodes, follower, filled.Published, ref ready);
        TimeSpan after = SequentialWrite.Measure(folder, bytes);

        // The faster of two: what the disk can do, had nothing else been in its way.
        TimeSpan sequential = before < after ? before : after;
        report.Add("sequential write and fdatasync", "sequentialMbPerSecond", Rate(bytes, sequential), $"MB/s, the better of {Rates(bytes, before, after)}", "#,0.0");
        report.Add("until it answers", "answersSeconds", ready.TotalSeconds, "s", "0.00");
        report.Add("until it has applied all", "caughtUpSeconds", caughtUp.TotalSeconds, $"s, for {Report.Mb(bytes)} of messages", "0.00");
        report.Add("catch-up", "catchUpMbPerSecond", Rate(bytes, caughtUp), "MB/s, from the start of its process", "#,0.0");
        report.Add("  once it answered", "catchUpOnceAnsweringMbPerSecond", Rate(bytes, caughtUp - ready), "MB/s", "#,0.0");
        report.Add("  / sequential write", "ratio", sequential / caughtUp, "times", "0.000");
        foreach (string line in follower.LinesAbout("snapshot"))
        {
            report.Row("", line);
        }

        long least = nodes.Nodes.Min(node => FolderSize.Of(node.DataFolder));
        report.Add("its folder", "folderBytes", $"{Report.Mb(FolderSize.Of(follower.DataFolder))}; the smallest of all: {Report.Mb(least)}");
    }

    private static TimeSpan CatchUp(NodeSet nodes, ServedNode follower, long published, ref TimeSpan ready)
    {
        ulong target = nodes.Cluster.Leader().CommitIndex;
        long began = Stopwatch.GetTimestamp();
        follower.Start();
        using var progress = new Progress("catching up, entries", (long)target, () => (long)(NodeView.Ask(follower.Port)?.AppliedIndex ?? 0));
        nodes.Cluster.WaitUntil(_ => NodeView.Ask(follower.Port) is not null, Patience, "the follower answers");
        ready = Stopwatch.GetElapsedTime(began);
        nodes.Cluster.WaitUntil(_ => NodeView.Ask(follower.Port) is { } view && view.AppliedIndex >= target, Patience, $"the follower has applied entry {target}");
        TimeSpan caughtUp = Stopwatch.GetElapsedTime(began);
        IReadOnlyList<NodeView> equal = nodes.Cluster.WaitUntil(
            views => views.Count == Nodes && views.DistinctBy(view => (view.AppliedIndex, view.StateHash)).Count() == 1,
            Patience,
            "all nodes have applied the same entries and have the same state hash");
        return equal[0].Messages >= published
            ? caughtUp
            : throw new BenchFailedException($"{published} messages were acknowledged, and {equal[0].Messages} wait");
    }

    private static double Rate(long bytes, TimeSpan time) => bytes / 1e6 / time.TotalSeconds;

    private static string Rates(long bytes, TimeSpan before, TimeSpan after) =>
        string.Create(CultureInfo.InvariantCulture, $"{Rate(bytes, before):#,0} before and {Rate(bytes, after):#,0} after");
}
