using System.Globalization;
using RaftMQ.Bench.Clusters;
using RaftMQ.Bench.Load;
using RaftMQ.Bench.Reports;

namespace RaftMQ.Bench.Commands;

/// <summary>Load that several commands put on nodes, with its progress and its rows.</summary>
internal static class NodeLoad
{
    /// <summary>The topic that everything goes through.</summary>
    public const string Topic = "bench";

    /// <summary>Runs to the end while its progress is shown.</summary>
    public static TrafficResult Run(Traffic traffic, string doing, long messages)
    {
        using var progress = new Progress(doing, messages, () => traffic.Published);
        return traffic.Run();
    }

    /// <summary>So many messages that stay.</summary>
    public static TrafficResult Fill(NodeSet nodes, long messages, int messageBytes, int connections)
    {
        var traffic = new Traffic(new TrafficPlan(nodes.Cluster.Leader().Port, Topic, messages, messageBytes, connections));
        return Run(traffic, "publishing", messages);
    }

    /// <summary>Rate, latencies, and what did not go as it should.</summary>
    public static void Add(Report report, string name, string key, TrafficResult result, int connections)
    {
        report.Add($"{name}, {connections} conn.", $"{key}PerSecond", result.PublishedPerSecond, "messages/s", "#,0");
        report.Add("  latency of a publish", $"{key}Latency", result.Latency);
        report.Note($"{key}Seconds", result.Seconds);
        report.Note($"{key}Messages", result.Published);
        if (result.Unknown + result.Refused > 0)
        {
            string others = string.Create(CultureInfo.InvariantCulture, $"{result.Refused:#,0} refusals, repeated; {result.Unknown:#,0} outcomes unknown");
            report.Row("  not at once", others);
        }

        report.Note($"{key}Refused", result.Refused);
        report.Note($"{key}Unknown", result.Unknown);
    }
}
