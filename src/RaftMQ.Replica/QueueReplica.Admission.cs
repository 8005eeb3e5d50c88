using RaftMQ.Consensus;

namespace RaftMQ.Replica;

/// <summary>
/// A leader seats members that came without a seat: those that the birth did not know yet, those that lost their disk and come back as a new incarnation, and learners. First a seat is
/// vacated, then, when the newcomer has caught up, it is taken: two entries, each of which changes whom a majority may count by one server, so that every majority before meets every
/// majority after (docs/decisions/0002). A learner that has caught up becomes a voter by a joint configuration.
/// </summary>
public sealed partial class QueueReplica
{
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
}
