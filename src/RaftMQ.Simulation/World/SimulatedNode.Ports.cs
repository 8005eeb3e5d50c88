using RaftMQ.Consensus;
using RaftMQ.Replica;
using RaftMQ.Replica.Disk;
using RaftMQ.Replica.Peers;
using RaftMQ.Replica.Requests;
using RaftMQ.Simulation.Runs;
using RaftMQ.Simulation.Traces;

namespace RaftMQ.Simulation.World;

/// <summary>What the replica asks of the world. The process may end before and after each of these steps.</summary>
internal sealed partial class SimulatedNode : IReplicaPorts
{
    bool IReplicaPorts.Send(PeerMessage message)
    {
        Step();
        _world.Ghost.OnSending(this, message);
        bool sent = _world.Network.Send(this, message);
        if (sent && message is ForwardRequest forward)
        {
            _world.Clients.OnForwarded(forward.Command);
        }
        else if (message is ForwardResponse { Verdict: ForwardVerdict.Proposed } && _handling is PeerMessageInput { Message: ForwardRequest taken })
        {
            _world.Clients.OnProposed(taken.Command);
        }

        Step();
        return sent;
    }

    void IReplicaPorts.AskDisk(DiskWork work)
    {
        Step();
        if (work is BodyLoad)
        {
            _world.Reach.Count(Situation.BodyReadBack);
        }

        if (work is AsideRemoval)
        {
            _world.Ghost.OnAsideRemoval(this);
        }

        if (work is SnapshotPieceWrite { Piece: var piece })
        {
            ReceivesSnapshot = true;
            FurthestOfSnapshots = Math.Max(FurthestOfSnapshots, piece.Offset);
            if (piece.IsLast)
            {
                _world.Ghost.OnInstalling(this, piece.Snapshot);
            }
        }

        if (work is PersistBatch batch)
        {
            _world.Ghost.OnGiven(this, batch);
            TemptFate(batch);
            _world.Trace.Note(
                _world.Now,
                Id,
                TraceKind.Persist,
                (long)batch.Id,
                (long)(batch.Records.HardState?.CurrentTerm.Value ?? 0),
                (long)(batch.Records.TruncateFrom?.Value ?? 0),
                batch.Records.Entries.Count);
            _world.Trace.Add(batch.Records.HardState?.VotedFor?.Node.Value ?? 0);
            _world.Trace.Add(batch.Records.HardState?.VotedFor?.Incarnation ?? 0);
        }

        _waiting.Add(work);
        ScheduleRun();
        Step();
    }

    /// <summary>Some moments are worse than others to be cut off, or to lose the power.</summary>
    private void TemptFate(PersistBatch batch)
    {
        bool hasLog = batch.Records.Entries.Count > 0 || batch.Records.TruncateFrom is not null;
        if (batch.Records.HardState is not null && hasLog)
        {
            _world.Faults.OnTermWithLog(this);
        }

        // A leader has appended a configuration that nobody else has heard of yet.
        foreach (LogEntry entry in batch.Records.Entries)
        {
            if (entry.Kind == EntryKind.Membership && Replica!.Core.Role == Role.Leader)
            {
                _world.Faults.OnChange(this);
            }
        }
    }

    void IReplicaPorts.Complete(PendingCommand request)
    {
        Step();
        EndOnce(((SimulatedCommand)request).Attempt);
        _world.Clients.OnEnded((SimulatedCommand)request, this);
    }

    void IReplicaPorts.Complete(PendingTopicRead request)
    {
        Step();
        EndOnce(((SimulatedTopicRead)request).Attempt);
        _world.Clients.OnEnded((SimulatedTopicRead)request, this);
    }

    void IReplicaPorts.Complete(PendingChange request)
    {
        Step();
        _world.Trace.Note(_world.Now, Id, TraceKind.Report, (long)request.Outcome, text: $"{request.Change}: {request.Outcome} {request.Reason}");
        if (!((SimulatedChange)request).End())
        {
            _world.Findings.Report("I22", $"node {Id} ends a change twice");
        }
    }

    /// <summary>No client of this world asks for one.</summary>
    void IReplicaPorts.Complete(PendingBackup request) => throw new InvariantViolatedException("a backup that nobody asked for");

    private void EndOnce(Attempt attempt)
    {
        _underWay--;
        if (attempt.HasEnded)
        {
            _world.Findings.Report("I22", $"node {Id} ends a request twice");
        }

        attempt.HasEnded = true;
    }

    void IReplicaPorts.GiveUpBirth(string reason) => _givenUp = reason;

    /// <summary>No folder is ever restored here: one that has forgotten something has lost it.</summary>
    void IReplicaPorts.RefuseFolder(string reason)
    {
        _refused = reason;
        _world.Findings.Report("I20", $"node {Id} has forgotten what it promised: {reason}");
    }

    void IReplicaPorts.RefuseVersion(string reason) => _refusedVersion = reason;

    void IReplicaPorts.Report(EventLevel level, string text) => _world.Trace.Note(_world.Now, Id, TraceKind.Report, (long)level, text: text);
}
