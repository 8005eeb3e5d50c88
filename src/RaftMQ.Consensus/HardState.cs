namespace RaftMQ.Consensus;

/// <summary>The term and the vote: what must be on disk before any reply that depends on it (Figure 2, "persistent state on all servers").</summary>
/// <param name="CurrentTerm">The latest term this server has seen; it never falls.</param>
/// <param name="VotedFor">Who received this server's vote in that term, or null.</param>
public readonly record struct HardState(Term CurrentTerm, ServerId? VotedFor);
