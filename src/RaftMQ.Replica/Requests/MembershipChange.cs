using RaftMQ.Consensus;

namespace RaftMQ.Replica.Requests;

/// <summary>What an operator wants of the members.</summary>
public abstract record MembershipChange : ClusterChange
{
    private protected MembershipChange()
    {
    }

    /// <summary>The first step from a configuration towards what is wanted.</summary>
    /// <param name="now">The configuration in force, committed and not joint.</param>
    /// <returns>The configuration to propose; null with no reason if it is so already; null with the reason why it may not be.</returns>
    internal abstract (Membership? Target, string? Reason) FirstStep(Membership now);

    private protected static (Membership?, string?) Refuse(string reason) => (null, reason);

    /// <summary>Two nodes at one address would be refused each other's links.</summary>
    private protected static string? ObjectionTo(Membership now, NodeId node, string peerAddress, string clientAddress)
    {
        string[] own = [peerAddress, clientAddress];
        Member? other = now.Members.FirstOrDefault(member => member.Node != node
            && (own.Contains(member.PeerAddress, StringComparer.OrdinalIgnoreCase) || own.Contains(member.ClientAddress, StringComparer.OrdinalIgnoreCase)));
        return other is null ? null : $"node {other.Node} is a member at {other.PeerAddress} for peers and {other.ClientAddress} for clients; take other addresses";
    }

    /// <summary>Who comes is a member already, and not where it is said to be.</summary>
    private protected static string? ObjectionTo(Member member, Member newcomer) => (member.PeerAddress, member.ClientAddress) == (newcomer.PeerAddress, newcomer.ClientAddress)
        ? null
        : $"node {member.Node} is a member already, at {member.PeerAddress} for peers and {member.ClientAddress} for clients; to reach it elsewhere: raftmq cluster move {member.Node}";

    private protected static string? ObjectionTo(Membership now, NodeId leaves)
    {
        int toBe = now.Members.Count(member => member.Node != leaves);
        return toBe >= Membership.MaxVoters ? $"there are {toBe} members beside it already, and a cluster has at most {Membership.MaxVoters}; remove one first: raftmq cluster remove" : null;
    }
}

/// <summary>A new node receives the log, and votes when it has caught up.</summary>
/// <param name="Newcomer">The node and its addresses; whatever incarnation comes.</param>
public sealed record MemberAddition(Member Newcomer) : MembershipChange
{
    /// <inheritdoc/>
    public override string ToString() => $"add node {Newcomer.Node}";

    internal override (Membership? Target, string? Reason) FirstStep(Membership now)
    {
        if (now.Find(Newcomer.Node) is { } member)
        {
            if (member.Replaces != default)
            {
                return Refuse($"node {member.Node} is to replace node {member.Replaces} already; remove node {member.Node} first, or let it");
            }

            return ObjectionTo(member, Newcomer) is { } elsewhere ? Refuse(elsewhere) : default;
        }

        string? objection = ObjectionTo(now, default) ?? ObjectionTo(now, Newcomer.Node, Newcomer.PeerAddress, Newcomer.ClientAddress);
        return objection is null ? (now.WithLearner(Newcomer), null) : Refuse(objection);
    }
}

/// <summary>A node leaves.</summary>
/// <param name="Node">Which.</param>
public sealed record MemberRemoval(NodeId Node) : MembershipChange
{
    /// <inheritdoc/>
    public override string ToString() => $"remove node {Node}";

    internal override (Membership? Target, string? Reason) FirstStep(Membership now) => now.Find(Node) switch
    {
        null => default,
        { Suffrage: Suffrage.Learner } => (now.WithoutLearner(Node), null),
        _ when now.Voters.Count == 1 => Refuse($"node {Node} is the last voter: without it nobody could decide anything; add another node first"),
        _ => (now.Joint([], [Node]), null),
    };
}

/// <summary>A new node receives the log, and when it has caught up it takes the place of another in one step: at no time are there fewer voters.</summary>
/// <param name="Leaves">The voter that leaves then.</param>
/// <param name="Newcomer">The new node and its addresses.</param>
public sealed record MemberReplacement(NodeId Leaves, Member Newcomer) : MembershipChange
{
    /// <inheritdoc/>
    public override string ToString() => $"replace node {Leaves} by node {Newcomer.Node}";

    internal override (Membership? Target, string? Reason) FirstStep(Membership now)
    {
        if (Leaves == Newcomer.Node)
        {
            return Refuse($"node {Leaves} cannot replace itself; a node whose disk was lost is taken in again when it comes back with an empty folder");
        }

        Member? leaving = now.Find(Leaves);
        if (now.Find(Newcomer.Node) is { } member)
        {
            // Where the one has left already, the other is on its way, or there.
            bool isSo = leaving is null || member.Replaces == Leaves;
            return (isSo ? ObjectionTo(member, Newcomer) : ObjectionTo(member)) is { } wrong ? Refuse(wrong) : default;
        }

        Member? rival = now.Members.FirstOrDefault(other => other.Replaces == Leaves);
        string? objection = leaving is not { Suffrage: Suffrage.Voter } ? $"node {Leaves} is no voter of this cluster; who is one: raftmq cluster status"
            : rival is not null ? $"node {rival.Node} is to replace node {Leaves} already; remove that one first"
            : ObjectionTo(now, Leaves) ?? ObjectionTo(now, Newcomer.Node, Newcomer.PeerAddress, Newcomer.ClientAddress);
        return objection is null ? (now.WithLearner(Newcomer with { Replaces = Leaves }), null) : Refuse(objection);
    }

    /// <summary>Who comes is a member already, and is to stay beside the one that is to leave.</summary>
    private string ObjectionTo(Member member) => $"node {member.Node} is a member already and does not replace node {Leaves}; "
        + (member.Suffrage == Suffrage.Learner ? $"remove node {member.Node} first, and ask again" : $"to let node {Leaves} go without another: raftmq cluster remove {Leaves}");
}

/// <summary>A node is reached elsewhere.</summary>
/// <param name="Node">Which.</param>
/// <param name="PeerAddress">Where the other nodes reach it from now on.</param>
/// <param name="ClientAddress">Where clients do.</param>
public sealed record MemberMove(NodeId Node, string PeerAddress, string ClientAddress) : MembershipChange
{
    /// <inheritdoc/>
    public override string ToString() => $"move node {Node} to {PeerAddress} for peers and {ClientAddress} for clients";

    internal override (Membership? Target, string? Reason) FirstStep(Membership now) => now.Find(Node) switch
    {
        null => Refuse($"node {Node} is no member of this cluster; who is one: raftmq cluster status"),
        var member when (member.PeerAddress, member.ClientAddress) == (PeerAddress, ClientAddress) => default,
        _ when ObjectionTo(now, Node, PeerAddress, ClientAddress) is { } objection => Refuse(objection),
        _ => (now.WithAddresses(Node, PeerAddress, ClientAddress), null),
    };
}
