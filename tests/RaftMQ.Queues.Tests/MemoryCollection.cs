namespace RaftMQ.Queues.Tests;

/// <summary>Tests that measure the heap run when no others do.</summary>
[CollectionDefinition("memory", DisableParallelization = true)]
public sealed class MemoryCollection;
