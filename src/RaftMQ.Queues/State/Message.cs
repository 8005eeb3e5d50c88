namespace RaftMQ.Queues.State;

/// <summary>A waiting message: its place in the topic, the entry that brought it, and its body, a slice of that entry's payload.</summary>
internal readonly record struct Message(ulong Sequence, ulong Index, ulong BodyHash, ReadOnlyMemory<byte> Body);
