using RaftMQ.Consensus;

namespace RaftMQ.Replica.Requests;

/// <summary>
/// What an operator wants of the cluster, as text in the words of the command line. Asking again for what is so, or is on its way, changes nothing, but for a transfer to nobody in particular.
/// </summary>
public abstract record ClusterChange
{
    private protected ClusterChange()
    {
    }
}

/// <summary>Another voter leads (thesis §3.10).</summary>
/// <param name="To">Which; null for the one whose log is the most complete.</param>
public sealed record LeadershipTransfer(NodeId? To) : ClusterChange
{
    /// <inheritdoc/>
    public override string ToString() => To is { } next ? $"transfer to node {next}" : "transfer";
}
