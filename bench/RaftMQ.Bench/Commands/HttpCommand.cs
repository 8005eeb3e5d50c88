using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;
using RaftMQ.Bench.Clusters;
using RaftMQ.Bench.Load;
using RaftMQ.Bench.Measures;
using RaftMQ.Bench.Reports;

namespace RaftMQ.Bench.Commands;

/// <summary>
/// <c>http</c>: PUT /message on a cluster of this machine, beside the disk's write-and-sync and the HTTP round trip of the same run.
/// </summary>
internal static class HttpCommand
{
    private const string Topic = "bench";
    private const int MessageBytes = 100;
    private static readonly TimeSpan FloorDuration = TimeSpan.FromSeconds(3);
    private static readonly TimeSpan FirstLine = TimeSpan.FromSeconds(20);

    private enum Target
    {
        Leader,
        Follower,
        Any,
    }

    public static Command Build()
    {
        Option<int> connections = SharedOptions.Bounded("--connections", "Requests under way at a time in the second run.", 64, 1, 1024);
        Option<int> seconds = SharedOptions.Bounded("--seconds", "How long each run is counted.", 10, 1, 600);
        Option<int> warmUp = SharedOptions.Bounded("--warm-up", "Seconds of load before anything is counted.", 5, 0, 60);
        Option<int> nodes = SharedOptions.Nodes();
        Option<string> server = SharedOptions.Server();
        Option<string> data = SharedOptions.Data();
        Option<string?> json = SharedOptions.Json();
        var url = new Option<Uri?>("--url")
        {
            Description = "Use the cluster that runs here, its ports counting from this one, rather than start one.",
            CustomParser = ReadUrl,
        };
        var target = new Option<Target>("--target") { Description = "Whom the clients ask.", DefaultValueFactory = _ => Target.Leader };

        var command = new Command("http", "Measure PUT /message over HTTP against the disk and the HTTP round trip.")
        {
            connections, seconds, warmUp, target, nodes, server, data, url, json,
        };
        command.SetAction(arguments =>
        {
            using RunFolder folder = Interruption.Undo(() => new RunFolder(arguments.GetRequiredValue(data)));
            var report = new Report($"http --connections {arguments.GetValue(connections)} --target {arguments.GetValue(target)}");
            double floor = MeasureFloor(report, folder.Path, arguments.GetValue(connections), arguments.GetValue(nodes));
            using Cluster cluster = arguments.GetValue(url) is { } running
                ? Cluster.Attach(running, arguments.GetValue(nodes))
                : Cluster.Start(arguments.GetRequiredValue(server), arguments.GetValue(nodes), folder.Path);
            MeasureCluster(
                report, cluster, arguments.GetValue(target), arguments.GetValue(connections),
                TimeSpan.FromSeconds(arguments.GetValue(warmUp)), TimeSpan.FromSeconds(arguments.GetValue(seconds)), floor);
            report.Save(arguments.GetValue(json));
        });
        return command;
    }

    /// <summary>What a write must cost at least: one HTTP round trip and one sync, in milliseconds.</summary>
    private static double MeasureFloor(Report report, string folder, int connections, int nodes)
    {
        report.Add("data on", "fileSystem", new DriveInfo(folder).DriveFormat);
        LatencyHistogram sync = DiskSync.Measure(folder);
        report.Add("disk: write 4 KiB and sync", "disk", sync);
        report.Add($"  {nodes} at once, as the nodes do", "diskAtOnce", DiskSync.MeasureAtOnce(folder, nodes));
        using ChildProcess echo = Interruption.Undo(() => new ChildProcess(Environment.ProcessPath!, ["echo"]));
        int port = int.Parse(echo.WaitForFirstLine(FirstLine), CultureInfo.InvariantCulture);
        LoadResult one = ClosedLoop.Run([port], Put(), 200, 1, TimeSpan.FromSeconds(2), FloorDuration);
        report.Add("empty HTTP server", "echo1", one);
        LoadResult many = ClosedLoop.Run([port], Put(), 200, connections, TimeSpan.FromSeconds(1), FloorDuration);
        report.Add("empty HTTP server", "echoMany", many);
        double floor = (sync.Percentile(0.5) + one.Latency.Percentile(0.5)).TotalMilliseconds;
        report.Add("floor: round trip + sync", "floorMs", floor, "ms", "0.000");
        return floor;
    }

    private static void MeasureCluster(
        Report report, Cluster cluster, Target target, int connections, TimeSpan warmUp, TimeSpan duration, double floor)
    {
        cluster.CreateTopic(Topic);
        IReadOnlyList<int> ports = PortsOf(cluster, target);
        LoadResult one = ClosedLoop.Run(ports, Put(), 200, 1, warmUp, duration);
        report.Add("PUT /message", "put1", one);
        report.Add("  p50 / floor", "ratio", one.Latency.Percentile(0.5).TotalMilliseconds / floor, "times", "0.00");
        ports = PortsOf(cluster, target);
        NodeView before = cluster.Leader();
        LoadResult many = ClosedLoop.Run(ports, Put(), 200, connections, warmUp, duration);
        NodeView after = cluster.Leader();
        report.Add("PUT /message", "putMany", many);
        AddGroupCommit(report, before, after, warmUp + duration);
        report.Row("", "closed loop: each connection sends its next request when it has its answer");
    }

    /// <summary>How many entries the leader made durable with one sync, warm-up included.</summary>
    private static void AddGroupCommit(Report report, NodeView before, NodeView after, TimeSpan duration)
    {
        if (after.Pid != before.Pid)
        {
            report.Row("  group commit", "not measured: another node leads now");
            return;
        }

        long syncs = after.LogSyncs - before.LogSyncs;
        report.Add("  syncs of the leader's log", "syncsPerSecond", syncs / duration.TotalSeconds, "per second", "#,0");
        report.Add("  entries made durable by one", "entriesPerSync", (after.CommitIndex - before.CommitIndex) / (double)syncs, "", "0.0");
    }

    private static IReadOnlyList<int> PortsOf(Cluster cluster, Target target)
    {
        int leader = cluster.Leader().Port;
        IReadOnlyList<int> ports = target switch
        {
            Target.Leader => [leader],
            Target.Follower => [.. cluster.Ports.Where(port => port != leader)],
            _ => cluster.Ports,
        };
        return ports.Count > 0 ? ports : throw new BenchFailedException("a cluster of one node has no follower; choose another --target");
    }

    private static Uri? ReadUrl(ArgumentResult result)
    {
        if (!Uri.TryCreate(result.Tokens[0].Value, UriKind.Absolute, out Uri? url))
        {
            result.AddError($"--url {result.Tokens[0].Value} is not a URL; write it as http://127.0.0.1:8080");
        }

        return url;
    }

    private static byte[] Put() =>
        HttpConnection.Request("PUT", "/message", $$"""{"topic":"{{Topic}}","message":"{{new string('m', MessageBytes)}}"}""");
}
