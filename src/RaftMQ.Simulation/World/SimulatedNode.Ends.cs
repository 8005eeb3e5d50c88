using RaftMQ.Replica;
using RaftMQ.Simulation.Disk;
using RaftMQ.Simulation.Histories;
using RaftMQ.Simulation.Traces;
using RaftMQ.Storage;

namespace RaftMQ.Simulation.World;

/// <summary>How a process ends in order: asked to stop, by a failure of its disk, or to begin a new life; whoever waits is answered (<c>NodeLife</c>, <c>RaftNode</c>).</summary>
internal sealed partial class SimulatedNode
{
    private const int LastRepliesMs = 1_000;

    private long _stopStartedMs = -1;
    private bool _emptyingWasCutShort;
    private long _handedOverMs = long.MinValue / 2;

    /// <summary>The process is asked to stop, as an operator's restart does.</summary>
    public void Stop(bool handOver)
    {
        if (IsRunning && _stopStartedMs < 0)
        {
            _world.Trace.Note(_world.Now, Id, TraceKind.Stop, handOver ? 1 : 0);
            Post(new StopInput(handOver));
        }
    }

    /// <summary>A stop that was asked for is over now.</summary>
    public void FinishStopping()
    {
        if (IsRunning && (_stopStartedMs >= 0 || _inbox.Exists(input => input is StopInput)))
        {
            Die(powerIsLost: false);
        }
    }

    private bool HasStopped()
    {
        if (_stopStartedMs < 0)
        {
            return false;
        }

        long now = Clock.MonotonicMs(_world.Now);
        if (Replica!.IsHandingOver)
        {
            _handedOverMs = now;
            return now - _stopStartedMs > Replica.HandOverMs;
        }

        bool lingers = now - _handedOverMs < Replica.LingerMs;
        return (!lingers && !Replica.HasRequestsUnderWay) || now - _stopStartedMs > Replica.HandOverMs + LastRepliesMs;
    }

    /// <summary>The process ends in order: everything that waits is answered.</summary>
    private void End(string reason)
    {
        _world.Trace.Note(_world.Now, Id, TraceKind.Ended, text: reason);
        AnswerAll(_inbox);
        _world.Clients.RequireAnswered(this, kept: 0);
        Leave();
        _world.Clients.OnNodeEnded(this);
        AfterDeath(powerIsLost: false);
    }

    private void AnswerAll(List<ReplicaInput> waiting)
    {
        try
        {
            _stepsLeft = 0;
            Replica!.EndAllRequests();
        }
        catch (Exception e)
        {
            _world.Findings.Report("I22", $"node {Id} cannot end its requests: {e}");
        }

        Refuse(waiting);
    }

    private void Refuse(IEnumerable<ReplicaInput> waiting)
    {
        foreach (ReplicaInput input in waiting)
        {
            if (input is CommandInput { Request: SimulatedCommand command })
            {
                _world.Clients.OnEnded(command.Attempt, Ending.NotDone);
            }
            else if (input is TopicReadInput { Request: SimulatedTopicRead topics })
            {
                _world.Clients.OnEnded(topics.Attempt, Ending.NotDone);
            }
        }
    }

    /// <summary>A birth was given up, or damage was met: the folder is emptied, and a new life begins in the same process. What clients wait for is kept for it.</summary>
    /// <param name="why">What was given up, or is damaged.</param>
    /// <param name="empty">Empties the folder, or says why not; then the process ends.</param>
    private void BeginAnew(string why, Func<string?> empty)
    {
        _world.Trace.Note(_world.Now, Id, TraceKind.NewLife, text: why);
        ReplicaInput[] clients = [.. _inbox.Where(input => input is CommandInput or TopicReadInput or CommandGoneInput or TopicReadGoneInput)];
        bool isStopping = _stopStartedMs >= 0;
        AnswerAll([]);
        _world.Clients.RequireAnswered(this, kept: clients.Count(input => input is CommandInput or TopicReadInput));
        Leave();
        if (!TryEmpty(empty, out string? objection))
        {
            _world.Clients.OnNodeEnded(this);
            AfterDeath(MayLosePower());
            return;
        }

        if (objection is not null || isStopping)
        {
            _world.Trace.Note(_world.Now, Id, TraceKind.Ended, text: objection);
            Refuse(clients);
            _world.Clients.OnNodeEnded(this);
            AfterDeath(powerIsLost: false);
            return;
        }

        Start();
        if (!IsRunning)
        {
            _world.Clients.OnNodeEnded(this);
            return;
        }

        _underWay = clients.Count(input => input is CommandInput or TopicReadInput);
        foreach (ReplicaInput input in clients)
        {
            Post(input);
        }
    }

    /// <summary>Empties the folder, unless the machine or the disk stops it half way.</summary>
    private bool TryEmpty(Func<string?> empty, out string? objection)
    {
        objection = null;
        try
        {
            objection = empty();
            HasNewDisk |= objection is null;
            Disk.RestartProcess();
            return true;
        }
        catch (Exception e) when (e is SimulatedCrashException or StorageFailedException or IOException)
        {
            _emptyingWasCutShort = true;
            return false;
        }
    }

    private string? Discard()
    {
        DataFolder.Discard(Disk);
        return null;
    }
}
