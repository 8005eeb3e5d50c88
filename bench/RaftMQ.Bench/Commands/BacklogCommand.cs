using System.CommandLine;
using RaftMQ.Bench.Clusters;
using RaftMQ.Bench.Load;
using RaftMQ.Bench.Measures;
using RaftMQ.Bench.Reports;

namespace RaftMQ.Bench.Commands;

/// <summary><c>backlog</c>: messages are published and wait: what does each cost a node of memory and of disk?</summary>
internal static class BacklogCommand
{
    private const int Million = 1_000_000;
    private const long MostBytesForAMillion = 200 * Million;
    private const long MostBytesForTenMillion = 1L << 30;

    /// <summary>What a message may take on disk beside its text, records and copies under way included; generous.</summary>
    private const int DiskBytesBeside = 400;

    private static readonly TimeSpan ApplyTimeout = TimeSpan.FromMinutes(2);
    private static readonly TimeSpan Rest = TimeSpan.FromSeconds(5);

    public static Command Build()
    {
        Option<int> messages = SharedOptions.Bounded("--messages", "How many messages wait in the end.", Million, 1, 100 * Million);
        Option<int> bytes = SharedOptions.Bounded("--bytes", "The size of each.", 1024, 1, Million);
        Option<int> connections = SharedOptions.Connections();
        Option<int> nodes = SharedOptions.OneOrThreeNodes(3);
        Option<string> server = SharedOptions.Server();
        Option<string> data = SharedOptions.Data();
        Option<string?> json = SharedOptions.Json();
        var command = new Command("backlog", "Publish messages that wait; measure memory and disk for each of them.") { messages, bytes, connections, nodes, server, data, json };
        command.SetAction(arguments =>
        {
            (int count, int size) = (arguments.GetValue(messages), arguments.GetValue(bytes));
            using RunFolder folder = Interruption.Undo(() => new RunFolder(arguments.GetRequiredValue(data)));
            FolderSize.RequireRoom(folder.Path, (double)arguments.GetValue(nodes) * count * (size + DiskBytesBeside));
            var report = new Report($"backlog --messages {count} --bytes {size} --nodes {arguments.GetValue(nodes)}");
            report.Add("data on", "fileSystem", new DriveInfo(folder.Path).DriveFormat);
            using NodeSet set = NodeSet.Start(arguments.GetRequiredValue(server), arguments.GetValue(nodes), folder.Path);
            Measure(report, set, count, size, arguments.GetValue(connections));
            report.Save(arguments.GetValue(json));
            return report.HasMissed ? 1 : 0;
        });
        return command;
    }

    private static void Measure(Report report, NodeSet nodes, int messages, int bytes, int connections)
    {
        nodes.Cluster.CreateTopic(NodeLoad.Topic);
        foreach (ServedNode node in nodes.Nodes)
        {
            long empty = ProcessMemory.Of(node.Pid).ResidentBytes;
            report.Row($"node {node.Id}, empty", $"RSS {Report.Mb(empty)}");
            report.Note($"node{node.Id}EmptyRssBytes", empty);
        }

        TrafficResult filled = NodeLoad.Fill(nodes, messages, bytes, connections);
        NodeLoad.Add(report, "published", "published", filled, connections);
        IReadOnlyList<NodeView> views = nodes.WaitUntilAllApplied(ApplyTimeout);
        long highest = Add(report, nodes, views, "");
        Thread.Sleep(Rest);
        Add(report, nodes, nodes.Cluster.Views(), "Rested");
        report.Row("", $"first as the last message was applied, then after {Rest.TotalSeconds} s of rest; a node does not report its managed heap");
        AddAim(report, messages, bytes, highest);
    }

    /// <summary>A row for each node.</summary>
    /// <returns>The highest RSS of all.</returns>
    private static long Add(Report report, NodeSet nodes, IReadOnlyList<NodeView> views, string moment)
    {
        long highest = 0;
        foreach (NodeView view in views)
        {
            ServedNode node = nodes.Of(view);
            ProcessMemory memory = ProcessMemory.Of(node.Pid);
            long disk = FolderSize.Of(node.DataFolder);
            double count = Math.Max(1, view.Messages);
            report.Row(
                $"node {node.Id}, {(view.Leads ? "leads" : "follows")}{(moment.Length > 0 ? ", rested" : "")}",
                $"RSS {Report.Mb(memory.ResidentBytes)} ({memory.ResidentBytes / count:#,0} bytes a message), "
                    + $"anonymous {Report.Mb(memory.AnonymousBytes)}, highest {Report.Mb(memory.HighestBytes)}");
            report.Row("", $"disk {Report.Mb(disk)} ({disk / count:#,0} bytes a message), {view.Messages:#,0} messages wait");
            report.Note($"node{node.Id}{moment}RssBytes", memory.ResidentBytes);
            report.Note($"node{node.Id}{moment}AnonymousBytes", memory.AnonymousBytes);
            report.Note($"node{node.Id}{moment}HighestRssBytes", memory.HighestBytes);
            report.Note($"node{node.Id}{moment}DiskBytes", disk);
            report.Note($"node{node.Id}{moment}Messages", view.Messages);
            highest = Math.Max(highest, memory.ResidentBytes);
        }

        return highest;
    }

    private static void AddAim(Report report, int messages, int bytes, long highest)
    {
        switch (messages, bytes)
        {
            case ( <= Million, <= 1024):
                report.Aim("rss", "RSS under 200 MB a node", highest < MostBytesForAMillion, Found(highest, messages, Million));
                break;
            case ( <= 10 * Million, <= 100):
                report.Aim("rss", "RSS under 1 GiB a node", highest < MostBytesForTenMillion, Found(highest, messages, 10 * Million));
                break;
            default:
                report.Row("  aim", "none for so much: they are for 1,000,000 of 1 KiB and 10,000,000 of 100 bytes");
                break;
        }
    }

    /// <summary>What was found, and that less was asked than the aim is for, if so.</summary>
    private static string Found(long highest, int messages, int aimed) =>
        messages < aimed ? $"{Report.Mb(highest)}, with {messages:#,0} messages; the aim is for {aimed:#,0}" : Report.Mb(highest);
}
