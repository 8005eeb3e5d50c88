using RaftMQ.Consensus;
using RaftMQ.Replica;

namespace RaftMQ.Node;

/// <summary>What the node tells of itself: one record after each turn that has changed something worth telling.</summary>
public sealed partial class RaftNode
{
    /// <summary>So much more or less in memory is worth telling although nothing else has changed.</summary>
    private const long GaugeStepBytes = 1024 * 1024;

    /// <summary>How much longer another has to be silent before that is worth telling.</summary>
    private const long SilenceStepMs = 100;

    private void OnTurn(QueueReplica replica, bool stopping, DiskGauges disk)
    {
        RaftCore core = replica.Core;
        NodePhase phase = stopping ? NodePhase.Stopping
            : !replica.Identity.Cluster.IsBorn ? NodePhase.Unborn
            : replica.IsMember ? NodePhase.Member
            : replica.IsRemoved ? NodePhase.Removed
            : NodePhase.AwaitingAdmission;
        NodeStatus before = Status;
        bool isNews = before.Phase != phase || before.Role != core.Role || before.Term != core.CurrentTerm || before.Leader != core.Leader?.Node
            || before.Identity != replica.Identity;
        FollowerProgress[] followers = core.Role == Role.Leader ? [.. core.Peers.Select(peer => ProgressOf(peer, replica))] : [];
        bool isCaughtUp = phase == NodePhase.Member && replica.IsCaughtUp;
        bool isMoved = before.IsCaughtUp != isCaughtUp || before.CommitIndex != core.CommitIndex || before.AppliedIndex != replica.AppliedIndex || before.LastLog != core.Log.Last
            || before.Gauges.MemoryBytes / GaugeStepBytes != replica.MemoryBytes / GaugeStepBytes
            || before.AcceptsPublishes != core.AcceptsPublishes || before.Gauges.RoomBytes != replica.RoomBytes || before.Gauges.FolderBytes != disk.FolderBytes
            || before.ElectionTimeoutMs != core.ElectionTimeoutTicks * _options.TickMilliseconds
            || phase == NodePhase.Unborn || !before.Followers.SequenceEqual(followers) || !ReferenceEquals(before.Membership, core.Membership)
            || !ReferenceEquals(before.UnderstoodByLinked, replica.UnderstoodByLinked);
        if (!isNews && !isMoved)
        {
            return;
        }

        Publish(
            new NodeStatus
            {
                Phase = phase,
                Role = core.Role,
                Term = core.CurrentTerm,
                Leader = core.Leader?.Node,
                Identity = replica.Identity,
                LastLog = core.Log.Last,
                CommitIndex = core.CommitIndex,
                AppliedIndex = replica.AppliedIndex,
                IsCaughtUp = isCaughtUp,
                StateHash = replica.Machine.StateHash,
                MessageCount = replica.Machine.MessageCount,
                Membership = core.Membership,
                IsMembershipCommitted = core.IsMembershipCommitted,
                ClusterVersion = replica.ClusterVersion,
                Understands = replica.Understands,
                UnderstoodByLinked = replica.UnderstoodByLinked,
                ElectionTimeoutMs = core.ElectionTimeoutTicks * _options.TickMilliseconds,
                AcceptsPublishes = core.AcceptsPublishes,
                Followers = followers,
                WaitingFor = replica.WaitingFor,
                LogSyncs = disk.Syncs,
                Gauges = NodeGauges.Of(replica, disk.FolderBytes),
                Limits = replica.AppliedIndex > LogIndex.Zero ? replica.Machine.Limits : null,
            },
            isNews);
    }

    private static FollowerProgress ProgressOf(PeerProgress peer, QueueReplica replica) => new(
        peer.Server.Node, peer.MatchIndex, peer.Transfer?.Offset, replica.SilentMsOf(peer) is { } silentMs ? silentMs / SilenceStepMs * SilenceStepMs : null, peer.AcceptsPublishes);

    private void Publish(NodeStatus status, bool isNews = true)
    {
        Volatile.Write(ref _status, status);
        _recovery.TrySetResult();
        if (isNews)
        {
            Changed?.Invoke(status);
        }
    }
}
