using RaftMQ.Queues;
using RaftMQ.Replica.Requests;
using RaftMQ.Simulation.Histories;
using RaftMQ.Simulation.Runs;

namespace RaftMQ.Simulation.World;

/// <summary>The rare situations that show in what clients are told.</summary>
internal sealed partial class Clients
{
    private readonly Dictionary<string, ulong> _firstDone = [];
    private bool _diskWasFull;
    private bool _memoryWasFull;

    private void Count(in RequestResult result, Attempt attempt, SimulatedNode node)
    {
        Operation operation = attempt.Operation;
        bool isDone = result.Outcome == RequestOutcome.Replied && result.Reply.Outcome == QueueOutcome.Done;
        if (result.Outcome == RequestOutcome.Overwritten)
        {
            _world.Reach.Count(Situation.Overwritten);
        }

        if (result is { Outcome: RequestOutcome.Replied, Reply.Outcome: QueueOutcome.TopicFullMessages or QueueOutcome.TopicFullBytes or QueueOutcome.DropBoundReached })
        {
            _world.Reach.Count(Situation.TopicFull);
        }

        bool isPublish = operation.Kind == OperationKind.Publish;
        if (_diskWasFull && isDone && isPublish)
        {
            _diskWasFull = false;
            _world.Reach.Count(Situation.DiskFullRefusedAndRecovered);
        }

        if (_memoryWasFull && isDone && isPublish)
        {
            _memoryWasFull = false;
            _world.Reach.Count(Situation.MemoryFullRefusedAndRecovered);
        }

        _memoryWasFull |= result.Outcome == RequestOutcome.MemoryFull && isPublish;
        _diskWasFull |= result.Outcome == RequestOutcome.DiskFull && isPublish;
        if (operation.Key is { } key && result.Outcome == RequestOutcome.Replied && result.Reply.Outcome != QueueOutcome.RequestKeyReused)
        {
            CountKey(key, isDone, result.Reply.Index, attempt, node);
        }
    }

    private void CountKey(string key, bool isDone, ulong index, Attempt attempt, SimulatedNode node)
    {
        if (_firstDone.TryGetValue(key, out ulong first) && index > first)
        {
            _world.Reach.Count(Situation.KeyExpiredThenUsed);
        }

        if (!isDone)
        {
            return;
        }

        _firstDone.TryAdd(key, index);
        if (index > attempt.CommittedBefore)
        {
            return;
        }

        Invariants.ClusterHistory cluster = _world.Ghost.Cluster!;
        if (cluster.Committed.TermAt(index) < cluster.Ballots.HighestLed)
        {
            _world.Reach.Count(Situation.DedupHitAfterFailover);
        }

        if (index <= node.CommittedAtStart)
        {
            _world.Reach.Count(Situation.DedupHitAfterRestart);
        }
    }
}
