using RaftMQ.Consensus;

namespace RaftMQ.Replica;

/// <summary>What changes for clients when leadership changes, and what people are told of it.</summary>
public sealed partial class QueueReplica
{
    private Role _reportedRole;
    private ServerId? _reportedLeader;
    private bool _wasMember;

    private void ObserveLeadership()
    {
        if (_core.Leader != _reportedLeader)
        {
            if (_reportedLeader is { } previous && previous != Identity.Server)
            {
                OnLeaderLost(previous);
            }

            _reportedLeader = _core.Leader;
            RouteWaiting();
            HasWork = true;
            if (_core.Leader is { } leader && leader != Identity.Server)
            {
                _ports.Report(EventLevel.Information, $"following node {leader.Node}, the leader of term {_core.CurrentTerm}");
            }
        }

        if (_core.Role != _reportedRole)
        {
            bool stoppedLeading = _reportedRole == Role.Leader;
            _reportedRole = _core.Role;
            if (_core.Role == Role.Leader)
            {
                _ports.Report(EventLevel.Information, $"leader of term {_core.CurrentTerm}");
            }
            else if (stoppedLeading)
            {
                _ports.Report(EventLevel.Information, $"no longer the leader; term {_core.CurrentTerm}");
            }
        }

        if (IsMember && !_wasMember)
        {
            _wasMember = true;
            bool byAdmission = _core.Membership is { } membership && _birth is not null && !_birth.Members.Counts(Identity.Server) && membership.Counts(Identity.Server);
            if (byAdmission)
            {
                _ports.Report(EventLevel.Information, "admitted: this node votes and counts from now on");
            }
        }
    }
}
