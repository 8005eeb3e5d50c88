namespace RaftMQ.Consensus;

/// <summary>In which majorities a member counts.</summary>
public enum Suffrage : byte
{
    /// <summary>In all.</summary>
    Voter,

    /// <summary>In none: it receives the log, and becomes a voter when it has caught up (thesis §4.2.1).</summary>
    Learner,

    /// <summary>In a joint configuration: among the new voters only.</summary>
    Incoming,

    /// <summary>In a joint configuration: among the old voters only. With the end of it it is no member any more.</summary>
    Outgoing,
}

/// <summary>One member of a configuration: a node, and the incarnation that counts.</summary>
/// <param name="Node">The node.</param>
/// <param name="Incarnation">Whose votes and acknowledgements count; 0 while the seat is vacant: it is counted in the total, and nobody sits in it.</param>
/// <param name="PeerAddress">Where the other nodes reach it, as host:port; at most 255 bytes of UTF-8.</param>
/// <param name="ClientAddress">Where clients reach it, as host:port; at most 255 bytes of UTF-8.</param>
/// <param name="Suffrage">In which majorities it counts.</param>
/// <param name="Replaces">For a learner: the voter that leaves when this one becomes a voter; 0 for none.</param>
public sealed record Member(NodeId Node, ulong Incarnation, string PeerAddress, string ClientAddress, Suffrage Suffrage = Suffrage.Voter, NodeId Replaces = default)
{
    /// <summary>The server that it is; its incarnation is 0 if the seat is vacant.</summary>
    public ServerId Server => new(Node, Incarnation);
}
