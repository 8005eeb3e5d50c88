using RaftMQ.Replica.Requests;

namespace RaftMQ.Simulation.World;

/// <summary>A change of the members, asked of a node. What was asked of a process that has ended is never answered.</summary>
internal sealed class SimulatedChange(ClusterChange change, SimulatedNode node) : PendingChange(change)
{
    private readonly ulong _life = node.Life;
    private bool _hasEnded;

    /// <summary>Whether it may still be answered.</summary>
    public bool IsAwaited => !_hasEnded && node.IsRunning && node.Life == _life;

    /// <summary>The node has answered.</summary>
    /// <returns>False if it had done so before.</returns>
    public bool End() => _hasEnded != (_hasEnded = true);
}
