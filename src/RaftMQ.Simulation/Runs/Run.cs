using RaftMQ.Simulation.Checkers;
using RaftMQ.Simulation.Histories;
using RaftMQ.Simulation.Traces;
using RaftMQ.Simulation.World;

namespace RaftMQ.Simulation.Runs;

/// <summary>One run: birth, storm, then a core quorum is left in peace and must come to an end with everything, then the history is judged, and every disk gives back what it holds.</summary>
public static class Run
{
    private const long Second = 1_000_000;
    private const long BirthUs = 30 * Second;
    private const long LongestStormUs = 600 * Second;

    /// <summary>Makes a run from a seed.</summary>
    /// <param name="options">What to run.</param>
    /// <returns>What it came to; equal for equal options, on every machine.</returns>
    public static RunResult Make(RunOptions options)
    {
        var plan = new Plan(options);
        var world = new SimulatedWorld(plan, options.Trace);
        Storm(world, plan, options.Events, options.Horizon ?? options.Events);
        if (world.Findings.First is null)
        {
            new LivenessPhase(world, plan).Run();
        }

        Judgement? judgement = world.Findings.First is null ? Judge(world) : null;
        RecoverEverywhere(world);
        Finding? failure = world.Findings.First;
        return new RunResult
        {
            Seed = options.Seed,
            Events = world.Events,
            Operations = world.Clients.Operations.Count,
            Messages = judgement?.Messages ?? 0,
            JudgedApart = judgement?.JudgedApart ?? 0,
            TooLargeApart = judgement?.TooLarge ?? 0,
            Checks = world.Findings.Checks,
            Reached = world.Reach.Counts,
            TraceHash = world.Trace.Hash,
            Failure = failure,
            LastLines = failure is null ? [] : world.Trace.LastLines,
        };
    }

    private static void Storm(SimulatedWorld world, Plan plan, int events, int horizon)
    {
        Note(world, $"{plan.Founders} of {plan.Nodes} nodes, {plan.Clients} clients");
        Chance starts = plan.Chance.Fork(Purpose.Shape).Fork(1);
        foreach (SimulatedNode node in world.Nodes)
        {
            world.Agenda.Add(starts.Between(0, plan.StormsAtBirth ? 3 * Second : Second / 2), EventKind.Start, node.Id);
        }

        if (!plan.StormsAtBirth)
        {
            Note(world, "birth");
            bool isBorn = world.Run(() => IsWhole(world), BirthUs);
            if (!isBorn && world.Findings.First is null)
            {
                world.Findings.Report("I19", "no cluster with all its members within 30 seconds without faults");
            }
        }

        Note(world, "storm");
        world.Clients.BeginAll();
        world.Faults.Begin(horizon);
        world.Run(() => world.Events >= events, LongestStormUs);
        world.Faults.End();
    }

    private static bool IsWhole(SimulatedWorld world)
    {
        foreach (SimulatedNode node in world.Nodes)
        {
            bool isFounder = node.Id <= world.Plan.Founders;
            if (isFounder && node.Replica is not { IsMember: true, Core.Leader: not null })
            {
                return false;
            }
        }

        return true;
    }

    private static Judgement Judge(SimulatedWorld world)
    {
        Invariants.ReferenceMachine? reference = world.Ghost.Cluster?.Reference;
        reference?.CatchUp();
        var history = reference is null
            ? new History(world.Clients.Operations, [], [])
            : new History(world.Clients.Operations, [.. reference.Commands], reference.Empty(), reference.Dropped());
        world.Reach.Count(Situation.DroppedByOverflow, reference?.Machine.DroppedCount ?? 0);
        Judgement judgement = HistoryChecks.Judge(history);
        if (judgement.Finding is { } finding)
        {
            world.Findings.Report(finding.Invariant, finding.Message);
        }

        return judgement;
    }

    /// <summary>Whatever the run came to, the disks have it: nobody starts again by himself at the end of a run.</summary>
    private static void RecoverEverywhere(SimulatedWorld world)
    {
        Note(world, "the last recovery");
        foreach (SimulatedNode node in world.Nodes)
        {
            node.RecoverForTheLastTime();
        }
    }

    private static void Note(SimulatedWorld world, string phase) => world.Trace.Note(world.Now, 0, TraceKind.Phase, world.Events, text: phase);
}
