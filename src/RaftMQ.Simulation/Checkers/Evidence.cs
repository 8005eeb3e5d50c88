using RaftMQ.Simulation.Histories;

namespace RaftMQ.Simulation.Checkers;

/// <summary>A history as the checks look at it: attempts put together to requests, commands read and put to the requests that they carry out, the log replayed.</summary>
internal sealed class Evidence
{
    private readonly Dictionary<RequestIdentity, Request> _told;
    private readonly Dictionary<string, Request> _publishes = [];
    private readonly List<Request> _requests;
    private IReadOnlyList<TopicHistory>? _topics;

    public Evidence(History history)
    {
        History = history;
        Replay = new Replay(history.Committed);
        _requests = new List<Request>(history.Operations.Count);
        _told = new Dictionary<RequestIdentity, Request>(history.Operations.Count);
        Flaw = Replay.Disorder;
        foreach (Operation operation in history.Operations)
        {
            Take(operation);
        }

        foreach (LoggedCommand command in Replay.Commands)
        {
            RequestOf(command)?.Add(command, Replay.ShortestWindowMilliseconds);
        }
    }

    public History History { get; }

    public Replay Replay { get; }

    /// <summary>In order of their first attempts.</summary>
    public IReadOnlyList<Request> Requests => _requests;

    /// <summary>Why the history cannot be judged at all, or null.</summary>
    public Finding? Flaw { get; private set; }

    /// <summary>The last moment at which anything happened to a client.</summary>
    public long LastMoment { get; private set; }

    /// <summary>What happened to each topic, without indexes. Made when it is first asked for.</summary>
    public IReadOnlyList<TopicHistory> Topics => _topics ??= TopicHistory.Split(this);

    /// <summary>The request that a command carries out, if the command tells it and somebody asked for it.</summary>
    public Request? RequestOf(LoggedCommand command) => command.Request.IsTold ? _told.GetValueOrDefault(command.Request) : null;

    /// <summary>The request that publishes a message, or null.</summary>
    public Request? PublishOf(string body) => _publishes.GetValueOrDefault(body);

    private void Take(Operation operation)
    {
        bool isWhole = operation.EndedAt > operation.InvokedAt && (operation.Kind != OperationKind.Publish || operation.Body is not null);
        if (!isWhole)
        {
            Flaw ??= new Finding("history", $"not an operation: {InWords.Of(operation)}");
            return;
        }

        LastMoment = Math.Max(LastMoment, operation.EndedAt == long.MaxValue ? operation.InvokedAt : operation.EndedAt);
        RequestOf(RequestIdentity.Of(operation)).Add(operation);
    }

    private Request RequestOf(RequestIdentity identity)
    {
        if (identity.IsTold && _told.TryGetValue(identity, out Request? known))
        {
            return known;
        }

        var request = new Request(identity);
        _requests.Add(request);
        if (identity.IsTold)
        {
            _told.Add(identity, request);
        }

        if (identity.Kind == OperationKind.Publish && !_publishes.TryAdd(identity.Body!, request))
        {
            Flaw ??= new Finding("history", $"bodies of messages are not unique: '{identity}' and '{PublishOf(identity.Body!)!.Identity}'");
        }

        return request;
    }
}
