using RaftMQ.Consensus;
using RaftMQ.Queues;
using RaftMQ.Replica.Requests;
using RaftMQ.Simulation.Histories;

namespace RaftMQ.Simulation.World;

/// <summary>One attempt of a client at one operation, at one node.</summary>
internal sealed class Attempt(Operation operation, SimulatedClient client, int node)
{
    public Operation Operation { get; } = operation;

    public SimulatedClient Client { get; } = client;

    public int Node { get; } = node;

    /// <summary>What the cluster had committed when it was asked.</summary>
    public ulong CommittedBefore { get; init; }

    /// <summary>The leader that the node knew when it was asked, and its term.</summary>
    public (ServerId Server, Term Term)? LeaderBefore { get; init; }

    /// <summary>Whether the client still waits; if not, nobody hears the answer.</summary>
    public bool IsAwaited { get; set; } = true;

    /// <summary>Whether the node has ended it.</summary>
    public bool HasEnded { get; set; }
}

/// <summary>A command with the attempt that it belongs to.</summary>
internal sealed class SimulatedCommand(ReadOnlyMemory<byte> command, QueueCommandHeader header, Attempt attempt) : PendingCommand(command, header)
{
    public Attempt Attempt { get; } = attempt;
}

/// <summary>A topics request with the attempt that it belongs to.</summary>
internal sealed class SimulatedTopicRead(Attempt attempt) : PendingTopicRead
{
    public Attempt Attempt { get; } = attempt;
}
