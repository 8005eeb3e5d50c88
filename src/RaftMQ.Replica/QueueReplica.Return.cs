using RaftMQ.Consensus;
using RaftMQ.Replica.Disk;

namespace RaftMQ.Replica;

/// <summary>
/// An unborn node that belongs to a cluster: it was told to join it, or its damaged folder was set aside (docs/decisions/0006). That is the only one that it comes into, and it founds
/// none, so that those who forgot what they had acknowledged never are a majority of their own.
/// </summary>
public sealed partial class QueueReplica
{
    private bool _hasTakenItsSeat;
    private LogIndex? _committedWithItsSeat;
    private ClusterId _refusedCluster;

    /// <summary>Whether this node, while unborn, waits to be taken in by one cluster and no other.</summary>
    private bool IsPromised => Identity.Joins.IsBorn;

    private bool MayComeInto(ClusterId cluster)
    {
        bool may = !IsPromised || Identity.Joins == cluster;
        if (!may && _refusedCluster != cluster)
        {
            _refusedCluster = cluster;
            _ports.Report(
                EventLevel.Warning,
                $"this node belongs to cluster {Identity.Joins}: not coming into cluster {cluster}; if the former is given up, empty the folder");
        }

        return may;
    }

    /// <summary>With its seat committed, and everything up to that applied, this node has all that it had promised to keep.</summary>
    private void ObserveSeat()
    {
        if (_committedWithItsSeat is null && IsMember && _core.IsMembershipCommitted && _core.Leader is not null)
        {
            _committedWithItsSeat = _core.CommitIndex;
        }

        if (!_hasTakenItsSeat && _committedWithItsSeat <= AppliedIndex)
        {
            _hasTakenItsSeat = true;
            _ports.AskDisk(new AsideRemoval());
        }
    }

    private void OnAsideRemoved(AsideRemovedInput removed) =>
        _ports.Report(EventLevel.Information, $"this node is a member again and has what the others have: the {removed.Files} files that were set aside are removed");
}
