using RaftMQ.Queues;
using RaftMQ.Simulation.Histories;

namespace RaftMQ.Simulation.Checkers;

/// <summary>How a request ended for whoever asked, all its attempts together.</summary>
internal enum Fate
{
    /// <summary>No attempt may have happened.</summary>
    Refused,

    /// <summary>Some attempt was told that it is done.</summary>
    Acknowledged,

    /// <summary>None was, and some attempt may have happened.</summary>
    Unknown,
}

/// <summary>
/// One logical request: all attempts at the same thing. Attempts with the same key, or with the same message to publish, are one; every other pop, creation or read is
/// a request of its own.
/// </summary>
internal sealed class Request(RequestIdentity identity)
{
    private readonly List<Operation> _attempts = new(1);
    private bool _isUndecided;

    public RequestIdentity Identity { get; } = identity;

    public bool IsKeyed => Identity.Key is not null;

    /// <summary>In order of invocation.</summary>
    public IReadOnlyList<Operation> Attempts => _attempts;

    /// <summary>The client that asked first.</summary>
    public int Client => _attempts[0].Client;

    /// <summary>How many attempts have happened or may have.</summary>
    public int PossibleCount { get; private set; }

    /// <summary>
    /// When it can have happened at the earliest: at the first attempt that was not refused for certain, since what a later attempt is told may be the result of an
    /// earlier one. <see cref="long.MaxValue"/> if there is none.
    /// </summary>
    public long BeginsAt { get; private set; } = long.MaxValue;

    /// <summary>The attempt that was told first that it is done, or null.</summary>
    public Operation? FirstDone { get; private set; }

    public Fate Fate => FirstDone is not null ? Fate.Acknowledged : _isUndecided ? Fate.Unknown : Fate.Refused;

    /// <summary>How many commands of the log are told to be this request's (<see cref="RequestIdentity.IsTold"/>).</summary>
    public int EntryCount { get; private set; }

    /// <summary>
    /// Whether it may lawfully have been carried out more than once: its key came back to the log when its window was over, or it was sent again without a key. What is
    /// told of its message is then no proof of anything to checks that take messages for unique.
    /// </summary>
    public bool MayHaveRunAgain { get; private set; }

    /// <summary>The log time of the first of its commands.</summary>
    private long FirstLoggedMilliseconds { get; set; }

    public static bool IsDone(Operation attempt) => attempt is { Ending: Ending.Replied, Outcome: QueueOutcome.Done };

    public void Add(Operation attempt)
    {
        _attempts.Add(attempt);
        _isUndecided |= attempt.Ending is Ending.Open or Ending.Unknown;
        if (attempt.Ending != Ending.NotDone)
        {
            PossibleCount++;
            BeginsAt = Math.Min(BeginsAt, attempt.InvokedAt);
            MayHaveRunAgain |= Identity is { Key: null, IsTold: true } && PossibleCount > 1;
        }

        bool isFirstDone = IsDone(attempt) && (FirstDone is null || attempt.EndedAt < FirstDone.EndedAt);
        FirstDone = isFirstDone ? attempt : FirstDone;
    }

    /// <summary>Adds a command of the log; they come in order.</summary>
    /// <param name="command">The command.</param>
    /// <param name="shortestWindowMilliseconds">The shortest window for keys that was ever in force: when it is over, the key may be new.</param>
    public void Add(LoggedCommand command, long shortestWindowMilliseconds)
    {
        FirstLoggedMilliseconds = EntryCount++ == 0 ? command.TimeMilliseconds : FirstLoggedMilliseconds;
        MayHaveRunAgain |= IsKeyed && command.TimeMilliseconds - FirstLoggedMilliseconds >= shortestWindowMilliseconds;
    }

    public override string ToString() => $"{Identity} (client {Client})";
}
