using RaftMQ.Consensus;

namespace RaftMQ.Replica.Requests;

/// <summary>What an operator wants of the cluster. Asking again for what is so, or is on its way, changes nothing.</summary>
public abstract record ClusterChange
{
    private protected ClusterChange()
    {
    }
}

/// <summary>Another voter leads (thesis §3.10).</summary>
/// <param name="To">Which; null for the one whose log is the most complete.</param>
public sealed record LeadershipTransfer(NodeId? To) : ClusterChange;
