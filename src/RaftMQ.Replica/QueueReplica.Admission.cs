using RaftMQ.Consensus;

namespace RaftMQ.Replica;

/// <summary>
/// A leader seats members that came without a seat: those that the birth did not know yet, and those that lost their disk and come back as a new
/// incarnation. First the seat is vacated, then, when the newcomer has the log, it is taken: two entries, each of which changes whom a majority may
/// count by one server, so that every majority before meets every majority after (docs/decisions/0002).
/// </summary>
public sealed partial class QueueReplica
{
    private void TendAdmission()
    {
        bool mayChange = _core.Role == Role.Leader && _core.HasCommittedInOwnTerm && _core.IsMembershipCommitted;
        if (!mayChange)
        {
            return;
        }

        Membership membership = _core.Membership!;
        foreach (PeerProgress peer in _core.Peers.OrderBy(peer => peer.Server.Node))
        {
            Member? seat = membership.Find(peer.Server.Node);
            bool isSeatless = seat is not null && seat.Incarnation != peer.Server.Incarnation;
            bool hasTheLog = _core.IsActive(peer) && peer.MatchIndex > LogIndex.Zero && peer.MatchIndex + _options.AdmissionLagEntries >= _core.CommitIndex;
            if (!isSeatless || !hasTheLog || !_linked.TryGetValue(peer.Server.Node, out ServerId linked) || linked != peer.Server)
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
                return;
            }
        }
    }
}
