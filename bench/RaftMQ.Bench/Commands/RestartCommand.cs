using System.CommandLine;
using System.Diagnostics;
using System.Net.Sockets;
using RaftMQ.Bench.Clusters;
using RaftMQ.Bench.Load;
using RaftMQ.Bench.Measures;
using RaftMQ.Bench.Reports;

namespace RaftMQ.Bench.Commands;

/// <summary>
/// <c>restart</c>: a node is killed with -9 and started: how long until it counts and answers, after much has passed through an empty queue, and while much waits?
/// </summary>
internal static class RestartCommand
{
    private const int Million = 1_000_000;

    /// <summary>What a message may take on disk beside its text, if nothing is given back.</summary>
    private const int DiskBytesBeside = 400;

    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(5);
    private static readonly TimeSpan ApplyTimeout = TimeSpan.FromMinutes(2);
    private static readonly TimeSpan PollInterval = TimeSpan.FromMilliseconds(5);

    public static Command Build()
    {
        Option<int> passed = SharedOptions.Bounded("--passed", "How many messages pass through an empty queue before the first part; 0 leaves it out.", 10 * Million, 0, 100 * Million);
        Option<int> waiting = SharedOptions.Bounded("--waiting", "How many messages wait in the second part; 0 leaves it out.", Million, 0, 100 * Million);
        Option<int> bytes = SharedOptions.Bounded("--bytes", "The size of a message.", 100, 1, Million);
        Option<int> kills = SharedOptions.Bounded("--kills", "How often the node is killed and started in each part.", 3, 1, 100);
        Option<int> connections = SharedOptions.Connections();
        Option<int> nodes = SharedOptions.OneOrThreeNodes(1);
        Option<string> server = SharedOptions.Server();
        Option<string> data = SharedOptions.Data();
        Option<string?> json = SharedOptions.Json();
        var command = new Command("restart", "Kill a node with -9 and start it; measure how soon it is a member and answers.")
        {
            passed, waiting, bytes, kills, connections, nodes, server, data, json,
        };
        command.SetAction(arguments =>
        {
            (int through, int stay, int size) = (arguments.GetValue(passed), arguments.GetValue(waiting), arguments.GetValue(bytes));
            using RunFolder folder = Interruption.Undo(() => new RunFolder(arguments.GetRequiredValue(data)));
            FolderSize.RequireRoom(folder.Path, (double)arguments.GetValue(nodes) * ((double)through + stay) * (size + DiskBytesBeside));
            var report = new Report($"restart --passed {through} --waiting {stay} --bytes {size} --nodes {arguments.GetValue(nodes)}");
            report.Add("data on", "fileSystem", new DriveInfo(folder.Path).DriveFormat);
            var plan = new TrafficPlan(0, NodeLoad.Topic, through, size, arguments.GetValue(connections)) { Pops = true };
            RestartPart[] parts =
            [
                new("passed", "passed through an empty queue", plan, TimeSpan.FromSeconds(1)),
                new("waiting", "published, all of them wait", plan with { Messages = stay, Pops = false }, TimeSpan.FromSeconds(5)),
            ];
            foreach (RestartPart part in parts.Where(part => part.Plan.Messages > 0))
            {
                string home = Path.Combine(folder.Path, part.Key);
                using NodeSet set = NodeSet.Start(arguments.GetRequiredValue(server), arguments.GetValue(nodes), home);
                Measure(report, set, part, arguments.GetValue(kills));
            }

            report.Row("", "the files are in the system's cache, as after the end of a process, not of a machine");
            report.Save(arguments.GetValue(json));
            return report.HasMissed ? 1 : 0;
        });
        return command;
    }

    private static void Measure(Report report, NodeSet nodes, RestartPart part, int kills)
    {
        nodes.Cluster.CreateTopic(NodeLoad.Topic);
        var traffic = new Traffic(part.Plan with { Port = nodes.Cluster.Leader().Port });
        TrafficResult load = NodeLoad.Run(traffic, part.Key, part.Plan.Messages);
        NodeLoad.Add(report, part.Name, part.Key, load, part.Plan.Connections);
        var answers = new List<TimeSpan>();
        var members = new List<TimeSpan>();
        var reads = new List<TimeSpan>();
        for (int kill = 0; kill < kills; kill++)
        {
            long waiting = nodes.WaitUntilAllApplied(ApplyTimeout)[0].Messages;
            ServedNode node = nodes.Of(nodes.Cluster.Leader());
            report.Row($"  kill {kill + 1}", $"node {node.Id}: {waiting:#,0} messages wait, {Report.Mb(FolderSize.Of(node.DataFolder))} on disk");
            node.Kill();
            long began = Stopwatch.GetTimestamp();
            node.Start();
            answers.Add(WaitUntil(node, began, () => IsAnswered(node.Port, "/status")));
            members.Add(WaitUntil(node, began, () => NodeView.Ask(node.Port) is { IsMember: true }));
            reads.Add(WaitUntil(node, began, () => IsAnswered(node.Port, "/topic")));
            foreach (string line in node.LinesAbout("recovered ", "snapshot"))
            {
                report.Row("", line);
            }

            long found = nodes.WaitUntilAllApplied(ApplyTimeout)[node.Id - 1].Messages;
            if (found != waiting)
            {
                throw new BenchFailedException($"{waiting} messages waited before the kill, and {found} after it");
            }
        }

        Add(report, "  until it answers /status", $"{part.Key}AnswersSeconds", answers);
        Add(report, "  until it is a member", $"{part.Key}MemberSeconds", members);
        Add(report, "  until it answers a read", $"{part.Key}ReadSeconds", reads);
        TimeSpan slowest = reads.Max();
        report.Aim(part.Key, $"member and answers in {part.Aim.TotalSeconds} s", slowest < part.Aim, FormattableString.Invariant($"{slowest.TotalSeconds:0.00} s, the slowest of {kills}"));
    }

    private static void Add(Report report, string name, string key, List<TimeSpan> times)
    {
        report.Row(name, string.Join("  ", times.Select(time => FormattableString.Invariant($"{time.TotalSeconds:0.00} s"))));
        report.Note(key, times.Max().TotalSeconds);
    }

    /// <summary>How long after its start the condition holds.</summary>
    private static TimeSpan WaitUntil(ServedNode node, long began, Func<bool> condition)
    {
        while (!condition())
        {
            if (node.HasExited || Stopwatch.GetElapsedTime(began) > Patience)
            {
                throw new BenchFailedException($"node {node.Id} did not come back; its last lines:\n{node.LastLines}");
            }

            Thread.Sleep(PollInterval);
        }

        return Stopwatch.GetElapsedTime(began);
    }

    /// <summary>Whether a GET succeeds. That of /topic is a linearizable read: somebody leads, and the node has applied all that was committed.</summary>
    private static bool IsAnswered(int port, string target)
    {
        try
        {
            using var connection = new HttpConnection(port, Patience);
            return connection.Exchange(HttpConnection.Request("GET", target)).Status == 200;
        }
        catch (Exception notYet) when (notYet is SocketException or IOException)
        {
            return false;
        }
    }

    /// <param name="Key">Its name for programs and folders.</param>
    /// <param name="Name">What the messages do.</param>
    /// <param name="Plan">The load before the first kill.</param>
    /// <param name="Aim">How long a start may take.</param>
    private sealed record RestartPart(string Key, string Name, TrafficPlan Plan, TimeSpan Aim);
}
