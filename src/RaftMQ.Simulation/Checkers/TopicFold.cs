using RaftMQ.Queues;
using RaftMQ.Simulation.Histories;

namespace RaftMQ.Simulation.Checkers;

/// <summary>
/// Folds the attempts of each request to one operation, and prunes what is undecided by what the log holds and by what remained at the end, as etcd's robustness tests
/// do by their write-ahead log: what is not in the log has not happened; a publish that is, and whose message was seen, has. A message that was acknowledged, is
/// gone, and that nobody got was taken by a pop whose end nobody knows, or dropped: which of the two, the replayed log says.
/// </summary>
internal sealed class TopicFold(string name, Evidence evidence)
{
    private readonly List<TopicOperation> _operations = [];
    private readonly List<string> _remaining = [];
    private readonly List<TopicOperation> _gone = [];
    private readonly List<TopicOperation> _dropped = [];
    private readonly List<Request> _publishes = [];
    private readonly Dictionary<string, long> _takenAt = [];
    private long _undecidedCreationBeginsAt = long.MaxValue;
    private bool _isCreationKnown;
    private int _createsInLog;
    private int _unseenKeyedPops;
    private int _undecidedPops;
    private int _untoldPopsInLog;
    private long _unseenPopsBeginAt = long.MaxValue;

    /// <summary>Adds a request of this topic.</summary>
    public void Add(Request request)
    {
        AddRefusals(request);
        switch (request.Identity.Kind)
        {
            case OperationKind.Publish:
                _publishes.Add(request);
                break;
            case OperationKind.Pop:
                AddPop(request);
                break;
            case OperationKind.SetPolicy:
                AddChange(request);
                break;
            default:
                AddCreation(request);
                break;
        }
    }

    /// <summary>Adds a message that was left at the end; they come in order, behind all requests.</summary>
    public void Leave(string body)
    {
        _takenAt.TryAdd(body, long.MaxValue);
        if (IsJudged(body))
        {
            _remaining.Add(body);
        }
    }

    /// <summary>Counts a command of the log.</summary>
    public void Count(LoggedCommand command)
    {
        _createsInLog += command.Kind == QueueCommandKind.CreateTopic ? 1 : 0;
        _untoldPopsInLog += command.Kind == QueueCommandKind.Pop && command.Request.Key is null ? 1 : 0;
    }

    /// <summary>The history, when everything was added.</summary>
    public TopicHistory Complete()
    {
        foreach (Request request in _publishes.Where(request => !request.MayHaveRunAgain))
        {
            AddPublish(request);
        }

        bool mayBeCreated = !_isCreationKnown && _createsInLog > 0 && _undecidedCreationBeginsAt < long.MaxValue;
        if (mayBeCreated)
        {
            _operations.Add(new TopicOperation { Effect = TopicEffect.Created, BeginsAt = _undecidedCreationBeginsAt, EndsAt = long.MaxValue, IsOptional = true });
        }

        return new TopicHistory
        {
            Name = name,
            Operations = _operations,
            Remaining = _remaining,
            Gone = _gone,
            Dropped = _dropped,
            UnseenPops = _unseenKeyedPops + Math.Clamp(_untoldPopsInLog, 0, _undecidedPops),
            UnseenPopsBeginAt = _unseenPopsBeginAt,
            LastMoment = evidence.LastMoment,
        };
    }

    /// <summary>Whether a message can be judged by: not if it may lawfully be there twice.</summary>
    private bool IsJudged(string value) => evidence.PublishOf(value) is not { MayHaveRunAgain: true };

    /// <summary>A refusal changes nothing and is not remembered for its key: each shows the topic as it was during that attempt.</summary>
    private void AddRefusals(Request request)
    {
        foreach (Operation attempt in request.Attempts)
        {
            TopicEffect? shown = attempt.Ending != Ending.Replied ? null : attempt.Outcome switch
            {
                QueueOutcome.Empty => TopicEffect.SawEmpty,
                QueueOutcome.NoSuchTopic or QueueOutcome.TooManyTopics => TopicEffect.SawNoTopic,
                QueueOutcome.TopicExists or QueueOutcome.MessageTooLarge or QueueOutcome.TopicFullMessages or QueueOutcome.TopicFullBytes
                    or QueueOutcome.QueueFullMessages or QueueOutcome.QueueFullBytes or QueueOutcome.MessageTooLargeForTopic or QueueOutcome.DropBoundReached => TopicEffect.SawTopic,
                _ => null,
            };
            if (shown is { } effect)
            {
                _operations.Add(new TopicOperation { Effect = effect, BeginsAt = attempt.InvokedAt, EndsAt = attempt.EndedAt, Source = attempt });
            }
        }
    }

    private void AddCreation(Request request)
    {
        if (request.FirstDone is { } done)
        {
            _operations.Add(new TopicOperation { Effect = TopicEffect.Created, BeginsAt = request.BeginsAt, EndsAt = done.EndedAt, Source = done });
            _isCreationKnown = true;
        }
        else if (request.Fate == Fate.Unknown)
        {
            _undecidedCreationBeginsAt = Math.Min(_undecidedCreationBeginsAt, request.BeginsAt);
        }
    }

    private void AddChange(Request request)
    {
        if (request.FirstDone is { } done)
        {
            _operations.Add(new TopicOperation { Effect = TopicEffect.SawTopic, BeginsAt = request.BeginsAt, EndsAt = done.EndedAt, Source = done });
        }
    }

    private void AddPop(Request request)
    {
        foreach (Operation told in FirstOfEachMessage(request))
        {
            string value = told.Taken ?? string.Empty;
            _takenAt[value] = Math.Min(told.EndedAt, _takenAt.GetValueOrDefault(value, long.MaxValue));
            if (IsJudged(value))
            {
                _operations.Add(new TopicOperation { Effect = TopicEffect.Popped, Value = value, BeginsAt = request.BeginsAt, EndsAt = told.EndedAt, Source = told });
            }
        }

        bool mayBeUnseen = request.MayHaveRunAgain || (request.Fate == Fate.Unknown && (!request.IsKeyed || request.EntryCount > 0));
        if (mayBeUnseen)
        {
            _unseenKeyedPops += request.MayHaveRunAgain ? request.EntryCount : request.IsKeyed ? 1 : 0;
            _undecidedPops += request.IsKeyed ? 0 : 1;
            _unseenPopsBeginAt = Math.Min(_unseenPopsBeginAt, request.BeginsAt);
        }

        _untoldPopsInLog -= !request.IsKeyed && request.Fate == Fate.Acknowledged ? 1 : 0;
    }

    /// <summary>A key brings one message, to all attempts, unless its window was over in between.</summary>
    private static IEnumerable<Operation> FirstOfEachMessage(Request pop) =>
        pop.Fate == Fate.Acknowledged ? pop.Attempts.Where(Request.IsDone).OrderBy(attempt => attempt.EndedAt).DistinctBy(attempt => attempt.Taken) : [];

    private void AddPublish(Request request)
    {
        string value = request.Identity.Body!;
        bool isSeen = _takenAt.TryGetValue(value, out long takenAt);
        bool hasHappened = request.Fate == Fate.Acknowledged || (request.Fate == Fate.Unknown && request.EntryCount > 0 && isSeen);
        if (!hasHappened)
        {
            return;
        }

        // Whoever got the message knew that it was published.
        long seenAt = isSeen && takenAt > request.BeginsAt ? takenAt : long.MaxValue;
        var publish = new TopicOperation
        {
            Effect = TopicEffect.Published,
            Value = value,
            BeginsAt = request.BeginsAt,
            EndsAt = Math.Min(request.FirstDone?.EndedAt ?? long.MaxValue, seenAt),
            Source = request.FirstDone ?? request.Attempts[0],
        };
        _operations.Add(publish);
        if (!isSeen && evidence.Replay.DropsOf(value) is [var cause, ..])
        {
            _dropped.Add(Drop(publish, cause));
        }
        else if (!isSeen)
        {
            _gone.Add(publish);
        }
    }

    /// <summary>A message that is dropped goes like one that is popped, and nobody gets it. It goes at the command that needs its place, so while that is asked for.</summary>
    private TopicOperation Drop(TopicOperation publish, LoggedCommand cause)
    {
        Request? asked = evidence.RequestOf(cause);
        bool isKnown = asked is { PossibleCount: > 0 };
        bool isEndKnown = asked?.FirstDone is { } done && done.Index == cause.Index;
        return new TopicOperation
        {
            Effect = TopicEffect.Popped,
            Value = publish.Value,
            BeginsAt = isKnown ? Math.Max(asked!.BeginsAt, publish.BeginsAt) : publish.BeginsAt,
            EndsAt = isEndKnown ? asked!.FirstDone!.EndedAt : long.MaxValue,
            IsUnseen = true,
        };
    }
}
