using RaftMQ.Consensus;
using RaftMQ.Simulation.Runs;
using RaftMQ.Simulation.World;

namespace RaftMQ.Simulation.Invariants;

/// <summary>Configurations (I10, thesis chapter 4): in force as soon as they stand in the log and no longer than that, one uncommitted at a time, each one step from the one before.</summary>
internal sealed partial class Ghost
{
    /// <summary>Whether a configuration that is not committed stands in the log of some node, or may.</summary>
    public bool AnyConfigurationIsUncommitted()
    {
        ulong committed = Cluster?.Committed.Configuration.Index ?? 0;
        return world.Nodes.Any(node => ImageOf(node.Identity.Server).Given.Configurations is [.., var last] && last.Index > committed);
    }

    /// <summary>The last committed configuration, and all behind it that stand in the log of some node, or may; none before anything is committed.</summary>
    public Membership[] ConfigurationsThatMayBeInForce()
    {
        if (Cluster?.Committed.Configuration is not { Membership: { } committed, Index: var index })
        {
            return [];
        }

        return [committed, .. world.Nodes.SelectMany(node => ImageOf(node.Identity.Server).Given.Configurations).Where(later => later.Index > index).Select(later => later.Membership)];
    }

    /// <summary>A server writes a configuration behind the ones that its log has.</summary>
    private void OnConfiguration(SimulatedNode node, LogImage given, in LogEntry entry)
    {
        findings.Checks++;
        (ulong index, Membership before) = given.Configurations[^1];
        Membership next = Membership.Decode(entry.Payload.Span, out _);
        if (!before.MayBeFollowedBy(next) || !Majorities.AlwaysMeet(before, next))
        {
            findings.Report("I10", $"the configuration {entry.Position} on node {node.Id} is not one step from that at index {index}: their majorities need not meet");
        }

        RaftCore core = node.Replica!.Core;
        bool isItsAuthor = core.Role == Role.Leader && core.CurrentTerm == entry.Term;
        if (isItsAuthor && index > core.CommitIndex.Value)
        {
            findings.Report("I10", $"leader {node.Id} of term {core.CurrentTerm} makes the configuration {entry.Position} while that at index {index} is uncommitted");
        }

        if (isItsAuthor && core.Log.TermAt(core.CommitIndex) != core.CurrentTerm)
        {
            findings.Report("I10", $"leader {node.Id} of term {core.CurrentTerm} makes the configuration {entry.Position} before it has committed in its own term (thesis §4.1)");
        }

        if (isItsAuthor)
        {
            RequireTheLog(node.Replica.Core, ImageOf(node.Replica.Identity.Server), before, next);
            OnRaise(node, before, next);
            CountReach(core, node.Replica.Identity.Server, index, before, next);
        }
    }

    private void CountReach(RaftCore leader, ServerId self, ulong beforeIndex, Membership before, Membership next)
    {
        world.Reach.Count(Situation.DisjointMajorities, next.IsJoint && !before.IsJoint && !Majorities.OldAndNewAlwaysMeet(next) ? 1 : 0);
        if (before.IsJoint && !next.IsJoint)
        {
            world.Reach.Count(Situation.LeaderRemoved, next.Counts(self) ? 0 : 1);
            world.Reach.Count(Situation.ChangeFinishedByAnother, leader.Log.TermAt(new LogIndex(beforeIndex)) == leader.CurrentTerm ? 0 : 1);
            int promoted = before.Members.Count(member => member.Suffrage == Suffrage.Incoming);
            world.Reach.Count(Situation.LearnerPromoted, promoted > 0 ? 1 : 0);
            world.Reach.Count(Situation.LearnersPromotedTogether, promoted > 1 ? 1 : 0);
        }
    }

    /// <summary>Whoever gets a seat has what was committed two rounds of catching up ago (thesis §4.2.1): a majority that counts on it can commit.</summary>
    private void RequireTheLog(RaftCore core, ServerImage leader, Membership before, Membership next)
    {
        foreach (ServerId server in next.Voters)
        {
            int round = core.Peers.Where(peer => peer.Server == server).Select(core.LongestRoundOf).FirstOrDefault(core.ElectionTimeoutTicks);
            int twoRounds = 2 * Math.Min(round, 2 * core.ElectionTimeoutTicks);
            ulong committed = leader.Leader?.CommittedBefore(twoRounds).Value ?? 0;
            bool isNew = server.Incarnation != 0 && !before.Counts(server);
            ulong has = ImageOf(server).Durable.Last;
            if (isNew && (has == 0 || has < committed))
            {
                findings.Report("I10", $"{server} gets a seat with a log up to {has}; committed was {committed} two rounds of {twoRounds / 2} ticks ago");
            }
        }
    }

    /// <summary>What a core takes for the configuration in force is the last in its log.</summary>
    private void RequireInForce(RaftCore core, ServerImage image)
    {
        IReadOnlyList<(ulong Index, Membership Membership)> configurations = image.Given.Configurations;
        Membership inLog = configurations[^1].Membership;
        if (ReferenceEquals(inLog, image.MembershipSeen) && ReferenceEquals(core.Membership, image.MembershipInForce))
        {
            return;
        }

        findings.Checks++;
        (image.MembershipSeen, image.MembershipInForce) = (inLog, core.Membership);
        if (inLog.Version != core.Membership!.Version || !inLog.Members.SequenceEqual(core.Membership.Members))
        {
            findings.Report("I10", $"server {image.Server} goes by another configuration than the last in its log, at index {configurations[^1].Index}");
        }
    }
}
