using RaftMQ.Consensus;
using RaftMQ.Simulation.World;

namespace RaftMQ.Simulation.Invariants;

/// <summary>Configurations (I10, thesis chapter 4): in force as soon as they stand in the log and no longer than that, one uncommitted at a time, each one seat from the one before.</summary>
internal sealed partial class Ghost
{
    /// <summary>A server writes a configuration behind the ones that its log has.</summary>
    private void OnConfiguration(SimulatedNode node, LogImage given, in LogEntry entry)
    {
        findings.Checks++;
        (ulong index, Membership before) = given.Configurations[^1];
        Membership next = Membership.Decode(entry.Payload.Span, out _);
        if (!before.MayBeFollowedBy(next))
        {
            findings.Report("I10", $"the configuration {entry.Position} on node {node.Id} is not one seat from that at index {index}: their majorities need not meet");
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
            RequireTheLog(core, before, next);
        }
    }

    /// <summary>Whoever gets a seat has the log already (thesis §4.2.1): a majority that counts on it can commit.</summary>
    private void RequireTheLog(RaftCore leader, Membership before, Membership next)
    {
        foreach (ServerId server in next.Voters)
        {
            bool isNew = server.Incarnation != 0 && !before.Counts(server);
            ulong has = ImageOf(server).Durable.Last;
            if (isNew && (has == 0 || has + world.Plan.Replica.AdmissionLagEntries < leader.CommitIndex.Value))
            {
                findings.Report("I10", $"{server} gets a seat with a log up to {has}; committed is {leader.CommitIndex}");
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
        if (!inLog.Voters.SequenceEqual(core.Membership!.Voters))
        {
            findings.Report("I10", $"server {image.Server} goes by another configuration than the last in its log, at index {configurations[^1].Index}");
        }
    }
}
