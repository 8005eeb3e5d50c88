namespace RaftMQ.Consensus.Messages;

/// <summary>A number that its owner gives a read; unique within the owner's life.</summary>
public readonly record struct ReadId(ulong Value);
