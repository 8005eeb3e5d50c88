using RaftMQ.Consensus;
using RaftMQ.Consensus.Messages;
using RaftMQ.Replica;
using RaftMQ.Simulation.World;

namespace RaftMQ.Simulation.Invariants;

/// <summary>A leader leads no longer than a majority answers (I19, thesis §6.2), and its stamps, by which keys expire, go with the time that passes (I18).</summary>
internal sealed partial class Ghost
{
    /// <summary>The pace of log time, at most, in milliseconds per second: twice that of a monotonic clock that may be a fifth too fast.</summary>
    private const int FastestPacePerThousand = 2_400;

    /// <summary>What the wall clock may be set by at once, and a pause or two.</summary>
    private const long LargestStepMs = 4_000_000;

    /// <summary>A node is about to handle a tick.</summary>
    public void OnTick(SimulatedNode node, long monotonicMs)
    {
        ServerImage image = ImageOf(node.Replica!.Identity.Server);
        image.Ticks++;
        (image.TickBeforeMs, image.TickMs) = (image.TickMs, monotonicMs);
        image.Leader?.Tick(image.Ticks, monotonicMs, node.Replica.Core.CommitIndex);
    }

    private void OnAnswered(SimulatedNode node, Message response)
    {
        ServerImage image = ImageOf(node.Replica!.Identity.Server);
        if (response.Term == image.Leader?.Term)
        {
            image.Leader.Hear(response.From, image.Ticks);
        }
    }

    private void RequireMajority(RaftCore core, ServerImage image)
    {
        bool hasTicked = image.Ticks != image.TicksSeen;
        image.TicksSeen = image.Ticks;
        if (core.Role != Role.Leader || !hasTicked)
        {
            return;
        }

        findings.Checks++;
        ReplicaOptions options = world.Plan.Replica;
        (int shortest, int longest) = (options.ElectionTimeoutTicks, options.MaxElectionTimeoutTicks);
        if (core.ElectionTimeoutTicks < shortest || core.ElectionTimeoutTicks > longest)
        {
            findings.Report("I19", $"{image.Server} leads with an election timeout of {core.ElectionTimeoutTicks} ticks, and {shortest} to {longest} are allowed");
        }

        int within = 2 * core.ElectionTimeoutTicks;
        if (!image.Leader!.HasMajority(core.Membership!, image.Server, image.Ticks, within))
        {
            findings.Report("I19", $"{image.Server} has led term {core.CurrentTerm} for {within} ticks without hearing a majority");
        }
    }

    private void RequireInTime(SimulatedNode node, ServerImage image, ClusterHistory history, in LogEntry entry)
    {
        if (entry.Kind == EntryKind.Birth)
        {
            if (history.BornAt is null)
            {
                history.BornAt = (entry.Time.Milliseconds, world.Now);
                RequireNow(node, entry);
            }

            return;
        }

        RaftCore core = node.Replica!.Core;
        bool isItsAuthor = core.Role == Role.Leader && core.CurrentTerm == entry.Term && entry.Kind == EntryKind.Command;
        if (!isItsAuthor || history.BornAt is not { } birth)
        {
            return;
        }

        findings.Checks++;
        image.Lead(entry.Term);
        if (!image.Leader!.IsInTime(entry.Time.Milliseconds, image.TickBeforeMs, image.TickMs))
        {
            findings.Report("I18", $"the stamps of leader {image.Server} do not go with its clock: {entry.Position} has {entry.Time}");
        }

        long latest = birth.StampMs + ((world.Now - birth.At) * FastestPacePerThousand / 1_000_000) + world.Plan.Replica.TickMilliseconds;
        if (entry.Time.Milliseconds > latest)
        {
            findings.Report("I18", $"leader {image.Server} stamps {entry.Position} with {entry.Time}, which cannot have come yet");
        }
    }

    /// <summary>A founder begins log time with its wall clock. Between its last tick and its disk that may have been set, or have stood still.</summary>
    private void RequireNow(SimulatedNode founder, in LogEntry birth)
    {
        long off = Math.Abs(birth.Time.Milliseconds - founder.Clocks().WallMs);
        if (off > LargestStepMs)
        {
            findings.Report("I18", $"cluster {founder.Identity.Cluster} begins its time at {birth.Time}, {off} ms from the wall clock of node {founder.Id}");
        }
    }
}
