using RaftMQ.Consensus;

namespace RaftMQ.Replica;

/// <summary>What this node knows of the members: whom it has links with, what it says of those who come and go, and whether it is one itself.</summary>
public sealed partial class QueueReplica
{
    /// <summary>So long after it has last introduced itself a node of this cluster that is none of the members known here is given up, unless it has a link.</summary>
    private const int VisitMs = 30_000;

    /// <summary>The most of them at a time.</summary>
    private const int MaxVisits = Membership.MaxMembers;

    private readonly NodeMap<Visit> _visits = new();
    private Membership? _membershipTold;
    private PeersBasis _peersOf;
    private bool _knowsItsPeers;
    private long? _lastLedMs;
    private bool _visitsChanged;

    /// <summary>What it follows from whom this node has links with: looked at in every turn, so that they are put together only when it has changed.</summary>
    private readonly record struct PeersBasis(Membership? InForce, bool IsCommitted, ServerId? Leader, int Servers, bool AwaitsLastWords, bool HasLeft);

    /// <summary>
    /// A node that this node's log does not name: its own log may be ahead, or nobody has told it yet that it was removed. For an unborn node one of a cluster that may take it in.
    /// </summary>
    private readonly record struct Visit(NodeId Node, string Address, long UntilMs);

    /// <summary>
    /// Whom this node has links with, and where they are dialled: all others that a configuration names which may be in force, whoever leads, who led and still has to answer for what it was
    /// sent, and who is still to be told that it is no member any more; and whoever else of this cluster asks for one, for a while. A node that was removed has none but those. While unborn,
    /// the members that it was told of. Replaced as a whole.
    /// </summary>
    public IReadOnlyDictionary<NodeId, string> Peers { get; private set; }

    /// <summary>Whether this node was a member, and is none any more.</summary>
    public bool IsRemoved { get; private set; }

    private void ObservePeers()
    {
        // Who was removed goes on until another leads, if it led, and then answers what the others had sent it before they heard of that.
        _lastLedMs = _core.Role == Role.Leader ? _nowMs : _lastLedMs;
        bool hasLeft = IsRemoved && (_lastLedMs is not { } ledUntil || _nowMs - ledUntil >= LingerMs);
        var now = new PeersBasis(_core.Membership, _core.IsMembershipCommitted, _core.Leader, _core.Peers.Count, _lastWords.Count > 0, hasLeft);
        if (_visitsChanged || (Identity.Cluster.IsBorn && now != _peersOf))
        {
            if (hasLeft && !_peersOf.HasLeft)
            {
                EndWhatIsDecidedElsewhere();
            }

            (_peersOf, _visitsChanged) = (now, false);

            // What stands in its own log may be out of date, and nobody in it may be left: until a leader has said what is so, nobody is given up.
            _knowsItsPeers |= now.Leader is not null && now.IsCommitted && IsMember;
            Dictionary<NodeId, string> peers = hasLeft ? [] : Identity.Cluster.IsBorn ? PeersBy(now.Leader) : ConfiguredPeers;
            foreach (Visit visit in _visits)
            {
                peers.TryAdd(visit.Node, visit.Address);
            }

            bool isSame = peers.Count == Peers.Count && peers.All(peer => Peers.TryGetValue(peer.Key, out string? address) && address == peer.Value);
            Peers = isSame ? Peers : peers;
        }
    }

    private Dictionary<NodeId, string> ConfiguredPeers => _options.Members.Where(member => member.Node != Self).ToDictionary(member => member.Node, member => member.PeerAddress);

    private Dictionary<NodeId, string> PeersBy(ServerId? led)
    {
        IEnumerable<NodeId> kept = _core.Peers.Select(peer => peer.Server.Node);
        kept = led is { } leader ? kept.Append(leader.Node) : kept;
        kept = kept.Concat(_forwarded.Values.Select(request => request.ForwardedTo.Node));
        var peers = new Dictionary<NodeId, string>(Peers.Where(peer => !_knowsItsPeers || kept.Contains(peer.Key)));
        foreach (Member member in _core.MembershipsThatMayBeInForce.SelectMany(membership => membership.Members).Where(member => member.Node != Self))
        {
            peers[member.Node] = member.PeerAddress;
        }

        return peers;
    }

    /// <summary>
    /// A node of this cluster asks for a link, or one of a cluster that would have this unborn node for a member, and whose members may be others than those that it was told of. Whether
    /// it is a member is not this node's to say: a log that is behind names who has long left, and not those who elect its leaders now
    /// (thesis §4.1).
    /// </summary>
    private void OnVisit(NodeId node, string address)
    {
        bool isNew = !_visits.TryGetValue(node, out Visit known) || known.Address != address;
        if (node != Self && !IsNamed(node) && (!isNew || _visits.Count < MaxVisits))
        {
            _visits[node] = new Visit(node, address, _nowMs + VisitMs);
            _visitsChanged |= isNew;
        }
    }

    /// <summary>Whether a node has a link anyway. Who was removed has none: a member that calls it may have it for one again.</summary>
    private bool IsNamed(NodeId node)
    {
        if (!Identity.Cluster.IsBorn)
        {
            return IsConfigured(node);
        }

        return !IsRemoved && _core.MembershipsThatMayBeInForce.Any(membership => membership.Find(node) is not null);
    }

    private void ExpireVisits()
    {
        NodeId? over = null;
        foreach (Visit visit in _visits)
        {
            // Who was removed keeps no link for long: the members let it go when they have told it.
            bool isKept = _linked.Contains(visit.Node) && !IsRemoved;
            over = IsNamed(visit.Node) || (visit.UntilMs <= _nowMs && !isKept) ? visit.Node : over;
        }

        if (over is { } node)
        {
            _visits.Remove(node);
            _visitsChanged = true;
        }
    }

    /// <summary>Says once what was committed of the members.</summary>
    private void ObserveMembers()
    {
        if (_core.IsToldThatItLeft)
        {
            BeRemoved();
        }

        CompareFile();
        if (!_core.IsMembershipCommitted || ReferenceEquals(_core.Membership, _membershipTold))
        {
            return;
        }

        Membership? before = _membershipTold;
        _membershipTold = _core.Membership!;
        _comparesFile |= before is null && _membershipTold.Find(Self) is not null;

        // A process that has only now started was one before, if its log says so.
        bool wasIn = before is null ? _core.HasHadASeat : before.Find(Self) is not null;
        bool isOut = wasIn && _membershipTold.Find(Self) is null;
        bool isChanged = before is not null && !before.Members.Select(member => (member.Node, member.Suffrage)).SequenceEqual(_membershipTold.Members.Select(member => (member.Node, member.Suffrage)));
        IsRemoved &= _core.IsToldThatItLeft || _membershipTold.Find(Self) is null;
        if (isOut)
        {
            BeRemoved();
        }
        else if (isChanged)
        {
            _ports.Report(EventLevel.Information, $"members: {string.Join(", ", _membershipTold.Members.Select(Describe))}");
        }
    }

    private void BeRemoved()
    {
        if (!IsRemoved)
        {
            IsRemoved = true;
            _ports.Report(EventLevel.Warning, "this node is no longer a member: it was removed, serves nobody and may be stopped");
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
