using RaftMQ.Consensus;
using RaftMQ.Queues;
using RaftMQ.Replica.Disk;
using RaftMQ.Replica.Requests;

namespace RaftMQ.Replica;

/// <summary>
/// The machine knows only where a body stands. The node whose client waits for it takes it from the end of the log in memory, or has it read: many at once, and never on
/// the replica's own time.
/// </summary>
public sealed partial class QueueReplica
{
    /// <summary>So many are read at once at most: small ones may lie far apart, and each costs a look at its neighbourhood.</summary>
    private const int MaxBodiesPerLoad = 1_024;

    private readonly Queue<PendingCommand> _bodiesWanted = new();
    private readonly List<PendingCommand> _bodiesUnderWay = [];

    /// <summary>A request's entry was applied: it ends at once, or when the body that it took is here.</summary>
    private void EndApplied(PendingCommand request, in QueueReply reply)
    {
        if (reply.Body.IsNone)
        {
            End(request, RequestOutcome.Replied, reply);
        }
        else if (_core.Log.TryGet(new LogIndex(reply.Body.Index), out LogEntry entry))
        {
            End(request, RequestOutcome.Replied, reply, reply.Body.In(entry.Payload));
        }
        else
        {
            request.Stage = RequestStage.Loading;
            request.Reply = reply;
            _bodiesWanted.Enqueue(request);
        }
    }

    /// <summary>
    /// Whether a body has yet to be asked for whose message was taken at an index or before. A snapshot behind that index does not refer to it, and when only such are left it goes:
    /// until then none is taken. What is under way is read before a snapshot that is asked for later is written.
    /// </summary>
    private bool AwaitsBodyUpTo(LogIndex index)
    {
        foreach (PendingCommand request in _bodiesWanted)
        {
            if (request.Position.Index <= index)
            {
                return true;
            }
        }

        return false;
    }

    private void LoadBodies()
    {
        if (_bodiesWanted.Count == 0 || _bodiesUnderWay.Count > 0)
        {
            return;
        }

        long bytes = 0;
        while (_bodiesUnderWay.Count < MaxBodiesPerLoad && _bodiesWanted.TryPeek(out PendingCommand? request)
            && (_bodiesUnderWay.Count == 0 || bytes + request.Reply.Body.Length <= _options.BodyLoadBytes))
        {
            _bodiesWanted.Dequeue();
            if (request.Stage == RequestStage.Loading)
            {
                bytes += request.Reply.Body.Length;
                _bodiesUnderWay.Add(request);
            }
        }

        if (_bodiesUnderWay.Count > 0)
        {
            _bodiesUnderWay.Sort((a, b) => a.Reply.Body.Index.CompareTo(b.Reply.Body.Index));
            _ports.AskDisk(new BodyLoad([.. _bodiesUnderWay.Select(request => request.Reply.Body)]));
        }
    }

    private void OnBodiesLoaded(BodiesLoadedInput loaded)
    {
        Invariant.Require(loaded.Bodies.Count == _bodiesUnderWay.Count, "what is loaded is what was asked for");
        for (int i = 0; i < loaded.Bodies.Count; i++)
        {
            PendingCommand request = _bodiesUnderWay[i];
            if (request.Stage == RequestStage.Loading)
            {
                End(request, RequestOutcome.Replied, request.Reply, loaded.Bodies[i]);
            }
        }

        _bodiesUnderWay.Clear();
    }
}
