using RaftMQ.Simulation.Histories;

namespace RaftMQ.Simulation.Checkers;

/// <summary>What an operation did to a topic, or showed of it.</summary>
internal enum TopicEffect
{
    /// <summary>It made the topic.</summary>
    Created,

    /// <summary>It appended the value.</summary>
    Published,

    /// <summary>It took the value.</summary>
    Popped,

    /// <summary>It found the topic empty.</summary>
    SawEmpty,

    /// <summary>It found that there is the topic.</summary>
    SawTopic,

    /// <summary>It found no such topic.</summary>
    SawNoTopic,

    /// <summary>The end of the run: what remains, in order, and nothing else.</summary>
    SawRemaining,
}

/// <summary>One thing that happened to a topic at one moment between two events, all attempts of a request folded together.</summary>
internal sealed class TopicOperation
{
    public required TopicEffect Effect { get; init; }

    /// <summary>The message, for what publishes or pops one.</summary>
    public string Value { get; init; } = string.Empty;

    /// <summary>The first attempt's invocation.</summary>
    public required long BeginsAt { get; init; }

    /// <summary>The first end at which somebody knew of it; <see cref="long.MaxValue"/> for none.</summary>
    public required long EndsAt { get; init; }

    /// <summary>Whether it may as well never have happened.</summary>
    public bool IsOptional { get; init; }

    /// <summary>Whether it must have happened although no client was told of it: the pop of a message that is gone and that nobody got.</summary>
    public bool IsUnseen { get; init; }

    /// <summary>The attempt that it is told by.</summary>
    public Operation? Source { get; init; }

    public override string ToString() => Source is not null ? InWords.Of(Source) : $"{Effect} {Value} ({(IsUnseen || IsOptional ? "nobody was told" : "at the end of the run")})";
}
