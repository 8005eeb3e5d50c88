using RaftMQ.Consensus;

namespace RaftMQ.Replica;

/// <summary>
/// A leader seats members that came without a seat: those that the birth did not know yet, those that lost their disk and come back as a new incarnation, and learners. First a seat is
/// vacated, then, when the newcomer has caught up, it is taken: two entries, each of which changes whom a majority may count by one server, so that every majority before meets every
/// majority after (docs/decisions/0002). A learner that has caught up becomes a voter by a joint configuration.
/// </summary>
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
        if (!Identity.Cluster.IsBorn || now == _peersOf)
        {
            return;
        }

        _peersOf = now;

        // What stands in its own log may be out of date, and nobody in it may be left: until a leader has said what is so, nobody is given up.
        _knowsItsPeers |= now.Leader is not null && now.IsCommitted && IsMember;
        IEnumerable<NodeId> kept = _core.Peers.Select(peer => peer.Server.Node);
        kept = now.Leader is { } leader ? kept.Append(leader.Node) : kept;
        var peers = new Dictionary<NodeId, string>(Peers.Where(peer => !_knowsItsPeers || kept.Contains(peer.Key)));
        foreach (Member member in _core.MembershipsThatMayBeInForce.SelectMany(membership => membership.Members).Where(member => member.Node != Self))
        {
            peers[member.Node] = member.PeerAddress;
        }

        bool isSame = peers.Count == Peers.Count && peers.All(peer => Peers.TryGetValue(peer.Key, out string? address) && address == peer.Value);
        Peers = isSame ? Peers : peers;
    }

    private void TendAdmission()
    {
        bool mayChange = _core.Role == Role.Leader && _core.HasCommittedInOwnTerm && _core.IsMembershipCommitted;
        if (mayChange && !TendSeats(_core.Membership!))
        {
            TendLearners(_core.Membership!);
        }
    }

    /// <summary>One seat at a time.</summary>
    /// <returns>Whether one was changed.</returns>
    private bool TendSeats(Membership membership)
    {
        foreach (PeerProgress peer in _core.Peers)
        {
            Member? seat = membership.Find(peer.Server.Node);
            bool isSeatless = seat is not null && seat.Incarnation != peer.Server.Incarnation;
            bool isLinked = _linked.TryGetValue(peer.Server.Node, out ServerId linked) && linked == peer.Server;
            if (!isSeatless || !isLinked || !_core.HasCaughtUp(peer))
            {
                continue;
            }

            bool vacates = seat!.Incarnation != 0;
            Membership target = membership.WithIncarnation(peer.Server.Node, vacates ? 0 : peer.Server.Incarnation);
            if (_core.ProposeMembership(_clock.Now, target).Outcome == ProposeOutcome.Proposed)
            {
                _ports.Report(
                    EventLevel.Information,
                    vacates
                        ? $"node {peer.Server.Node} lost its disk and came back as incarnation {peer.Server.Incarnation:x}: vacating the seat of incarnation {seat.Incarnation:x}"
                        : $"admitting node {peer.Server.Node} as incarnation {peer.Server.Incarnation:x}");
                return true;
            }
        }

        return false;
    }

    /// <summary>All learners that have caught up become voters in one change, and those whom they replace leave with it.</summary>
    private void TendLearners(Membership membership)
    {
        if (membership.IsJoint)
        {
            return;
        }

        Member[] ready = [.. membership.Members.Where(member => member.Suffrage == Suffrage.Learner && member.Incarnation != 0
            && _core.Peers.FirstOrDefault(peer => peer.Server == member.Server) is { } progress && _core.HasCaughtUp(progress))];
        NodeId[] replaced = [.. ready.Select(member => member.Replaces).Where(node => membership.Find(node) is { Suffrage: Suffrage.Voter }).Distinct()];
        if (ready.Length == 0 || membership.Voters.Count + ready.Length - replaced.Length > Membership.MaxVoters)
        {
            return;
        }

        if (_core.ProposeMembership(_clock.Now, membership.Joint([.. ready.Select(member => member.Node)], replaced)).Outcome == ProposeOutcome.Proposed)
        {
            string leaving = replaced.Length == 0 ? string.Empty : $"; leaving: node {string.Join(", ", replaced)}";
            _ports.Report(EventLevel.Information, $"caught up and to vote from now on: node {string.Join(", ", ready.Select(member => member.Node))}{leaving}");
        }
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
