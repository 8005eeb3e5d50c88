using System.Text.Json;

namespace RaftMQ.Bench.Clusters;

/// <summary>
/// A cluster whose nodes are processes of this benchmark, one by one, so that each can be killed, started again and looked into. Its limits are raised as far as a configuration can: what is
/// measured is how a node bears a backlog, not where it refuses one.
/// </summary>
internal sealed class NodeSet : IStarted
{
    private const long MostMessages = 1_000_000_000;
    private const long MostBytes = 1L << 40;
    private static readonly TimeSpan StartTimeout = TimeSpan.FromSeconds(60);

    private NodeSet(IReadOnlyList<ServedNode> nodes)
    {
        Nodes = nodes;
        Cluster = new Cluster([.. nodes.Select(node => node.Port)], this);
    }

    public IReadOnlyList<ServedNode> Nodes { get; }

    /// <summary>The nodes as a cluster.</summary>
    public Cluster Cluster { get; }

    public bool HasExited => Nodes.Any(node => node.HasExited);

    public string LastLines => string.Join('\n', Nodes.Select(node => $"node {node.Id}:\n{node.LastLines}"));

    /// <summary>Starts the nodes and waits until all are members and one leads.</summary>
    /// <param name="server">The path of raftmq.dll.</param>
    /// <param name="count">How many nodes.</param>
    /// <param name="folder">Where their data and configurations are put.</param>
    public static NodeSet Start(string server, int count, string folder)
    {
        Cluster.RequireServer(server);
        var set = new NodeSet(Configure(Path.ChangeExtension(server, null), count, folder));
        try
        {
            foreach (ServedNode node in set.Nodes)
            {
                node.Start();
            }

            set.Cluster.WaitUntil(
                views => views.Count == count && views.All(view => view.IsMember) && views.Any(view => view.Leads), StartTimeout, "all nodes are members and one leads");
            return set;
        }
        catch
        {
            set.Dispose();
            throw;
        }
    }

    /// <summary>The node behind a view.</summary>
    public ServedNode Of(NodeView view) => Nodes.First(node => node.Port == view.Port);

    /// <summary>Waits until all nodes have applied what the leader knows to be committed.</summary>
    public IReadOnlyList<NodeView> WaitUntilAllApplied(TimeSpan timeout)
    {
        ulong committed = Cluster.Leader().CommitIndex;
        return Cluster.WaitUntil(
            views => views.Count == Nodes.Count && views.All(view => view.AppliedIndex >= committed), timeout, $"all nodes have applied entry {committed}");
    }

    public void Dispose()
    {
        foreach (ServedNode node in Nodes)
        {
            node.Stop();
        }
    }

    private static ServedNode[] Configure(string program, int count, string folder)
    {
        using var ports = new ReservedPorts(2 * count);
        var members = Enumerable.Range(1, count)
            .Select(id => new { id, client = $"127.0.0.1:{ports.Ports[id - 1]}", peer = $"127.0.0.1:{ports.Ports[count + id - 1]}" })
            .ToList();
        var limits = new { maxMessages = MostMessages, maxMessagesPerTopic = MostMessages, maxBytes = MostBytes, maxBytesPerTopic = MostBytes };
        var nodes = new ServedNode[count];
        for (int id = 1; id <= count; id++)
        {
            string home = Directory.CreateDirectory(Path.Combine(folder, $"node{id}")).FullName;
            string configuration = Path.Combine(home, "node.json");
            string data = Path.Combine(home, "data");
            File.WriteAllText(configuration, JsonSerializer.Serialize(new { nodeId = id, dataFolder = data, members, limits }));
            nodes[id - 1] = new ServedNode(program, id, ports.Ports[id - 1], configuration, data);
        }

        return nodes;
    }
}
