using System.Net;
using System.Net.Sockets;
using System.Text.Json;

namespace RaftMQ.Cluster.Tests;

/// <summary>Real nodes of `raftmq serve` on loopback, with ports from the system and folders that are removed.</summary>
internal sealed class ServeCluster : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("raftmq-cluster-").FullName;
    private readonly IReadOnlyList<Machine> _machines;
    private readonly object _limits;
    private readonly object _wal;
    private readonly object _repair;
    private readonly object _budgets;
    private readonly int _founders;
    private readonly RaftMqProcess?[] _processes;
    private readonly List<string> _outputs = [];

    /// <param name="nodes">How many.</param>
    /// <param name="limits">The limits that seed the birth, or null for the usual ones.</param>
    /// <param name="wal">Sizes of the log, or null for the usual ones.</param>
    /// <param name="repair">What becomes of damage, or null for the usual.</param>
    /// <param name="budgets">What each node may hold, or null for the usual.</param>
    /// <param name="founders">How many of them found the cluster; the others know themselves alone, and ask the first where to join.</param>
    /// <param name="machines">Where each runs, or null for loopback.</param>
    public ServeCluster(
        int nodes, object? limits = null, object? wal = null, object? repair = null, object? budgets = null, int? founders = null, IReadOnlyList<Machine>? machines = null)
    {
        _founders = founders ?? nodes;
        (_limits, _wal, _repair, _budgets) = (limits ?? new { }, wal ?? new { }, repair ?? new { }, budgets ?? new { });
        _machines = machines ?? Machine.OnLoopback(nodes);
        _processes = new RaftMqProcess?[nodes];
        Nodes = [.. Enumerable.Range(1, nodes).Select(id => new Node(id, _machines[id - 1].Client, _machines[id - 1].Http))];
        foreach (Node node in Nodes)
        {
            WriteConfiguration(node.Id, node.Id);
        }
    }

    public IReadOnlyList<Node> Nodes { get; }

    public Node this[int id] => Nodes[id - 1];

    public IEnumerable<Node> Running => Nodes.Where(node => InThisProcess.Contains(node.Id) || _processes[node.Id - 1] is { HasExited: false });

    /// <summary>The nodes that run in the process of the tests.</summary>
    public HashSet<int> InThisProcess { get; } = [];

    public RaftMqProcess Process(int id) => _processes[id - 1]!;

    public string DataOf(int id) => _machines[id - 1].Disk is { } disk ? Path.Combine(disk.Path, "data") : Path.Combine(_folder, $"data{id}");

    public string ConfigurationOf(int id) => Path.Combine(_folder, $"node{id}.json");

    public RaftMqProcess Start(int id)
    {
        _processes[id - 1]?.Dispose();
        return _processes[id - 1] = _machines[id - 1].Start("serve", "--config", ConfigurationOf(id));
    }

    public async Task<Node> StartAllAsync()
    {
        foreach (Node node in Nodes)
        {
            Start(node.Id);
        }

        return await LeaderAsync(allMembers: true);
    }

    /// <summary>Waits for a leader that all running nodes can use.</summary>
    public async Task<Node> LeaderAsync(bool allMembers = false)
    {
        Node? leader = null;
        await Eventually.TrueAsync(
            async () =>
            {
                Report?[] reports = await Task.WhenAll(Running.Select(node => node.ReportAsync()));
                int found = Array.FindIndex(reports, report => report is { Role: "Leader" });
                leader = found >= 0 ? Running.ElementAt(found) : null;
                return leader is not null && (!allMembers || (reports.Length == Nodes.Count && Array.TrueForAll(reports, report => report is { Phase: "Member" })));
            },
            () => "no leader\n" + Outputs());
        return leader!;
    }

    public void Kill(int id)
    {
        RaftMqProcess process = Process(id);
        process.Kill();
        _outputs.Add($"--- node {id}, killed\n{process.Output}");
    }

    public async Task StopAsync(int id)
    {
        Signals.Term(Process(id).Process);
        (await Process(id).ExitAsync()).ShouldBe(0);
    }

    /// <summary>The most memory that a node's process has had at a time.</summary>
    public long PeakMemoryBytes(int id)
    {
        string line = File.ReadLines($"/proc/{Process(id).Process.Id}/status").First(line => line.StartsWith("VmHWM:", StringComparison.Ordinal));
        return 1024 * long.Parse(line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[^2], System.Globalization.CultureInfo.InvariantCulture);
    }

    /// <summary>Stops leaders until this node is one.</summary>
    public async Task<Node> UntilLeadsAsync(int id)
    {
        Node leader = await LeaderAsync(allMembers: true);
        for (int stops = 0; leader.Id != id && stops < 20; stops++)
        {
            await StopAsync(leader.Id);
            Start(leader.Id);
            leader = await LeaderAsync(allMembers: true);
        }

        leader.Id.ShouldBe(id, Outputs());
        return leader;
    }

    public void Wipe(int id) => Directory.Delete(DataOf(id), recursive: true);

    public async Task UntilPhaseAsync(int id, string phase) =>
        await Eventually.TrueAsync(async () => (await this[id].ReportAsync())?.Phase == phase, () => $"node {id} is not {phase}\n" + Outputs());

    /// <summary>Until another node may be stopped as far as this one goes.</summary>
    public async Task UntilCaughtUpAsync(int id) =>
        await Eventually.TrueAsync(async () => (await this[id].ReportAsync())?.CaughtUp == true, () => $"node {id} does not catch up\n" + Outputs());

    /// <summary>All running nodes have applied the same, and say that they hold the same.</summary>
    public async Task UntilEqualAsync()
    {
        Report?[] reports = [];
        await Eventually.TrueAsync(
            async () =>
            {
                reports = await Task.WhenAll(Running.Select(node => node.ReportAsync()));
                return Array.TrueForAll(reports, report => report is not null) && reports.Select(report => report!.AppliedIndex).Distinct().Count() == 1;
            },
            () => $"the nodes do not get to the same index: {string.Join(", ", reports.Select(report => report?.ToString()))}\n{Outputs()}");
        reports.Select(report => report!.StateHash).Distinct().Count().ShouldBe(1, "equal applied indexes have equal state hashes (I11)");
    }

    public async Task UntilAppliedAsync(Node node, ulong index) =>
        await Eventually.TrueAsync(async () => (await node.ReportAsync())?.AppliedIndex >= index, () => $"node {node.Id} does not get to {index}\n" + Outputs());

    /// <summary>Points a node's configuration at a folder and an id.</summary>
    /// <param name="id">Which file.</param>
    /// <param name="nodeId">Which node.</param>
    /// <param name="data">Which folder, or null for its own.</param>
    /// <param name="joinsAt">The node that it asks where to join with an empty folder, if it is not to be a founder; usually the first one, for those that are none.</param>
    public void WriteConfiguration(int id, int nodeId, string? data = null, int? joinsAt = null)
    {
        bool isFounder = joinsAt is null && id <= _founders;
        Machine own = _machines[id - 1];
        IEnumerable<Node> known = Nodes.Where(node => isFounder ? node.Id <= _founders : node.Id == id);
        var members = known.Select(node => new { id = node.Id, client = _machines[node.Id - 1].Client.ToString(), peer = _machines[node.Id - 1].Peer.ToString() });
        var configuration = new Dictionary<string, object>
        {
            ["nodeId"] = nodeId,
            ["dataFolder"] = data ?? DataOf(id),
            ["members"] = members,
            ["limits"] = _limits,
            ["wal"] = _wal,
            ["repair"] = _repair,
            ["budgets"] = _budgets,
        };
        if (!isFounder)
        {
            configuration["join"] = this[joinsAt ?? 1].Url.ToString();
        }

        if (own.PeerListen is { } listens)
        {
            configuration["peerListen"] = listens.ToString();
            configuration["allowInsecure"] = true;
        }

        File.WriteAllText(ConfigurationOf(id), JsonSerializer.Serialize(configuration));
    }

    /// <summary>The addresses of a node, as <c>raftmq cluster</c> takes them.</summary>
    public string[] AddressesOf(int id) => ["--client", _machines[id - 1].Client.ToString(), "--peer", _machines[id - 1].Peer.ToString()];

    /// <summary>Runs <c>raftmq cluster</c> against a node until it ends.</summary>
    public async Task<(int ExitCode, string Output)> OperateAsync(int at, params string[] arguments)
    {
        using RaftMqProcess process = _machines[at - 1].Start(["cluster", .. arguments, "--url", this[at].Url.ToString()]);
        int exitCode = await process.ExitAsync();

        // The last lines come behind the end.
        process.Process.WaitForExit();
        return (exitCode, process.Output);
    }

    /// <summary>What a data folder takes.</summary>
    public static long FolderBytesOf(string data) => new DirectoryInfo(data).EnumerateFiles().Sum(file => file.Exists ? file.Length : 0);

    public string Outputs() => string.Join("\n", _outputs.Concat(Nodes.Where(node => _processes[node.Id - 1] is not null).Select(node => $"--- node {node.Id}\n{Process(node.Id).Output}")));

    public void Dispose()
    {
        Array.ForEach(_processes, process => process?.Dispose());
        Directory.Delete(_folder, recursive: true);
    }

    public static int[] FreePorts(int count)
    {
        TcpListener[] open = [.. Enumerable.Range(0, count).Select(_ => new TcpListener(IPAddress.Loopback, 0))];
        Array.ForEach(open, listener => listener.Start());
        int[] ports = [.. open.Select(listener => ((IPEndPoint)listener.LocalEndpoint).Port)];
        Array.ForEach(open, listener => listener.Stop());
        return ports;
    }
}
