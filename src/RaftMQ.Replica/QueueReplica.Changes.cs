using RaftMQ.Consensus;
using RaftMQ.Replica.Requests;

namespace RaftMQ.Replica;

/// <summary>
/// What operators want of the cluster. Of a change of the members (thesis chapter 4) the leader makes the first step and answers when it is committed; the rest stands in the configuration
/// itself, as learners that are to vote and voters that they replace, so that every later leader goes on with it.
/// </summary>
public sealed partial class QueueReplica
{
    /// <summary>The most changes that wait at a time.</summary>
    private const int MaxChanges = 64;

    private readonly List<PendingChange> _changes = [];

    private void OnChange(PendingChange change)
    {
        change.DeadlineMs = _nowMs + _options.RequestTimeoutMilliseconds;
        if (_changes.Count >= MaxChanges)
        {
            EndChange(change, ChangeOutcome.Busy);
            return;
        }

        _changes.Add(change);
    }

    private void OnChangeGone(PendingChange change)
    {
        if (_changes.Remove(change))
        {
            EndChange(change, change.Position is null ? ChangeOutcome.Busy : ChangeOutcome.OutcomeUnknown);
        }
    }

    private void TendChanges()
    {
        for (int i = 0; i < _changes.Count; i++)
        {
            PendingChange change = _changes[i];
            if (OutcomeOf(change) is { } outcome)
            {
                _changes.RemoveAt(i--);
                EndChange(change, outcome);
            }
        }
    }

    /// <summary>Goes on with a change as far as that is possible now.</summary>
    /// <returns>How it ended; null while it waits.</returns>
    private ChangeOutcome? OutcomeOf(PendingChange change) =>
        change.Change is LeadershipTransfer transfer ? OutcomeOf(change, transfer) : OutcomeOf(change, (MembershipChange)change.Change);

    private ChangeOutcome? OutcomeOf(PendingChange change, LeadershipTransfer transfer)
    {
        NodeId? leader = _core.Leader?.Node;
        bool isThere = leader is not null && (transfer.To is { } wanted ? leader == wanted : change.HasBegun && leader != Self);
        if (isThere)
        {
            return ChangeOutcome.Done;
        }

        if (!change.HasBegun && _core.Role != Role.Leader)
        {
            return ChangeOutcome.NotLeader;
        }

        if (change.DeadlineMs <= _nowMs)
        {
            return change.HasBegun ? ChangeOutcome.OutcomeUnknown : ChangeOutcome.Busy;
        }

        if (_core.Role != Role.Leader || _core.IsTransferring)
        {
            return null;
        }

        // One attempt: proposals wait while it lasts (thesis §3.10).
        change.Reason = change.HasBegun ? "it was not taken over within an election timeout, and this node leads on; ask again, or name another node" : ObjectionTo(transfer);
        change.HasBegun |= change.Reason is null && _core.TransferLeadership(transfer.To);
        return change.Reason is null && change.HasBegun ? null : ChangeOutcome.Refused;
    }

    private string? ObjectionTo(LeadershipTransfer transfer)
    {
        ServerId[] heirs = [.. _core.Membership!.NewVoters.Where(voter => voter.Node != Self && (transfer.To is null || voter.Node == transfer.To))];
        bool isThere = heirs.Any(heir => _core.Peers.Any(peer => peer.Server == heir && _core.MayTakeOver(peer)));
        return (heirs.Length, isThere, transfer.To) switch
        {
            (0, _, { } node) => $"node {node} is no voter of this cluster; who is one: raftmq cluster status",
            (0, _, null) => "there is no other voter; add a node first: raftmq cluster add",
            (_, false, { } node) => $"node {node} does not answer at the moment, or is far behind; how far: raftmq cluster status; ask again when it is there",
            (_, false, null) => "no other voter answers at the moment, or all are far behind; how far: raftmq cluster status; ask again when one is there",
            _ => null,
        };
    }

    private ChangeOutcome? OutcomeOf(PendingChange change, MembershipChange wanted)
    {
        bool leads = _core.Role == Role.Leader && !_stopping;
        if (change.Position is { } position)
        {
            bool isOfThisTerm = leads && position.Term == _core.CurrentTerm;
            return isOfThisTerm && position.Index <= _core.CommitIndex ? ChangeOutcome.Done
                : !isOfThisTerm || change.DeadlineMs <= _nowMs ? ChangeOutcome.OutcomeUnknown
                : null;
        }

        if (!leads || change.DeadlineMs <= _nowMs)
        {
            return !leads ? ChangeOutcome.NotLeader : change.Reason is null ? ChangeOutcome.Busy : ChangeOutcome.TooFewVoters;
        }

        bool isFree = _core.HasCommittedInOwnTerm && _core.IsMembershipCommitted && !_core.Membership!.IsJoint;
        if (!isFree)
        {
            change.Reason = null;
            return null;
        }

        (Membership? target, change.Reason) = wanted.FirstStep(_core.Membership!);
        if (target is not null && ObjectionToVersionOf(wanted) is { } objection)
        {
            (target, change.Reason) = (null, objection);
        }

        if (target is null)
        {
            return change.Reason is null ? ChangeOutcome.Done : ChangeOutcome.Refused;
        }

        if (!_core.HearsMajorityOf(target))
        {
            // They may be back in a moment.
            change.Reason = $"of the {target.NewVoters.Count} voters that there would be, fewer than a majority answer at the moment";
            return null;
        }

        ProposeResult result = _core.ProposeMembership(_clock.Now, target);
        if (result.Outcome == ProposeOutcome.Proposed)
        {
            change.Position = result.Position;
            _ports.Report(EventLevel.Information, $"{change.Change}: proposed as entry {result.Position}");
        }

        return null;
    }

    private void EndAllChanges()
    {
        foreach (PendingChange change in _changes)
        {
            EndChange(change, change.Position is null && !change.HasBegun ? ChangeOutcome.NotLeader : ChangeOutcome.OutcomeUnknown);
        }

        _changes.Clear();
    }

    private void EndChange(PendingChange change, ChangeOutcome outcome)
    {
        (change.Outcome, change.Leader) = (outcome, _core.Leader?.Node);
        _ports.Complete(change);
    }
}
