namespace RaftMQ.Consensus;

/// <summary>The steps from one configuration to the next.</summary>
public sealed partial class Membership
{
    /// <summary>This configuration with the seat of <paramref name="node"/> vacant or taken by <paramref name="incarnation"/>.</summary>
    public Membership WithIncarnation(NodeId node, ulong incarnation) =>
        new([.. _members.Select(member => member.Node == node ? member with { Incarnation = incarnation } : member)], Version);

    /// <summary>This configuration with a further member, which does not count yet.</summary>
    public Membership WithLearner(Member learner) => new([.. _members, learner with { Suffrage = Suffrage.Learner }], Version);

    /// <summary>This configuration without a learner.</summary>
    public Membership WithoutLearner(NodeId node) => new([.. _members.Where(member => member.Node != node || member.Suffrage != Suffrage.Learner)], Version);

    /// <summary>This configuration with a member at other addresses.</summary>
    public Membership WithAddresses(NodeId node, string peer, string client) =>
        new([.. _members.Select(member => member.Node == node ? member with { PeerAddress = peer, ClientAddress = client } : member)], Version);

    /// <summary>This configuration in a cluster of another version.</summary>
    public Membership WithVersion(int version) => new(_members, version);

    /// <summary>The joint configuration from these voters to those without some and with some that are learners (thesis §4.3).</summary>
    /// <param name="incoming">The learners that become voters.</param>
    /// <param name="outgoing">The voters that leave.</param>
    public Membership Joint(IReadOnlyCollection<NodeId> incoming, IReadOnlyCollection<NodeId> outgoing) => new([.. JointMembers(incoming, outgoing)], Version);

    /// <summary>What a joint configuration leads to: the new voters alone. Nobody replaces one that has left.</summary>
    public Membership AfterJoint()
    {
        Member[] stay = [.. _members.Where(member => member.Suffrage != Suffrage.Outgoing)];
        return new([.. stay.Select(member => member with
        {
            Suffrage = member.Suffrage == Suffrage.Incoming ? Suffrage.Voter : member.Suffrage,
            Replaces = Array.Exists(stay, other => other.Node == member.Replaces) ? member.Replaces : default,
        })], Version);
    }

    /// <summary>
    /// Whether <paramref name="next"/> may follow this configuration, so that every majority of the one meets every majority of the other in a server that both name. Either the voters are
    /// the same (a learner comes or goes, or an address changes), or one seat is vacated or taken (docs/decisions/0002), or next is joint with these voters as the old ones or
    /// the end of such a one (thesis §4.3): then a set of voters is common to both, and each needs a majority of it. Or nothing but the cluster's version rises.
    /// </summary>
    public bool MayBeFollowedBy(Membership next) => next.Version == Version
        ? ChangesOneSeat(next) || ChangesOneLearner(next) || ChangesAddressesOfOne(next) || BeginsToBeJoint(next) || (IsJoint && HasSameMembers(AfterJoint(), next))
        : !IsJoint && next.Version > Version && HasSameMembers(this, next);

    private IEnumerable<Member> JointMembers(IReadOnlyCollection<NodeId> incoming, IReadOnlyCollection<NodeId> outgoing) => _members.Select(member => member switch
    {
        { Suffrage: Suffrage.Learner } when incoming.Contains(member.Node) => member with { Suffrage = Suffrage.Incoming, Replaces = default },
        { Suffrage: Suffrage.Voter } when outgoing.Contains(member.Node) => member with { Suffrage = Suffrage.Outgoing },
        _ => member,
    });

    private static bool HasSameMembers(Membership one, Membership other) => one._members.SequenceEqual(other._members);

    private bool ChangesOneSeat(Membership next)
    {
        if (!next._members.Select(member => member with { Incarnation = 0 }).SequenceEqual(_members.Select(member => member with { Incarnation = 0 })))
        {
            return false;
        }

        (Member Before, Member After)[] changed = [.. _members.Zip(next._members).Where(pair => pair.First != pair.Second)];
        return changed.Length == 1 && (changed[0].Before.Incarnation == 0 || changed[0].After.Incarnation == 0);
    }

    private bool ChangesOneLearner(Membership next)
    {
        (Membership fewer, Membership more) = next._members.Length < _members.Length ? (next, this) : (this, next);
        Member[] changed = [.. more._members.Except(fewer._members)];
        return changed is [{ Suffrage: Suffrage.Learner } learner] && HasSameMembers(more.WithoutLearner(learner.Node), fewer);
    }

    private bool ChangesAddressesOfOne(Membership next)
    {
        Member[] changed = [.. next._members.Except(_members)];
        return changed is [var moved] && HasSameMembers(WithAddresses(moved.Node, moved.PeerAddress, moved.ClientAddress), next);
    }

    private bool BeginsToBeJoint(Membership next)
    {
        Member[] incoming = [.. next._members.Where(member => member.Suffrage == Suffrage.Incoming)];
        NodeId[] outgoing = [.. next._members.Where(member => member.Suffrage == Suffrage.Outgoing).Select(member => member.Node)];
        bool areMet = incoming.All(member => member.Incarnation != 0);
        return !IsJoint && next.IsJoint && areMet && JointMembers([.. incoming.Select(member => member.Node)], outgoing).SequenceEqual(next._members);
    }
}
