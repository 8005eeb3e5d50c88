using RaftMQ.Consensus;
using RaftMQ.Consensus.Messages;
using RaftMQ.Queues;
using RaftMQ.Replica.Requests;

namespace RaftMQ.Replica;

/// <summary>
/// Linearizable reads without an entry in the log (thesis §6.4): an index from a leader that has confirmed that it leads, then a state that has applied it.
/// Two things are read: the topics or one of them, on any node, and the emptiness of a topic, on the leader.
/// </summary>
public sealed partial class QueueReplica
{
    private readonly Dictionary<ReadId, object> _reads = [];
    private readonly PriorityQueue<object, ulong> _readsToServe = new();
    private readonly Queue<PendingTopicRead> _readsByDeadline = new();
    private readonly List<PendingTopicRead> _readsWaiting = [];
    private ulong _lastRead;

    /// <summary>Reads among those to serve that have ended: their clients have left, or waited long enough for a state that does not come.</summary>
    private int _endedToServe;

    /// <summary>
    /// Reads that have their index and wait for a state that has applied it. Some may have ended meanwhile: no more than of the others, or than <see cref="ReplicaOptions.MaxForwardedReads"/>.
    /// </summary>
    public int ReadsToServe => _readsToServe.Count;

    private void OnTopicRead(PendingTopicRead request)
    {
        request.DeadlineMs = _nowMs + _options.LeaderWaitMilliseconds;
        _readsByDeadline.Enqueue(request);
        Read(request);
    }

    private void Read(PendingTopicRead request)
    {
        if (_stopping)
        {
            EndRead(request, RequestOutcome.Stopping);
            return;
        }

        if (_core.Role != Role.Leader && !_options.Forward)
        {
            EndRead(request, RequestOutcome.NotLeader);
            return;
        }

        if (IsRemoved || (IsHeldUp && _core.Role != Role.Leader))
        {
            EndRead(request, IsRemoved ? RequestOutcome.NoLeader : RequestOutcome.NotReady);
            return;
        }

        if (AskForRead(request) is { } read)
        {
            request.Read = read;
        }
        else
        {
            _readsWaiting.Add(request);
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
            Refuse(request, RequestOutcome.Overloaded, new LimitReached(NodeLimit.ForwardedReads, _options.MaxForwardedReads));
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

            if (waiter is PendingTopicRead topics)
            {
                topics.Read = null;
                _readsWaiting.Add(topics);
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
            _endedToServe -= waiter is PendingTopicRead { Result: not null } ? 1 : 0;
            if (waiter is PendingTopicRead { Result: null } read)
            {
                var served = new TopicReadResult(RequestOutcome.Replied, AppliedIndex.Value, _core.Leader?.Node);
                read.Result = read.Topic is { } topic ? served with { Topic = _machine.Look(topic) } : served with { Topics = [.. _machine.Topics] };
                _ports.Complete(read);
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

    private void OnTopicReadGone(PendingTopicRead request)
    {
        if (request.Result is null)
        {
            EndRead(request, RequestOutcome.Cancelled);
        }
    }

    private void ExpireReads()
    {
        if (_readsWaiting.Count > 0)
        {
            PendingTopicRead[] waiting = [.. _readsWaiting];
            _readsWaiting.Clear();
            foreach (PendingTopicRead request in waiting)
            {
                if (request.Result is null)
                {
                    Read(request);
                }
            }
        }

        while (_readsByDeadline.TryPeek(out PendingTopicRead? first) && (first.Result is not null || first.DeadlineMs <= _nowMs))
        {
            _readsByDeadline.Dequeue();
            if (first.Result is null)
            {
                bool hasIndex = first.Read is { } read && !_reads.ContainsKey(read);
                EndRead(first, hasIndex ? RequestOutcome.NotReady : RequestOutcome.NoLeader);
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

    private void EndRead(PendingTopicRead request, RequestOutcome outcome)
    {
        bool isToServe = request.Read is { } read && !_reads.Remove(read);
        request.Result = new TopicReadResult(outcome, AppliedIndex.Value, _core.Leader?.Node);
        _ports.Complete(request);
        if (isToServe && ++_endedToServe > Math.Max(_options.MaxForwardedReads, _readsToServe.Count / 2))
        {
            ForgetEndedReads();
        }
    }

    /// <summary>A node that gets no further, for want of room on its disk, would keep them for as long.</summary>
    private void ForgetEndedReads()
    {
        (object Waiter, ulong Index)[] waiting = [.. _readsToServe.UnorderedItems.Where(item => item.Element is not PendingTopicRead { Result: not null })];
        _readsToServe.Clear();
        _readsToServe.EnqueueRange(waiting);
        _endedToServe = 0;
    }

    private void EndAllReads(RequestOutcome outcome)
    {
        foreach (PendingTopicRead request in _readsByDeadline)
        {
            if (request.Result is null)
            {
                EndRead(request, outcome);
            }
        }
    }
}
