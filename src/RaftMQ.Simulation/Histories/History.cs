using RaftMQ.Queues;

namespace RaftMQ.Simulation.Histories;

/// <summary>What the clients saw, and what the cluster committed: everything that the checkers of a finished run judge by.</summary>
/// <param name="Operations">All attempts in order of invocation.</param>
/// <param name="Committed">All committed commands in order of index, the birth's settings first.</param>
/// <param name="Remaining">The messages that were left in the queues at the end, as (topic, body), each topic's in order.</param>
/// <param name="Dropped">How many messages the machine says that each topic dropped because it was full; null if it was not asked.</param>
public sealed record History(
    IReadOnlyList<Operation> Operations, IReadOnlyList<CommittedCommand> Committed, IReadOnlyList<(string Topic, string Body)> Remaining,
    IReadOnlyDictionary<string, long>? Dropped = null);

/// <summary>What a check found: null stands for nothing wrong.</summary>
/// <param name="Invariant">The invariant of the specification, for instance "I13".</param>
/// <param name="Message">What is wrong, with operations, messages and indexes.</param>
public sealed record Finding(string Invariant, string Message);
