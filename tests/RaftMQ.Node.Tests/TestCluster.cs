using System.Collections.Concurrent;
using Microsoft.Extensions.Logging.Abstractions;
using RaftMQ.Consensus;
using RaftMQ.Simulation.Disk;
using RaftMQ.Storage.Wal;

namespace RaftMQ.Node.Tests;

/// <summary>Nodes with real threads, simulated disks and links within the process.</summary>
internal sealed class TestCluster : IAsyncDisposable
{
    private readonly ConcurrentDictionary<NodeId, LoopNetwork> _links = [];
    private readonly Dictionary<uint, (RaftNode Node, LoopNetwork Network)> _running = [];
    private readonly Dictionary<uint, SimulatedDisk> _disks = [];
    private readonly Member[] _members;

    private readonly Func<NodeOptions, NodeOptions>? _configure;

    public TestCluster(int nodes, Func<NodeOptions, NodeOptions>? configure = null) =>
        (_configure, _members) = (configure, [.. Enumerable.Range(1, nodes).Select(id => new Member(new NodeId((uint)id), 0, $"peer{id}:1", $"client{id}:1"))]);

    public static TimeSpan Patience { get; } = TimeSpan.FromSeconds(30);

    public RaftNode this[uint id] => _running[id].Node;

    public IEnumerable<uint> Ids => _members.Select(member => member.Node.Value);

    public SimulatedDisk Disk(uint id)
    {
        if (!_disks.TryGetValue(id, out SimulatedDisk? disk))
        {
            _disks.Add(id, disk = new SimulatedDisk(id));
        }

        return disk;
    }

    public RaftNode Start(uint id, uint? nodeId = null, bool repairsItself = true, ClusterVersions? believed = null)
    {
        var network = new LoopNetwork(_links) { Believed = believed };
        var options = new NodeOptions
        {
            Node = new NodeId(nodeId ?? id),
            Members = _members,
            Wal = new WalOptions { SegmentBytes = 1024 * 1024, MaxPayloadBytes = 64 * 1024 },
            RepairsItself = repairsItself,
            LeaderWaitMilliseconds = 20_000,
            RequestTimeoutMilliseconds = 20_000,
        };
        RaftNode node = RaftNode.Start(_configure?.Invoke(options) ?? options, Disk(id), network, NullLogger.Instance);
        _running[id] = (node, network);
        return node;
    }

    public async Task<uint> StartAllAsync()
    {
        foreach (uint id in Ids)
        {
            Start(id);
        }

        await EventuallyAsync(() => Leader is not null && _running.Values.All(running => running.Node.Status.Phase == NodePhase.Member));
        return Leader!.Value;
    }

    public uint? Leader => _running.Where(running => running.Value.Node.Status.Role == Role.Leader).Select(running => (uint?)running.Key).FirstOrDefault();

    public async Task StopAsync(uint id, bool handOver)
    {
        (RaftNode node, LoopNetwork network) = _running[id];
        await node.StopAsync(handOver);
        _running.Remove(id);
        await network.DisposeAsync();
    }

    /// <summary>Waits for something to be so, looking again whenever the thread pool gets round to it.</summary>
    public static async Task EventuallyAsync(Func<bool> condition)
    {
        using var deadline = new CancellationTokenSource(Patience);
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(5));
        while (!condition())
        {
            await timer.WaitForNextTickAsync(deadline.Token);
        }
    }

    public async ValueTask DisposeAsync()
    {
        foreach (uint id in _running.Keys.ToArray())
        {
            await StopAsync(id, handOver: false);
        }
    }
}
