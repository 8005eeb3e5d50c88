using RaftMQ.Consensus;

namespace RaftMQ.Replica;

/// <summary>
/// Where nodes are reached is what the cluster says, and not what stands in a file. Whoever goes by a file is told where it is out of date: by this node when it has heard from the cluster, by
/// its own log when nobody calls, and by the leader when a node calls that it cannot call back.
/// </summary>
public sealed partial class QueueReplica
{
    /// <summary>For so long, in milliseconds, a node waits for a leader, which calls as soon as it is there, and may know of a move that is not in the node's own log yet.</summary>
    private const int LeaderPatienceMs = 10_000;

    /// <summary>For so long, in milliseconds, a link with a node that calls may take to come up.</summary>
    private const int CallerPatienceMs = 2_000;

    private readonly NodeMap<Caller> _callers = new();
    private bool _comparesFile;
    private bool _ownAddressIsSettled;

    /// <summary>A member that has introduced itself, and has had no link since.</summary>
    private readonly record struct Caller(NodeId Node, string Address, long SinceMs, bool IsTold);

    /// <summary>Once, and only when this node has what the others have: a move may have been the last that they decided.</summary>
    private void CompareFile()
    {
        if (_comparesFile && IsCaughtUp && _core.IsMembershipCommitted)
        {
            _comparesFile = false;
            ReportDifferences(_core.Membership!);
        }
    }

    private void ReportDifferences(Membership members)
    {
        foreach (Member configured in _options.Members)
        {
            Member? member = members.Find(configured.Node);
            if (member is null || member.PeerAddress != configured.PeerAddress || member.ClientAddress != configured.ClientAddress)
            {
                string known = member is null ? "no such member" : $"peer {member.PeerAddress}, client {member.ClientAddress}";
                _ports.Report(
                    EventLevel.Warning, $"node {configured.Node} is configured with peer {configured.PeerAddress}, client {configured.ClientAddress}; the cluster knows {known}");
            }
        }
    }

    private void TendAddresses()
    {
        bool isAlone = !_ownAddressIsSettled && _core.Leader is null;
        if (!isAlone)
        {
            _ownAddressIsSettled = true;
        }
        else if (_nowMs - _startedMs >= LeaderPatienceMs)
        {
            _ownAddressIsSettled = true;
            ReportOwnAddress();
        }

        if (_core.Role == Role.Leader)
        {
            ReportCaller();
        }
    }

    private void ReportOwnAddress()
    {
        Member? configured = _options.Members.FirstOrDefault(member => member.Node == Self);
        if (configured is not null && _core.Membership?.Find(Self) is { } known && known.PeerAddress != configured.PeerAddress)
        {
            _ports.Report(
                EventLevel.Warning,
                $"no leader has called since the start: this node is configured with peer {configured.PeerAddress}, and by its log the others call peer {known.PeerAddress}, client "
                + $"{known.ClientAddress}; start it with those, or tell the others: raftmq cluster move {Self} --client {configured.ClientAddress} --peer {configured.PeerAddress} "
                + "--url URL-OF-ANOTHER");
        }
    }

    private void NoteCaller(NodeId node, string address)
    {
        bool isKnown = _callers.TryGetValue(node, out Caller known);
        if (node != Self && IsNamed(node) && (isKnown ? known.Address != address : _callers.Count < Membership.MaxMembers))
        {
            _callers[node] = new Caller(node, address, _nowMs, IsTold: false);
        }
    }

    private void ReportCaller()
    {
        foreach (Caller caller in _callers)
        {
            bool isLost = !caller.IsTold && !_linked.Contains(caller.Node) && _nowMs - caller.SinceMs >= CallerPatienceMs;
            if (isLost && _core.Membership!.Find(caller.Node) is { } member && member.PeerAddress != caller.Address)
            {
                _callers[caller.Node] = caller with { IsTold = true };
                _ports.Report(
                    EventLevel.Warning,
                    $"node {caller.Node} calls, and says that it is called at {caller.Address}; the cluster knows {member.PeerAddress}, where it does not answer: start it with that address, or "
                    + $"tell the cluster: raftmq cluster move {caller.Node} --client HOST:PORT --peer {caller.Address}");
                return;
            }
        }
    }
}
