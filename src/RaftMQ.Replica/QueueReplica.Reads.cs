using RaftMQ.Consensus;
using RaftMQ.Consensus.Messages;
using RaftMQ.Queues;
using RaftMQ.Replica.Requests;

namespace RaftMQ.Replica;

/// <summary>
/// Linearizable reads without an entry in the log (thesis §6.4): an index from a leader that has confirmed that it leads, then a state that has applied it.
/// Two things are read: the topics, on any node, and the emptiness of a topic, on the leader.
/// </summary>
public sealed partial class QueueReplica
{
    private readonly Dictionary<ReadId, object> _reads = [];
    private readonly PriorityQueue<object, ulong> _readsToServe = new();
    private readonly Queue<PendingTopics> _topicsByDeadline = new();
    private readonly List<PendingTopics> _topicsWaiting = [];
    private ulong _lastRead;

    private void OnTopics(PendingTopics request)
    {
        request.DeadlineMs = _nowMs + _options.LeaderWaitMilliseconds;
        _topicsByDeadline.Enqueue(request);
        AskForTopics(request);
    }

    private void AskForTopics(PendingTopics request)
    {
        if (_stopping)
        {
            EndTopics(request, RequestOutcome.Stopping);
            return;
        }

        if (_core.Role != Role.Leader && !_options.Forward)
        {
            EndTopics(request, RequestOutcome.NotLeader);
            return;
        }

        if (AskForRead(request) is { } read)
        {
            request.Read = read;
        }
        else
        {
            _topicsWaiting.Add(request);
        }
    }

    private ReadId? AskForRead(object waiter)
    {
        var read = new ReadId(++_lastRead);
        if (!_core.RequestRead(read))
        {
            return null;
        }

        _reads.Add(read, waiter);
        return read;
    }

    private void ReadForPop(PendingCommand request)
    {
        bool tooMany = request.Origin is not null && _readingForOthers.Count >= _options.MaxForwardedReads;
        if (tooMany)
        {
            End(request, RequestOutcome.Overloaded);
            return;
        }

        if (AskForRead(request) is null)
        {
            Wait(request);
            return;
        }

        request.Stage = RequestStage.Reading;
        if (request.Origin is { } origin)
        {
            _readingForOthers[origin] = request;
        }
    }

    private void TakeReads()
    {
        foreach (ReadReady ready in _output.ReadsReady)
        {
            if (_reads.Remove(ready.Read, out object? waiter))
            {
                _readsToServe.Enqueue(waiter, ready.Index.Value);
            }
        }

        foreach (ReadId lost in _output.ReadsLost)
        {
            if (!_reads.Remove(lost, out object? waiter))
            {
                continue;
            }

            if (waiter is PendingTopics topics)
            {
                topics.Read = null;
                _topicsWaiting.Add(topics);
            }
            else if (waiter is PendingCommand { Stage: RequestStage.Reading } pop)
            {
                if (pop.Origin is { } origin)
                {
                    _readingForOthers.Remove(origin);
                }

                Wait(pop);
            }
        }
    }

    private void ServeReads()
    {
        while (_readsToServe.TryPeek(out object? waiter, out ulong index) && index <= AppliedIndex.Value)
        {
            _readsToServe.Dequeue();
            if (waiter is PendingTopics { Result: null } topics)
            {
                topics.Result = new TopicsResult(RequestOutcome.Replied, [.. _machine.Topics], AppliedIndex.Value, _core.Leader?.Node);
                _ports.Complete(topics);
            }
            else if (waiter is PendingCommand { Stage: RequestStage.Reading } pop)
            {
                ServePop(pop);
            }
        }
    }

    private void ServePop(PendingCommand pop)
    {
        long? count = _machine.Count(pop.Header.Topic);
        if (count is null or 0)
        {
            QueueOutcome outcome = count is null ? QueueOutcome.NoSuchTopic : QueueOutcome.Empty;
            End(pop, RequestOutcome.Replied, new QueueReply(outcome, default, AppliedIndex.Value));
            return;
        }

        if (pop.Origin is { } origin)
        {
            _readingForOthers.Remove(origin);
        }

        if (_core.Role == Role.Leader)
        {
            Propose(pop);
        }
        else
        {
            Wait(pop);
        }
    }

    private void OnTopicsGone(PendingTopics request)
    {
        if (request.Result is null)
        {
            EndTopics(request, RequestOutcome.Cancelled);
        }
    }

    private void ExpireTopics()
    {
        if (_topicsWaiting.Count > 0)
        {
            PendingTopics[] waiting = [.. _topicsWaiting];
            _topicsWaiting.Clear();
            foreach (PendingTopics request in waiting)
            {
                if (request.Result is null)
                {
                    AskForTopics(request);
                }
            }
        }

        while (_topicsByDeadline.TryPeek(out PendingTopics? first) && (first.Result is not null || first.DeadlineMs <= _nowMs))
        {
            _topicsByDeadline.Dequeue();
            if (first.Result is null)
            {
                EndTopics(first, RequestOutcome.NoLeader);
            }
        }

        if (_readingForOthers.Count > 0)
        {
            foreach (PendingCommand request in _readingForOthers.Values.Where(request => request.DeadlineMs <= _nowMs).ToArray())
            {
                End(request, RequestOutcome.NoLeader);
            }
        }
    }

    private void EndTopics(PendingTopics request, RequestOutcome outcome)
    {
        if (request.Read is { } read)
        {
            _reads.Remove(read);
        }

        request.Result = new TopicsResult(outcome, [], AppliedIndex.Value, _core.Leader?.Node);
        _ports.Complete(request);
    }

    private void EndAllTopics()
    {
        foreach (PendingTopics request in _topicsByDeadline)
        {
            if (request.Result is null)
            {
                EndTopics(request, RequestOutcome.Stopping);
            }
        }
    }
}
