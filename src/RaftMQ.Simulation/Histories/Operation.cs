using RaftMQ.Queues;

namespace RaftMQ.Simulation.Histories;

/// <summary>What a client asked for.</summary>
public enum OperationKind : byte
{
    /// <summary>To create a topic.</summary>
    CreateTopic = 1,

    /// <summary>To publish a message.</summary>
    Publish,

    /// <summary>To take the oldest message.</summary>
    Pop,

    /// <summary>To read the list of topics.</summary>
    Topics,

    /// <summary>To change the policy of a topic.</summary>
    SetPolicy,
}

/// <summary>How an operation ended for its client: how much the client may conclude.</summary>
public enum Ending : byte
{
    /// <summary>It has not ended: the client gave up, its node died, or the run was over. It may take effect at any later time, or never.</summary>
    Open,

    /// <summary>The machine's reply came: <see cref="Operation.Outcome"/>, at <see cref="Operation.Index"/>.</summary>
    Replied,

    /// <summary>Refused for certain: it has not happened and never will.</summary>
    NotDone,

    /// <summary>"Outcome unknown": as <see cref="Open"/>, said by the server.</summary>
    Unknown,
}

/// <summary>
/// One attempt of a client at one operation. Attempts of the same client with the same key repeat the same request; bodies of messages are unique in a run, a
/// repetition sends the same body.
/// </summary>
public sealed class Operation
{
    /// <summary>Unique in the run; ascending in order of invocation.</summary>
    public required int Number { get; init; }

    /// <summary>Who asked. A client has one operation under way at a time.</summary>
    public required int Client { get; init; }

    /// <summary>What was asked for.</summary>
    public required OperationKind Kind { get; init; }

    /// <summary>The topic; empty for <see cref="OperationKind.Topics"/>.</summary>
    public string Topic { get; init; } = string.Empty;

    /// <summary>The message to publish, or null.</summary>
    public string? Body { get; init; }

    /// <summary>The policy to create a topic with, or the change of it.</summary>
    public TopicPolicyChange Policy { get; init; }

    /// <summary>The request key, or null.</summary>
    public string? Key { get; init; }

    /// <summary>When it was sent, as the number of the run's event: all invocations and endings of a run have different numbers.</summary>
    public required long InvokedAt { get; init; }

    /// <summary>When it ended, by the same numbers; <see cref="long.MaxValue"/> while it has not.</summary>
    public long EndedAt { get; set; } = long.MaxValue;

    /// <summary>How it ended.</summary>
    public Ending Ending { get; set; }

    /// <summary>The machine's reply, if it replied.</summary>
    public QueueOutcome Outcome { get; set; }

    /// <summary>The message that was taken, or null.</summary>
    public string? Taken { get; set; }

    /// <summary>The log index of the reply: where the command stands, or which state was read. For a repeated request the index of the first time.</summary>
    public ulong Index { get; set; }

    /// <summary>The topics that were read, or null.</summary>
    public IReadOnlyList<string>? Topics { get; set; }
}
