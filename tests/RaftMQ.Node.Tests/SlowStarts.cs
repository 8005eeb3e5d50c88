using System.Collections.Concurrent;
using Microsoft.Extensions.Logging.Abstractions;
using RaftMQ.Consensus;
using RaftMQ.Queues;
using RaftMQ.Replica.Requests;
using RaftMQ.Simulation.Disk;
using RaftMQ.Storage.Files;

namespace RaftMQ.Node.Tests;

/// <summary>While a node reads its log, requests wait for a bounded time, and are carried out if it is over by then.</summary>
public sealed class SlowStarts
{
    private static readonly byte[] CreateOrders = QueueCommandCodec.CreateTopic("orders");

    [Fact]
    public async Task A_request_that_comes_before_the_log_is_read_is_refused_when_its_time_is_over_and_nothing_is_done()
    {
        var disk = new HeldDisk();
        await using RaftNode node = Start(disk, leaderWaitMilliseconds: 50);

        RequestResult command = await node.SubmitAsync(CreateOrders, TestContext.Current.CancellationToken);
        TopicReadResult read = await node.ReadTopicAsync("orders", TestContext.Current.CancellationToken);

        (command.Outcome, read.Outcome).ShouldBe((RequestOutcome.NotReady, RequestOutcome.NotReady));
        node.Status.Phase.ShouldBe(NodePhase.Recovering);
        disk.Release();
    }

    [Fact]
    public async Task A_request_that_comes_before_the_log_is_read_is_carried_out_behind_it()
    {
        var disk = new HeldDisk();
        await using RaftNode node = Start(disk, leaderWaitMilliseconds: 30_000);

        ValueTask<RequestResult> waiting = node.SubmitAsync(CreateOrders, TestContext.Current.CancellationToken);
        waiting.IsCompleted.ShouldBeFalse();
        disk.Release();

        (await waiting).Outcome.ShouldBe(RequestOutcome.Replied);
    }

    private static RaftNode Start(HeldDisk disk, int leaderWaitMilliseconds)
    {
        var options = new NodeOptions
        {
            Node = new NodeId(1),
            Members = [new Member(new NodeId(1), 0, "peer1:1", "client1:1")],
            LeaderWaitMilliseconds = leaderWaitMilliseconds,
            RequestTimeoutMilliseconds = 30_000,
        };
        return RaftNode.Start(options, disk, new LoopNetwork(new ConcurrentDictionary<NodeId, LoopNetwork>()), NullLogger.Instance);
    }

    /// <summary>A disk whose first answer takes until somebody lets it go on.</summary>
    private sealed class HeldDisk : IFileSystem
    {
        private readonly SimulatedDisk _disk = new(1);
        private readonly ManualResetEventSlim _released = new();

        public string Description => "a held disk";

        public long FreeBytes => _disk.FreeBytes;

        public void Release() => _released.Set();

        public IReadOnlyList<string> List()
        {
            _released.Wait(TestCluster.Patience);
            return _disk.List();
        }

        public IFile Open(string name) => _disk.Open(name);

        public IFile Create(string name) => _disk.Create(name);

        public void Rename(string from, string to) => _disk.Rename(from, to);

        public void Delete(string name) => _disk.Delete(name);

        public void SyncFolder() => _disk.SyncFolder();

        public IDisposable? TryLock() => ((IFileSystem)_disk).TryLock();
    }
}
