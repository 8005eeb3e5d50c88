using System.Text;
using RaftMQ.Queues;
using RaftMQ.Simulation.Histories;

namespace RaftMQ.Simulation.Tests.Checkers;

/// <summary>A copy of a good history to be spoiled, and what mutations look for in it.</summary>
internal sealed class Draft
{
    private readonly Chance _chance;

    public Draft(MadeRun run, ulong seed)
    {
        _chance = new Chance(seed);
        Replies = run.Replies;
        Operations = [.. run.History.Operations.Select(operation => Copy(operation, operation.InvokedAt))];
        Committed = [.. run.History.Committed];
        Remaining = [.. run.History.Remaining];
        Dropped = run.History.Dropped!.ToDictionary();
    }

    public List<Operation> Operations { get; }

    public List<CommittedCommand> Committed { get; }

    public List<(string Topic, string Body)> Remaining { get; }

    public Dictionary<string, long> Dropped { get; }

    /// <summary>What the queue answered at each index.</summary>
    public IReadOnlyDictionary<ulong, QueueReply> Replies { get; }

    public History History => new([.. Operations.OrderBy(operation => operation.InvokedAt)], Committed, Remaining, Dropped);

    /// <summary>Publishes that were sent once, without a key, and done: whose message is there exactly once whatever else happened.</summary>
    public IEnumerable<Operation> Publishes => Operations.Where(operation => operation is { Kind: OperationKind.Publish, Key: null } && IsDone(operation));

    /// <summary>Pops that were sent once, without a key, and brought such a message.</summary>
    public IEnumerable<Operation> Pops =>
        Operations.Where(operation => operation is { Kind: OperationKind.Pop, Key: null } && IsDone(operation) && PublishOf(operation.Taken!) is not null);

    public static bool IsDone(Operation operation) => operation is { Ending: Ending.Replied, Outcome: QueueOutcome.Done };

    public static Operation Copy(Operation operation, long invokedAt) => new()
    {
        Number = operation.Number,
        Client = operation.Client,
        Kind = operation.Kind,
        Topic = operation.Topic,
        Body = operation.Body,
        Key = operation.Key,
        Policy = operation.Policy,
        InvokedAt = invokedAt,
        EndedAt = operation.EndedAt,
        Ending = operation.Ending,
        Outcome = operation.Outcome,
        Taken = operation.Taken,
        Index = operation.Index,
        Topics = operation.Topics,
    };

    public Operation? PublishOf(string body) => Publishes.FirstOrDefault(publish => publish.Body == body);

    public Operation? PopOf(string body) => Pops.FirstOrDefault(pop => pop.Taken == body);

    /// <summary>Some of these, or null if there is none.</summary>
    public T? Some<T>(IEnumerable<T> candidates)
        where T : class
    {
        T[] all = [.. candidates];
        return all.Length == 0 ? null : all[_chance.Below(all.Length)];
    }

    /// <summary>Some pair of these that fits, or null.</summary>
    public (Operation First, Operation Second)? Pair(IEnumerable<Operation> candidates, Func<Operation, Operation, bool> fits)
    {
        Operation[] all = [.. candidates];
        Tuple<Operation, Operation>? pair = Some(all.SelectMany(first => all.Where(second => first != second && fits(first, second)).Select(second => Tuple.Create(first, second))));
        return pair is null ? null : (pair.Item1, pair.Item2);
    }

    public void Replace(Operation operation, Operation by) => Operations[Operations.IndexOf(operation)] = by;

    /// <summary>Adds an operation of a client of its own, right behind a moment at which something else ended.</summary>
    public void Insert(long behind, OperationKind kind, string topic, QueueOutcome outcome, ulong index) => Operations.Add(new Operation
    {
        Number = Operations.Count + 1,
        Client = 1_000,
        Kind = kind,
        Topic = topic,
        InvokedAt = behind + 1,
        EndedAt = behind + 2,
        Ending = Ending.Replied,
        Outcome = outcome,
        Index = index,
    });

    /// <summary>Puts a publish at the end of the log, and its message at the end of its topic.</summary>
    public void Append(string topic, string body)
    {
        Committed.Add(new CommittedCommand(Committed[^1].Index + 1, Committed[^1].TimeMilliseconds, QueueCommandCodec.Publish(topic, Encoding.UTF8.GetBytes(body))));
        Remaining.Add((topic, body));
    }

    public int PositionOf(ulong index) => Committed.FindIndex(command => command.Index == index);
}
