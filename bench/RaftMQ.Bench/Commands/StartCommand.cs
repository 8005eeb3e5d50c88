using System.CommandLine;
using System.Diagnostics;
using System.Net.Sockets;
using System.Text.Json;
using RaftMQ.Bench.Clusters;
using RaftMQ.Bench.Load;
using RaftMQ.Bench.Reports;

namespace RaftMQ.Bench.Commands;

/// <summary>
/// <c>start</c>: from the start of a process to its first answer, for a node (<c>GET /status</c>) and for an empty ASP.NET Core app, by turns. Beside it how
/// long the node, the only one of its cluster, takes until it leads.
/// </summary>
internal static class StartCommand
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan PollInterval = TimeSpan.FromMilliseconds(1);

    public static Command Build()
    {
        Option<int> runs = SharedOptions.Bounded("--runs", "How often each is started.", 10, 1, 100);
        Option<string> server = SharedOptions.Server();
        Option<string> data = SharedOptions.Data();
        Option<string?> json = SharedOptions.Json();
        var command = new Command("start", "Measure how soon a node answers, beside an empty ASP.NET Core app.") { runs, server, data, json };
        command.SetAction(arguments =>
        {
            using RunFolder folder = Interruption.Undo(() => new RunFolder(arguments.GetRequiredValue(data)));
            var report = new Report($"start --runs {arguments.GetValue(runs)}");
            var empty = new LatencyHistogram();
            var answers = new LatencyHistogram();
            var leads = new LatencyHistogram();
            for (int run = 0; run < arguments.GetValue(runs); run++)
            {
                StartEmpty(empty);
                StartNode(arguments.GetRequiredValue(server), Path.Combine(folder.Path, $"run{run}"), answers, leads);
            }

            report.Add("empty app, until it answers", "empty", empty);
            report.Add("node, until it answers", "answers", answers);
            report.Add("  p50 / empty app", "ratio", answers.Percentile(0.5) / empty.Percentile(0.5), "times", "0.00");
            report.Add("node alone, until it leads", "leads", leads);
            report.Save(arguments.GetValue(json));
        });
        return command;
    }

    private static void StartEmpty(LatencyHistogram histogram)
    {
        int port = Cluster.FreePorts(1);
        long began = Stopwatch.GetTimestamp();
        using ChildProcess echo = Interruption.Undo(() => new ChildProcess(Environment.ProcessPath!, ["echo", "--port", $"{port}"]));
        histogram.Record(began, WaitUntil(echo, () => Answers(port)));
    }

    private static void StartNode(string server, string folder, LatencyHistogram answers, LatencyHistogram leads)
    {
        Directory.CreateDirectory(folder);
        int port = Cluster.FreePorts(2);
        string configuration = Path.Combine(folder, "node.json");
        var member = new { id = 1, client = $"127.0.0.1:{port}", peer = $"127.0.0.1:{port + 1}" };
        File.WriteAllText(configuration, JsonSerializer.Serialize(new { nodeId = 1, dataFolder = Path.Combine(folder, "data"), members = new[] { member } }));
        long began = Stopwatch.GetTimestamp();

        // By its own program, as the empty app is: `dotnet raftmq.dll` would add the time of the multiplexer.
        using ChildProcess node = Interruption.Undo(() => new ChildProcess(Path.ChangeExtension(server, null), ["serve", "--config", configuration]));
        answers.Record(began, WaitUntil(node, () => Answers(port)));
        leads.Record(began, WaitUntil(node, () => NodeView.Ask(port) is { Leads: true }));
    }

    private static long WaitUntil(ChildProcess process, Func<bool> condition)
    {
        long began = Stopwatch.GetTimestamp();
        while (!condition())
        {
            if (process.HasExited || Stopwatch.GetElapsedTime(began) > Patience)
            {
                throw new BenchFailedException($"the process did not answer; its last lines:\n{process.LastLines}");
            }

            Thread.Sleep(PollInterval);
        }

        return Stopwatch.GetTimestamp();
    }

    private static bool Answers(int port)
    {
        try
        {
            using var connection = new HttpConnection(port, Patience);
            return connection.Exchange(HttpConnection.Request("GET", "/status")).Status == 200;
        }
        catch (Exception notYet) when (notYet is SocketException or IOException)
        {
            return false;
        }
    }
}
