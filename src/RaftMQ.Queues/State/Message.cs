namespace RaftMQ.Queues.State;

/// <summary>A waiting message: its place in the topic, and where its body stands.</summary>
internal readonly record struct Message(ulong Sequence, BodyReference Body);
