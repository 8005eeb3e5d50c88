using RaftMQ.Consensus;
using RaftMQ.Queues;
using RaftMQ.Replica.Peers;
using RaftMQ.Replica.Requests;

namespace RaftMQ.Replica;

/// <summary>
/// Any node takes any command and passes it to the leader, one hop. The leader says where it stands in the log; the forwarder's own log says how it ends.
/// It is sent again only if it was definitely not proposed, if another entry stands in its place for good, or if it has a request key.
/// </summary>
public sealed partial class QueueReplica
{
    private readonly Dictionary<ulong, PendingCommand> _forwarded = [];
    private readonly Dictionary<(ServerId Server, ulong Request), PendingCommand> _readingForOthers = [];
    private readonly List<PendingCommand> _undecided = [];
    private readonly Queue<(ulong Number, long UntilMs)> _lastWords = new();
    private ulong _lastNumber;

    /// <summary>The leader that has sent requests back, since it is handing over: from when on it is asked again, and how much later after that, in milliseconds.</summary>
    private (ServerId By, long UntilMs, long PauseMs)? _declined;

    private bool TryForward(PendingCommand request)
    {
        if (IsNewborn || _core.Leader is not { } leader || leader == Identity.Server)
        {
            return false;
        }

        request.Number = ++_lastNumber;
        long remaining = Math.Clamp(request.LeaderDeadlineMs - _nowMs, 1, uint.MaxValue);
        if (!_ports.Send(new ForwardRequest(Identity.Server, leader, request.Number, (uint)remaining, request.Command)))
        {
            return false;
        }

        request.Stage = RequestStage.Forwarded;
        request.ForwardedTo = leader;
        _forwarded.Add(request.Number, request);
        return true;
    }

    private void OnForwardRequest(ForwardRequest forward)
    {
        (ServerId From, ulong Request) origin = (forward.From, forward.Request);
        if (forward.Command.Length > LogEntry.MaxPayloadBytes)
        {
            _ports.Report(EventLevel.Warning, $"dropped a command of {forward.Command.Length} bytes from node {forward.From.Node}; {LogEntry.MaxPayloadBytes} are allowed");
            return;
        }

        if (!QueueCommandCodec.TryReadHeader(forward.Command.Span, out QueueCommandHeader header))
        {
            // A newer node's command, or rubbish: the machine refuses it by the same rule everywhere.
            header = new QueueCommandHeader(QueueCommandKind.Publish, string.Empty, false);
        }

        if (_core.Role != Role.Leader || _stopping)
        {
            Answer(origin, ForwardVerdict.NotLeader, LogPosition.Zero);
            return;
        }

        LeadRequest(new PendingCommand(forward.Command, header) { Origin = origin, DeadlineMs = _nowMs + forward.DeadlineMs });
    }

    private void OnForwardResponse(ForwardResponse response)
    {
        bool isAwaited = _forwarded.TryGetValue(response.Request, out PendingCommand? request) && request.ForwardedTo == response.From;
        if (!isAwaited)
        {
            return;
        }

        _forwarded.Remove(response.Request);
        _declined = response.Verdict == ForwardVerdict.NotLeader ? _declined : null;
        switch (response.Verdict)
        {
            case ForwardVerdict.Proposed:
                AwaitOwnLog(request!, response.Position);
                break;
            case ForwardVerdict.NotLeader:
                OnDeclined(request!, response.From);
                break;
            case ForwardVerdict.Overloaded:
                Refuse(request!, RequestOutcome.Overloaded, response.Limit);
                break;
            case ForwardVerdict.DiskFull:
                Refuse(request!, RequestOutcome.DiskFull, response.Limit);
                break;
            case ForwardVerdict.MemoryFull:
                Refuse(request!, RequestOutcome.MemoryFull, response.Limit);
                break;
            case ForwardVerdict.Empty:
                End(request!, RequestOutcome.Replied, new QueueReply(QueueOutcome.Empty, default, response.Position.Index.Value));
                break;
            case ForwardVerdict.NoSuchTopic:
                End(request!, RequestOutcome.Replied, new QueueReply(QueueOutcome.NoSuchTopic, default, response.Position.Index.Value));
                break;
            default:
                Invariant.Require(false, "the transport lets only known verdicts through");
                break;
        }
    }

    /// <summary>
    /// It was not done, for certain. Whoever leads by now has it at once; one that leads still has it again after a tick, and after twice as long with each time it declines: all that wait would
    /// else go there and back with every tick, over the links by which it hands over.
    /// </summary>
    private void OnDeclined(PendingCommand request, ServerId by)
    {
        if (_core.Leader != by)
        {
            Route(request);
            return;
        }

        if (_declined is not { } before || before.By != by || before.UntilMs <= _nowMs)
        {
            long pause = _declined?.By == by ? Math.Min(2 * _declined.Value.PauseMs, ElectionTimeoutMs / 2) : _options.TickMilliseconds;
            _declined = (by, _nowMs + pause, pause);
        }

        Wait(request);
    }

    private void AwaitOwnLog(PendingCommand request, LogPosition position)
    {
        if (position.Index > AppliedIndex && position.Term >= _appliedTerm)
        {
            _proposed.Add(request, position);
        }
        else if (position.Index >= _core.Log.Base.Index && _core.Log.TermAt(position.Index) != position.Term)
        {
            OnOverwritten(request);
        }
        else if (request.Header.HasRequestKey)
        {
            // Applied before the answer came, and the reply was not kept, or released, and whose entry it was cannot be told; the key brings the first result.
            request.MayHaveHappened = true;
            Wait(request);
        }
        else
        {
            End(request, RequestOutcome.OutcomeUnknown);
        }
    }

    private void OnForwardCancel(ForwardCancel cancel)
    {
        if (_readingForOthers.Remove((cancel.From, cancel.Request), out PendingCommand? request))
        {
            request.Stage = RequestStage.Done;
        }
    }

    /// <summary>The link is down behind the last message that came over it: no answer will come any more.</summary>
    private void OnForwardingLinkDown(ServerId server) => SettleForwarded(server, answerMayCome: false);

    /// <summary>
    /// A server that leads no more still answers what it was sent before it knew, so only what can be sent again without harm does not wait for it. It needs a round trip for that, and half an
    /// election timeout is longer, at least where the majority is (docs/decisions/0012). If it has said nothing by then it is taken for gone, though no link may say so: unknown is true in any case.
    /// </summary>
    private void OnLeaderLost(ServerId server) => SettleForwarded(server, answerMayCome: true);

    private void SettleForwarded(ServerId server, bool answerMayCome)
    {
        foreach (PendingCommand request in _forwarded.Values)
        {
            if (request.ForwardedTo == server)
            {
                _undecided.Add(request);
            }
        }

        _undecided.Sort((a, b) => a.Number.CompareTo(b.Number));
        long until = _nowMs + (ElectionTimeoutMs / 2);
        foreach (PendingCommand request in _undecided)
        {
            if (request.Header.HasRequestKey || !answerMayCome)
            {
                Settle(request);
            }
            else
            {
                _lastWords.Enqueue((request.Number, until));
            }
        }

        _undecided.Clear();
    }

    private void Settle(PendingCommand request)
    {
        _forwarded.Remove(request.Number);
        request.MayHaveHappened = true;
        if (request.Header.HasRequestKey)
        {
            Wait(request);
        }
        else
        {
            End(request, RequestOutcome.OutcomeUnknown);
        }
    }

    private void ExpireLastWords()
    {
        while (_lastWords.TryPeek(out (ulong Number, long UntilMs) first) && first.UntilMs <= _nowMs)
        {
            _lastWords.Dequeue();
            if (_forwarded.TryGetValue(first.Number, out PendingCommand? request))
            {
                Settle(request);
            }
        }
    }

    private void Answer((ServerId Server, ulong Request) origin, ForwardVerdict verdict, LogPosition position, LimitReached limit = default) =>
        _ports.Send(new ForwardResponse(Identity.Server, origin.Server, origin.Request, verdict, position, limit));

    private void AnswerEnd((ServerId Server, ulong Request) origin, RequestOutcome outcome, in QueueReply reply, LimitReached limit)
    {
        _readingForOthers.Remove(origin);
        ForwardVerdict verdict = outcome switch
        {
            RequestOutcome.Overloaded => ForwardVerdict.Overloaded,
            RequestOutcome.DiskFull => ForwardVerdict.DiskFull,
            RequestOutcome.MemoryFull => ForwardVerdict.MemoryFull,
            RequestOutcome.Replied when reply.Outcome == QueueOutcome.Empty => ForwardVerdict.Empty,
            RequestOutcome.Replied => ForwardVerdict.NoSuchTopic,
            _ => ForwardVerdict.NotLeader,
        };
        Answer(origin, verdict, new LogPosition(new LogIndex(reply.Index), Term.Zero), limit);
    }
}
