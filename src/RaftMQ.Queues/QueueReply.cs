namespace RaftMQ.Queues;

/// <summary>The answer to a command.</summary>
/// <param name="Outcome">What became of it.</param>
/// <param name="Body">Where the body of the message taken by a pop stands; none otherwise.</param>
/// <param name="Index">The log index at which it was decided; for a repeated request the index of the first time.</param>
/// <param name="Limit">The limit that a refusal ran into, in its own unit; otherwise 0.</param>
/// <param name="LimitIsOfTopic">Whether that limit is the topic's own, by its policy, and not the cluster's.</param>
public readonly record struct QueueReply(QueueOutcome Outcome, BodyReference Body, ulong Index, long Limit = 0, bool LimitIsOfTopic = false);

/// <summary>A command that is committed, with what its entry says of it.</summary>
/// <param name="Index">The entry's log index; ascending from call to call.</param>
/// <param name="TimeMilliseconds">The entry's stamp; never falls from call to call.</param>
/// <param name="Payload">The command's bytes; not kept.</param>
public readonly record struct CommittedCommand(ulong Index, long TimeMilliseconds, ReadOnlyMemory<byte> Payload);
