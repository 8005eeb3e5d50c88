using System.CommandLine;
using System.Globalization;
using RaftMQ.Bench.Clusters;
using RaftMQ.Bench.Load;
using RaftMQ.Bench.Measures;
using RaftMQ.Bench.Reports;

namespace RaftMQ.Bench.Commands;

/// <summary><c>steady</c>: gigabytes pass through a small backlog: does the folder stay small?</summary>
internal static class SteadyCommand
{
    private const long AimBytes = 300_000_000;

    /// <summary>The aim is for a queue that is nearly empty: a larger backlog takes its own size beside it.</summary>
    private const int MostMegabytesOfAim = 10;

    private const int Megabyte = 1_000_000;
    private const long Gibibyte = 1L << 30;

    public static Command Build()
    {
        Option<int> gigabytes = SharedOptions.Bounded("--gigabytes", "How many GiB are published and consumed.", 1, 1, 1_000);
        Option<int> backlog = SharedOptions.Bounded("--backlog-megabytes", "How many MB wait meanwhile.", 1, 0, 10_000);
        Option<int> bytes = SharedOptions.Bounded("--bytes", "The size of a message.", 1024, 1, Megabyte);
        Option<int> connections = SharedOptions.Connections();
        Option<int> nodes = SharedOptions.OneOrThreeNodes(3);
        var csv = new Option<string?>("--csv") { Description = "Write the sizes over time to this file." };
        var plot = new Option<string?>("--plot") { Description = "Draw them into this file, an SVG." };
        Option<string> server = SharedOptions.Server();
        Option<string> data = SharedOptions.Data();
        Option<string?> json = SharedOptions.Json();
        var command = new Command("steady", "Publish and consume through a small backlog; watch the size of the data folders.")
        {
            gigabytes, backlog, bytes, connections, nodes, csv, plot, server, data, json,
        };
        command.SetAction(arguments =>
        {
            var run = new SteadyRun(
                arguments.GetValue(gigabytes) * Gibibyte / arguments.GetValue(bytes),
                (long)arguments.GetValue(backlog) * Megabyte / arguments.GetValue(bytes),
                arguments.GetValue(bytes),
                arguments.GetValue(connections));
            using RunFolder folder = Interruption.Undo(() => new RunFolder(arguments.GetRequiredValue(data)));

            // If nothing is given back, everything that passes stays.
            FolderSize.RequireRoom(folder.Path, (double)arguments.GetValue(nodes) * 1.5 * (AimBytes + ((run.Messages + run.Waiting) * run.MessageBytes)));
            string name = $"steady --gigabytes {arguments.GetValue(gigabytes)} --backlog-megabytes {arguments.GetValue(backlog)} "
                + $"--bytes {arguments.GetValue(bytes)} --nodes {arguments.GetValue(nodes)}";
            var report = new Report(name);
            report.Add("data on", "fileSystem", new DriveInfo(folder.Path).DriveFormat);
            using NodeSet set = NodeSet.Start(arguments.GetRequiredValue(server), arguments.GetValue(nodes), folder.Path);
            SizeSeries series = Measure(report, set, run, arguments.GetValue(csv));
            AddSizes(report, series, arguments.GetValue(backlog));
            if (arguments.GetValue(plot) is { } path)
            {
                File.WriteAllText(path, SizePlot.Draw(series, name, AimBytes));
            }

            report.Save(arguments.GetValue(json));
            return report.HasMissed ? 1 : 0;
        });
        return command;
    }

    private static SizeSeries Measure(Report report, NodeSet nodes, SteadyRun run, string? csv)
    {
        nodes.Cluster.CreateTopic(NodeLoad.Topic);
        NodeView leader = nodes.Cluster.Leader();
        using var snapshots = new SnapshotWatch(nodes.Of(leader).DataFolder);
        var traffic = new Traffic(new TrafficPlan(leader.Port, NodeLoad.Topic, run.Messages, run.MessageBytes, run.Connections)
        {
            Pops = true,
            Epoch = () => snapshots.Epoch,
        });
        using var sampler = new SizeSampler([.. nodes.Nodes.Select(node => node.DataFolder)], () => traffic.Published, csv);
        NodeLoad.Fill(nodes, run.Waiting, run.MessageBytes, run.Connections);
        TrafficResult passed = NodeLoad.Run(traffic, "publishing and consuming", run.Messages);
        sampler.Complete();
        NodeView after = nodes.Cluster.Leader();
        NodeLoad.Add(report, "published and consumed", "passed", passed, run.Connections);
        report.Add("  popped", "popped", passed.Popped, $"messages; {after.Messages.ToString("#,0", CultureInfo.InvariantCulture)} wait", "#,0");
        AddSnapshots(report, snapshots, passed, hasOneLeader: after.Pid == leader.Pid);
        return sampler.Series;
    }

    private static void AddSnapshots(Report report, SnapshotWatch snapshots, TrafficResult passed, bool hasOneLeader)
    {
        report.Add("snapshots of the first leader", "snapshots", snapshots.Count, $"written, in {Report.Ms(snapshots.Writing)}", "#,0");
        report.Add("  publishes beside one", "besideSnapshot", passed.Beside);
        report.Add("  publishes apart from them", "apartFromSnapshot", passed.Apart);
        report.Row("", string.Create(CultureInfo.InvariantCulture, $"{passed.Beside.Count:#,0} publishes beside one, {passed.Apart.Count:#,0} apart"));
        if (!hasOneLeader)
        {
            report.Row("", "the leader changed meanwhile: the rest of the load was forwarded, and later snapshots of the new one were not seen");
        }
    }

    private static void AddSizes(Report report, SizeSeries series, int backlogMegabytes)
    {
        long highest = series.HighestFrom(0);
        double half = series.Samples[^1].Seconds / 2;
        report.Add("highest size of a folder", "highestMb", highest / 1e6, "MB", "#,0.0");
        report.Add("  in the second half", "highestInSecondHalfMb", series.HighestFrom(half) / 1e6, "MB", "#,0.0");
        report.Add("  in the end", "lastMb", series.Samples[^1].Bytes.Max() / 1e6, "MB", "#,0.0");
        if (backlogMegabytes <= MostMegabytesOfAim)
        {
            report.Aim("disk", "under 300 MB for ever", highest < AimBytes, Report.Mb(highest));
        }
        else
        {
            report.Row("  aim", $"none for such a backlog: 300 MB are for {MostMegabytesOfAim} MB at most");
        }
    }

    /// <param name="Messages">How many pass.</param>
    /// <param name="Waiting">How many wait meanwhile.</param>
    /// <param name="MessageBytes">The size of each.</param>
    /// <param name="Connections">How many requests are under way at a time.</param>
    private sealed record SteadyRun(long Messages, long Waiting, int MessageBytes, int Connections);
}
