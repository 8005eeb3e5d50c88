using RaftMQ.Consensus;
using RaftMQ.Simulation.Runs;
using RaftMQ.Simulation.Traces;
using RaftMQ.Simulation.World;

namespace RaftMQ.Simulation.Invariants;

/// <summary>What a node has come to at the end of a turn.</summary>
internal sealed partial class Ghost
{
    /// <summary>Leadership (I1, I5), commitment (I6, I7, I9), application (I11, I12), bounds (I21).</summary>
    /// <param name="node">The node.</param>
    /// <param name="isWhole">Whether the turn came to its end; if the process died in it, not all of it has reached the disk's queue.</param>
    public void Observe(SimulatedNode node, bool isWhole)
    {
        ServerImage image = ImageOf(node.Replica!.Identity.Server);
        image.Received.Clear();
        if (!node.Replica.Identity.Cluster.IsBorn)
        {
            return;
        }

        RaftCore core = node.Replica.Core;
        ClusterHistory history = HistoryOf(node.Replica.Identity.Cluster);

        // Who led as the turn began may have committed in it and stepped down after that.
        ulong ledIn = image.RoleSeen == Role.Leader ? image.TermLed : 0;
        ObserveRole(node, core, image, history);
        ObserveCommit(node, core, image, history, core.Role == Role.Leader ? core.CurrentTerm.Value : ledIn);
        if (isWhole)
        {
            RequireInForce(core, image);
        }

        RequireMajority(core, image);
        RequireUnderstood(node);

        ulong applied = node.Replica.AppliedIndex.Value;
        if (applied != image.AppliedSeen)
        {
            findings.Checks++;
            if (applied < image.AppliedSeen || applied > core.CommitIndex.Value)
            {
                findings.Report("I12", $"server {image.Server} has applied {applied}, after {image.AppliedSeen}, with {core.CommitIndex} committed");
            }

            image.AppliedSeen = applied;
            history.Reference.Compare(node.Replica.Machine, applied, image.Server);
        }

        image.LastBefore = core.Log.Last.Index.Value;
        _bounds.Check(core, image);
    }

    private void ObserveRole(SimulatedNode node, RaftCore core, ServerImage image, ClusterHistory history)
    {
        if (core.Role == image.RoleSeen && (core.Role != Role.Leader || core.CurrentTerm.Value == image.TermLed))
        {
            return;
        }

        image.RoleSeen = core.Role;
        Note(node, TraceKind.Role, (ulong)core.Role, core.CurrentTerm.Value, core.Log.Last.Index.Value);
        if (core.Role == Role.Leader && core.CurrentTerm.Value != image.TermLed)
        {
            image.TermLed = core.CurrentTerm.Value;
            image.Lead(core.CurrentTerm);
            history.Ballots.Lead(image.Server, core.CurrentTerm);
            history.Committed.RequireIn(core, image.Server);
            CountLeadership(node, core, image, history);
        }
    }

    private void CountLeadership(SimulatedNode node, RaftCore core, ServerImage image, ClusterHistory history)
    {
        world.LeaderChanges++;
        foreach (SimulatedNode other in world.Nodes)
        {
            bool leadsToo = other != node && other is { IsRunning: true, Replica.Core.Role: Role.Leader } && other.Replica!.Core.CurrentTerm != core.CurrentTerm;
            if (leadsToo)
            {
                world.Reach.Count(Situation.TwoLiveLeaders);
            }
        }

        if (world.Nodes.Any(other => other.ReceivesSnapshot))
        {
            world.Reach.Count(Situation.InstallDuringElection);
        }

        IReadOnlyList<(ulong Index, Membership Membership)> configurations = image.Given.Configurations;
        bool hasChanged = configurations.Count > 1;
        if (hasChanged && configurations[^1].Index > history.Committed.Last)
        {
            world.Reach.Count(Situation.PendingChangeAtFailover);
        }
    }

    private void ObserveCommit(SimulatedNode node, RaftCore core, ServerImage image, ClusterHistory history, ulong ledIn)
    {
        ulong commit = core.CommitIndex.Value;
        if (commit == image.CommitSeen)
        {
            return;
        }

        if (commit < image.CommitSeen)
        {
            findings.Report("I7", $"the commit index of server {image.Server} falls from {image.CommitSeen} to {commit}");
            return;
        }

        ulong lastBefore = history.Committed.Last;
        ulong from = image.CommitSeen;
        image.CommitSeen = commit;
        history.Committed.Observe(core, image.Server, from, ledIn);
        Note(node, TraceKind.Commit, commit, core.CurrentTerm.Value, node.Replica!.AppliedIndex.Value);
        if (ledIn == 0 || history.Committed.Last == lastBefore || findings.First is not null)
        {
            return;
        }

        RequireOneCluster(history);
        RequireDurableOnMajority(core, image, commit, ledIn);
        bool byNoOp = history.Committed.TermAt(lastBefore + 1) < ledIn;
        if (byNoOp)
        {
            world.Reach.Count(Situation.CommitByNoOpOverOlder);
        }
    }

    private void RequireOneCluster(ClusterHistory history)
    {
        findings.Checks++;
        if (history == Cluster)
        {
            return;
        }

        if (Cluster!.Committed.Last > 0)
        {
            findings.Report("I14", $"cluster {history.Name} commits beside {Cluster.Name}: one of them was founded although the other lived");
            return;
        }

        Cluster = history;
    }

    /// <summary>Judged at the moment of commitment, by the disks: only incarnations that the configuration in force names are counted.</summary>
    private void RequireDurableOnMajority(RaftCore core, ServerImage image, ulong commit, ulong ledIn)
    {
        findings.Checks++;
        ulong term = core.Log.TermAt(new LogIndex(commit))!.Value.Value;
        IReadOnlyList<(ulong Index, Membership Membership)> configurations = image.Given.Configurations;
        (ulong index, Membership inForce) = configurations[^1];

        // A leader may have committed, and then given way to another who took its last configuration back, all in one turn.
        Membership? takenBack = core.Role == Role.Leader ? null : image.MembershipInForce;
        bool cameInThisTurn = index > image.LastBefore && configurations.Count > 1;
        bool holds = IsDurableOnMajority(commit, term, inForce) || (cameInThisTurn && IsDurableOnMajority(commit, term, configurations[^2].Membership))
            || (takenBack is not null && IsDurableOnMajority(commit, term, takenBack));
        if (!holds)
        {
            findings.Report("I9", $"leader {image.Server} of term {ledIn} commits {commit}@{term}, which is not durable on a majority of its configuration");
        }

        if (term != ledIn && core.Role == Role.Leader)
        {
            findings.Report("I9", $"leader {image.Server} of term {ledIn} commits by an entry of term {term} (§5.4.2)");
        }
    }

    private bool IsDurableOnMajority(ulong index, ulong term, Membership membership) =>
        Majorities.IsMajority(membership, voter => ImageOf(voter).Durable.TermAt(index) == term);
}
