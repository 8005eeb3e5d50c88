using RaftMQ.Consensus;

namespace RaftMQ.Replica;

/// <summary>What this node knows of the members: whom it has links with, what it says of those who come and go, and whether it is one itself.</summary>
public sealed partial class QueueReplica
{
    private Membership? _membershipTold;
    private (Membership? InForce, bool IsCommitted, ServerId? Leader, int Servers) _peersOf;
    private bool _knowsItsPeers;

    /// <summary>
    /// Whom this node has links with, and where they are dialled: all others that a configuration names which may be in force, whoever leads, and who is still to be told that it is no
    /// member any more. While unborn, the members that it was told of. Replaced as a whole.
    /// </summary>
    public IReadOnlyDictionary<NodeId, string> Peers { get; private set; }

    /// <summary>Whether this node was a member in this life of its process, and is none any more.</summary>
    public bool IsRemoved { get; private set; }

    private void ObservePeers()
    {
        (Membership? InForce, bool IsCommitted, ServerId? Leader, int Servers) now = (_core.Membership, _core.IsMembershipCommitted, _core.Leader, _core.Peers.Count);
        if (Identity.Cluster.IsBorn && now != _peersOf)
        {
            _peersOf = now;

            // What stands in its own log may be out of date, and nobody in it may be left: until a leader has said what is so, nobody is given up.
            _knowsItsPeers |= now.Leader is not null && now.IsCommitted && IsMember;
            LearnPeers(now.Leader);
        }
    }

    private void LearnPeers(ServerId? led)
    {
        IEnumerable<NodeId> kept = _core.Peers.Select(peer => peer.Server.Node);
        kept = led is { } leader ? kept.Append(leader.Node) : kept;
        var peers = new Dictionary<NodeId, string>(Peers.Where(peer => !_knowsItsPeers || kept.Contains(peer.Key)));
        foreach (Member member in _core.MembershipsThatMayBeInForce.SelectMany(membership => membership.Members).Where(member => member.Node != Self))
        {
            peers[member.Node] = member.PeerAddress;
        }

        bool isSame = peers.Count == Peers.Count && peers.All(peer => Peers.TryGetValue(peer.Key, out string? address) && address == peer.Value);
        Peers = isSame ? Peers : peers;
    }

    /// <summary>Says once what was committed of the members.</summary>
    private void ObserveMembers()
    {
        if (!_core.IsMembershipCommitted || ReferenceEquals(_core.Membership, _membershipTold))
        {
            return;
        }

        Membership? before = _membershipTold;
        _membershipTold = _core.Membership!;
        if (before is null && _core.Leader is not null && _membershipTold.Find(Self) is not null)
        {
            ReportDifferences(_membershipTold);
        }

        bool isOut = before?.Find(Self) is not null && _membershipTold.Find(Self) is null;
        bool isChanged = before is not null && !before.Members.Select(member => (member.Node, member.Suffrage)).SequenceEqual(_membershipTold.Members.Select(member => (member.Node, member.Suffrage)));
        IsRemoved = isOut || (IsRemoved && _membershipTold.Find(Self) is null);
        if (isOut)
        {
            _ports.Report(EventLevel.Warning, "this node is no longer a member: it was removed, serves nobody and may be stopped");
        }
        else if (isChanged)
        {
            _ports.Report(EventLevel.Information, $"members: {string.Join(", ", _membershipTold.Members.Select(Describe))}");
        }
    }

    private static string Describe(Member member) => member.Suffrage switch
    {
        Suffrage.Learner => $"{member.Node} (learner)",
        Suffrage.Incoming => $"{member.Node} (incoming)",
        Suffrage.Outgoing => $"{member.Node} (outgoing)",
        _ => $"{member.Node}",
    };
}
