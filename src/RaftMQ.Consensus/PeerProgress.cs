namespace RaftMQ.Consensus;

/// <summary>What a leader knows of one other server (Figure 2, "volatile state on leaders").</summary>
public sealed class PeerProgress
{
    /// <summary>The server, in the incarnation that messages reach.</summary>
    public ServerId Server => throw new NotImplementedException();

    /// <summary>The highest index known durable there.</summary>
    public LogIndex MatchIndex => throw new NotImplementedException();

    /// <summary>The next entry to send.</summary>
    public LogIndex NextIndex => throw new NotImplementedException();

    /// <summary>Whether it has answered within the last election timeout.</summary>
    public bool IsActive => throw new NotImplementedException();
}
