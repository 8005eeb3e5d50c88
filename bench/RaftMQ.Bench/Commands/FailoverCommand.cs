using System.CommandLine;
using System.Diagnostics;
using RaftMQ.Bench.Clusters;
using RaftMQ.Bench.Load;
using RaftMQ.Bench.Reports;

namespace RaftMQ.Bench.Commands;

/// <summary>
/// <c>failover</c>: the leader's process is killed with -9 again and again under load: for how long are no writes acknowledged, and is every
/// acknowledged message popped exactly once afterwards? With <c>--silent</c> it is stopped first, as a machine that answers nobody, and killed only when another leads; with <c>--orderly</c>
/// it is asked to stop, and with <c>--transfer</c> to hand over: then no request may fail at a node that stays.
/// </summary>
internal static class FailoverCommand
{
    private const string Topic = "failover";

    /// <summary>A kill is over when this many writes have been acknowledged after it and all nodes are back.</summary>
    private const int WritesAfterKill = 200;

    private enum Way
    {
        Kill,
        Silence,
        Orderly,
        Transfer,
    }

    private static readonly TimeSpan Recovery = TimeSpan.FromSeconds(60);

    public static Command Build()
    {
        Option<int> kills = SharedOptions.Bounded("--kills", "How often the leader is killed.", 20, 1, 1_000);
        Option<int> connections = SharedOptions.Bounded("--connections", "Writers.", 8, 1, 256);
        Option<int> rate = SharedOptions.Bounded("--rate", "Requests per second of all writers together; 0 for as many as go.", 0, 0, 1_000_000);
        var keyed = new Option<bool>("--keyed")
        {
            Description = "Send with Idempotency-Key and repeat until the outcome is known (choose a --rate: keys are remembered for minutes).",
        };
        var silent = new Option<bool>("--silent")
        {
            Description = "Stop the leader first, so that its connections stay open and nobody answers, and kill it when another leads.",
        };
        var orderly = new Option<bool>("--orderly") { Description = "Stop the leader with SIGTERM, so that it hands over, and answers what it has begun." };
        var transfer = new Option<bool>("--transfer") { Description = "Have the leader hand over to another node, and stop nobody." };
        Option<int> nodes = SharedOptions.Nodes();
        Option<string> server = SharedOptions.Server();
        Option<string> data = SharedOptions.Data();
        Option<string?> json = SharedOptions.Json();
        var command = new Command("failover", "Kill the leader with -9 under load, or have it hand over; measure the silence, account for every message.")
        {
            kills, connections, rate, keyed, silent, orderly, transfer, nodes, server, data, json,
        };
        command.SetAction(arguments =>
        {
            int writers = arguments.GetValue(connections);
            TimeSpan pace = arguments.GetValue(rate) > 0 ? TimeSpan.FromSeconds((double)writers / arguments.GetValue(rate)) : TimeSpan.Zero;
            using RunFolder folder = Interruption.Undo(() => new RunFolder(arguments.GetRequiredValue(data)));
            using NodeSet set = NodeSet.Start(arguments.GetRequiredValue(server), arguments.GetValue(nodes), folder.Path);
            Way way = arguments.GetValue(silent) ? Way.Silence : arguments.GetValue(orderly) ? Way.Orderly : arguments.GetValue(transfer) ? Way.Transfer : Way.Kill;
            string mode = (arguments.GetValue(keyed) ? " --keyed" : "") + (way == Way.Kill ? "" : $", {way}");
            var report = new Report($"failover --kills {arguments.GetValue(kills)} --connections {writers}{mode}");
            bool clean = Measure(report, set, arguments.GetValue(kills), writers, arguments.GetValue(keyed), pace, way);
            report.Save(arguments.GetValue(json));
            return clean ? 0 : 1;
        });
        return command;
    }

    private static bool Measure(Report report, NodeSet set, int kills, int connections, bool keyed, TimeSpan pace, Way way)
    {
        Cluster cluster = set.Cluster;
        string[] topics = [.. Enumerable.Range(0, connections).Select(writer => $"{Topic}-{writer}")];
        Array.ForEach(topics, cluster.CreateTopic);
        var silences = new LatencyHistogram();
        var ofEvents = new LatencyHistogram();
        var before = new LatencyHistogram();
        int failedElsewhere = 0;
        Account account;
        using (var writers = new Writers(cluster.Ports, topics, keyed, pace))
        {
            WaitForWrites(writers, WritesAfterKill);
            for (int kill = 1; kill <= kills; kill++)
            {
                Silence silence = KillLeader(set, writers, way, out NodeView killed, out IReadOnlyList<Failure> failures, out long began, out long ended);
                failedElsewhere += failures.Count(failure => way == Way.Transfer || failure.Port != killed.Port);
                silences.Record(0, (long)(silence.Length.TotalSeconds * Stopwatch.Frequency));
                ofEvents.Record(0, (long)(writers.LongestSilence(began, ended).Length.TotalSeconds * Stopwatch.Frequency));
                before.Record(0, (long)(writers.LongestSilence(began - (ended - began), began).Length.TotalSeconds * Stopwatch.Frequency));
                report.Row(
                    $"kill {kill}, term {killed.Term}",
                    $"{Report.Ms(silence.Length)} without an acknowledged write, from {Report.Ms(silence.Begin)} after the kill{InWords(failures, killed)}");
            }

            writers.Dispose();
            WaitUntilEqual(cluster);
            account = Drain.Run(cluster.Ports, topics, writers.Ledgers);
        }

        report.Add("silence after a kill", "silence", silences);
        if (way is Way.Orderly or Way.Transfer)
        {
            report.Add(way == Way.Orderly ? "of it until the process ended" : "of it until it was answered", "silenceOfTheEvent", ofEvents);
            report.Add("in as long a time just before", "silenceBefore", before);
        }

        report.Add("failed at nodes that stayed", "failedElsewhere", failedElsewhere, way is Way.Orderly or Way.Transfer ? "(must be 0)" : "", "0");
        report.Add("sent", "sent", account.Sent, "messages", "#,0");
        report.Add("acknowledged", "acknowledged", account.Acknowledged, "", "#,0");
        report.Add("refused", "refused", account.Refused, "", "#,0");
        report.Add("unknown outcome", "unknown", account.Unknown, $", of them stored: {account.UnknownButStored}", "#,0");
        report.Add("acknowledged but lost", "lost", account.Lost, "(must be 0)", "0");
        report.Add("popped twice", "twice", account.Twice, "(must be 0)", "0");
        report.Add("refused but stored", "refusedButStored", account.RefusedButStored, "(must be 0)", "0");
        report.Add("never sent but popped", "strange", account.Strange, "(must be 0)", "0");
        return account.IsClean && (failedElsewhere == 0 || way is Way.Kill or Way.Silence);
    }

    private static string InWords(IReadOnlyList<Failure> failures, NodeView killed) => string.Concat(
        failures.GroupBy(failure => (failure.Port == killed.Port, failure.What)).Select(group => $"; {group.Count()} x {group.Key.What} at {(group.Key.Item1 ? "that node" : "others")}"));

    private static Silence KillLeader(NodeSet set, Writers writers, Way way, out NodeView killed, out IReadOnlyList<Failure> failures, out long began, out long ended)
    {
        Cluster cluster = set.Cluster;
        NodeView leader = cluster.Leader();
        ServedNode struck = set.Of(leader);
        int before = writers.Acknowledged;
        began = Stopwatch.GetTimestamp();
        switch (way)
        {
            case Way.Transfer:
                cluster.Transfer(leader);
                break;
            case Way.Orderly:
                struck.EndInOrder();
                break;
            case Way.Silence:
                struck.Silence();
                WaitForWrites(writers, before + WritesAfterKill);
                struck.Kill();
                break;
            default:
                struck.Kill();
                break;
        }

        ended = Stopwatch.GetTimestamp();
        cluster.WaitUntil(views => views.Any(view => view.Leads && view.Term > leader.Term), Recovery, $"another leader than that of term {leader.Term} leads");
        WaitForWrites(writers, before + WritesAfterKill);
        if (way != Way.Transfer)
        {
            struck.Start();
        }

        cluster.WaitUntil(views => views.Count == cluster.Ports.Count, Recovery, "all nodes are back");
        WaitUntilCaughtUp(cluster);
        killed = leader;
        failures = writers.FailuresAfter(began);
        return writers.LongestSilence(began);
    }

    /// <summary>
    /// A cluster of three stands one failure at a time: the next node is killed when the last has what was committed when it came back.
    /// </summary>
    private static void WaitUntilCaughtUp(Cluster cluster)
    {
        ulong committed = cluster.Leader().CommitIndex;
        cluster.WaitUntil(
            views => views.Count == cluster.Ports.Count && views.All(view => view.AppliedIndex >= committed),
            Recovery,
            $"all nodes have applied entry {committed}");
    }

    private static void WaitForWrites(Writers writers, int count)
    {
        long began = Stopwatch.GetTimestamp();
        while (writers.Acknowledged < count)
        {
            if (Stopwatch.GetElapsedTime(began) > Recovery)
            {
                throw new BenchFailedException($"no {WritesAfterKill} writes were acknowledged within {Recovery.TotalSeconds} s");
            }

            Thread.Sleep(5);
        }
    }

    /// <summary>Before the account all nodes must have come to the same state: equal applied index, equal hash.</summary>
    private static void WaitUntilEqual(Cluster cluster) =>
        cluster.WaitUntil(
            views => views.Count == cluster.Ports.Count && views.DistinctBy(view => (view.AppliedIndex, view.StateHash)).Count() == 1,
            Recovery,
            "all nodes have applied the same entries and have the same state hash");
}
