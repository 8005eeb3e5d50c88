using RaftMQ.Consensus;
using RaftMQ.Queues;
using RaftMQ.Replica.Peers;
using RaftMQ.Replica.Requests;
using RaftMQ.Storage.Wal;

namespace RaftMQ.Replica;

/// <summary>The commands of this node's clients: where they go, how long they wait, and what may be claimed when they end.</summary>
public sealed partial class QueueReplica
{
    private readonly Queue<PendingCommand> _byLeaderDeadline = new();
    private readonly Queue<PendingCommand> _byDeadline = new();
    private readonly List<PendingCommand> _waiting = [];
    private readonly List<PendingCommand> _routing = [];

    private void OnCommand(PendingCommand request)
    {
        request.LeaderDeadlineMs = _nowMs + _options.LeaderWaitMilliseconds;
        request.DeadlineMs = _nowMs + Math.Max(_options.RequestTimeoutMilliseconds, _options.LeaderWaitMilliseconds);
        _byLeaderDeadline.Enqueue(request);
        _byDeadline.Enqueue(request);
        if (_stopping)
        {
            End(request, RequestOutcome.Stopping);
            return;
        }

        Route(request);
    }

    /// <summary>Sends a request on its way: into the log here, to the leader, or to wait for one.</summary>
    private void Route(PendingCommand request)
    {
        if (_core.Role == Role.Leader)
        {
            LeadRequest(request);
        }
        else if (!_options.Forward)
        {
            End(request, RequestOutcome.NotLeader);
        }
        else if (_space == WalSpace.Exhausted)
        {
            // Its own log, which answers its clients (docs/decisions/0003), takes nothing in: it would leave them waiting, and then not know.
            Refuse(request, RequestOutcome.DiskFull, OwnRoomLimit);
        }
        else if (IsRemoved)
        {
            // What is decided elsewhere does not come here any more.
            End(request, RequestOutcome.NoLeader);
        }
        else if (IsHeldUp && !request.MayHaveHappened)
        {
            End(request, RequestOutcome.NotReady);
        }
        else if (IsHeldUp || !TryForward(request))
        {
            Wait(request);
        }
    }

    /// <summary>On the leader: admits a request, and proposes it or reads for it.</summary>
    private void LeadRequest(PendingCommand request)
    {
        // What was carried out before is answered from memory and adds nothing; a policy may be what makes room.
        bool isNew = !request.Header.HasRequestKey || !_machine.Remembers(request.Command);
        bool addsToTheQueue = isNew && request.Header.Kind is (QueueCommandKind.Publish or QueueCommandKind.CreateTopic);
        if (addsToTheQueue && IsShortOfMemory)
        {
            Refuse(request, RequestOutcome.MemoryFull, new LimitReached(NodeLimit.MemoryBudget, _options.MemoryBudgetBytes));
            return;
        }

        bool hasRoom = addsToTheQueue ? _space == WalSpace.Ample && _core.MajorityAcceptsPublishes && FitsTheDisk(request) : _space != WalSpace.Exhausted;
        if (!hasRoom)
        {
            if (addsToTheQueue)
            {
                NoteTooSmallRoom(request);
            }

            Refuse(request, RequestOutcome.DiskFull, RoomLimit(request));
            return;
        }

        // A pop of an empty topic writes no entry: emptiness is a read. With a key it does, since only the log can tell whether the key was used.
        bool mayBeARead = request.Header.Kind == QueueCommandKind.Pop && !request.Header.HasRequestKey;
        if (mayBeARead && (_machine.Count(request.Header.Topic) ?? 0) == 0)
        {
            ReadForPop(request);
            return;
        }

        Propose(request);
    }

    private void Propose(PendingCommand request)
    {
        ProposeResult result = _core.Propose(_clock.Now, request.Command);
        switch (result.Outcome)
        {
            case ProposeOutcome.Proposed:
                OnProposed(request, result.Position);
                break;
            case ProposeOutcome.Overloaded:
                Refuse(request, RequestOutcome.Overloaded, UncommittedLimit);
                break;
            default:
                // Leadership is being handed over: the request waits for the next leader.
                Wait(request);
                break;
        }
    }

    private LimitReached UncommittedLimit => _core.Uncommitted.Entries >= _options.Raft.MaxUncommittedEntries
        ? new LimitReached(NodeLimit.UncommittedEntries, _options.Raft.MaxUncommittedEntries)
        : new LimitReached(NodeLimit.UncommittedBytes, _options.Raft.MaxUncommittedBytes);

    private void OnProposed(PendingCommand request, LogPosition position)
    {
        if (request.Origin is { } origin)
        {
            request.Stage = RequestStage.Done;
            _core.AwaitCommit(origin.Server, position.Index);
            Answer(origin, ForwardVerdict.Proposed, position);
            return;
        }

        _proposed.Add(request, position);
    }

    /// <summary>It was not done, for certain, and goes to the next leader while there is time.</summary>
    private void OnOverwritten(PendingCommand request)
    {
        if (_nowMs < request.LeaderDeadlineMs)
        {
            Wait(request);
        }
        else
        {
            End(request, RequestOutcome.Overwritten);
        }
    }

    private void Wait(PendingCommand request)
    {
        if (request.Origin is { } origin)
        {
            request.Stage = RequestStage.Done;
            Answer(origin, ForwardVerdict.NotLeader, LogPosition.Zero);
            return;
        }

        if (_stopping)
        {
            End(request, RequestOutcome.Stopping);
            return;
        }

        request.Stage = RequestStage.Waiting;
        _waiting.Add(request);
    }

    /// <summary>Tries every waiting request again; once a tick is often enough for what could not be sent.</summary>
    private void RouteWaiting()
    {
        if (_waiting.Count == 0)
        {
            return;
        }

        _routing.AddRange(_waiting);
        _waiting.Clear();
        foreach (PendingCommand request in _routing)
        {
            if (request.Stage == RequestStage.Waiting)
            {
                Route(request);
            }
        }

        _routing.Clear();
    }

    private void ExpireRequests()
    {
        while (_byLeaderDeadline.TryPeek(out PendingCommand? request) && (request.Stage == RequestStage.Done || request.LeaderDeadlineMs <= _nowMs))
        {
            _byLeaderDeadline.Dequeue();
            if (request.Stage is RequestStage.Waiting or RequestStage.Reading)
            {
                End(request, RequestOutcome.NoLeader);
            }
        }

        while (_byDeadline.TryPeek(out PendingCommand? request) && (request.Stage == RequestStage.Done || request.DeadlineMs <= _nowMs))
        {
            _byDeadline.Dequeue();
            if (request.Stage != RequestStage.Done)
            {
                End(request, request.MayHappen ? RequestOutcome.OutcomeUnknown : RequestOutcome.NoLeader);
            }
        }

        ExpireLastWords();
        ExpireReads();
    }

    private void OnCommandGone(PendingCommand request)
    {
        switch (request.Stage)
        {
            case RequestStage.Waiting:
            case RequestStage.Reading:
                End(request, RequestOutcome.Cancelled);
                break;
            case RequestStage.Forwarded:
                _ports.Send(new ForwardCancel(Identity.Server, request.ForwardedTo, request.Number));
                End(request, RequestOutcome.OutcomeUnknown);
                break;
            case RequestStage.Proposed:
            case RequestStage.Loading:
                End(request, RequestOutcome.OutcomeUnknown);
                break;
            default:
                break;
        }
    }

    private void Refuse(PendingCommand request, RequestOutcome outcome, LimitReached limit) => End(request, outcome, limit: limit);

    /// <summary>Ends a request of this node's client, or answers the node that passed it on.</summary>
    private void End(
        PendingCommand request, RequestOutcome outcome, in QueueReply reply = default, ReadOnlyMemory<byte> body = default, LimitReached limit = default)
    {
        if (request.Origin is { } origin)
        {
            request.Stage = RequestStage.Done;
            AnswerEnd(origin, outcome, reply, limit);
            return;
        }

        bool isDone = outcome == RequestOutcome.Replied && reply.Outcome == QueueOutcome.Done;
        bool isUndecided = request.MayHaveHappened && !isDone;
        _forwarded.Remove(request.Number);
        request.End(new RequestResult(
            isUndecided ? RequestOutcome.OutcomeUnknown : outcome, isUndecided ? default : reply, _core.Leader?.Node, body, isUndecided ? default : limit));
        _ports.Complete(request);
    }

    /// <summary>Whether there is still a request that the log may decide: an orderly stop waits for these.</summary>
    public bool HasRequestsUnderWay => _forwarded.Count > 0 || _proposed.Count > 0 || _bodiesWanted.Count > 0 || _bodiesUnderWay.Count > 0;

    /// <summary>This node was removed: what is decided from now on does not come here. What is only being read from its disk ends as it would.</summary>
    private void EndWhatIsDecidedElsewhere()
    {
        EndRequests(RequestOutcome.NoLeader, isDecidedHere: request => request.Stage is RequestStage.Done or RequestStage.Loading);
        _proposed.TakeUpTo(new LogIndex(ulong.MaxValue));
    }

    private void EndRequests(RequestOutcome ofWhatCannotHappen, Predicate<PendingCommand> isDecidedHere)
    {
        foreach (PendingCommand request in _byDeadline)
        {
            if (!isDecidedHere(request))
            {
                End(request, request.MayHappen ? RequestOutcome.OutcomeUnknown : ofWhatCannotHappen);
            }
        }

        EndAllReads(ofWhatCannotHappen);
    }

    /// <summary>Answers everything that still waits: the node is about to end.</summary>
    public void EndAllRequests()
    {
        _stopping = true;
        EndRequests(RequestOutcome.Stopping, isDecidedHere: request => request.Stage == RequestStage.Done);
        EndAllChanges();
        if (_backup is { IsWaiting: true } backup)
        {
            EndBackup(backup, RequestOutcome.Stopping);
        }

        _backup = null;
    }
}
