namespace RaftMQ.Bench;

/// <summary>A measurement could not be made. The message is one line: what happened, why, what to do.</summary>
internal sealed class BenchFailedException(string message) : Exception(message);
