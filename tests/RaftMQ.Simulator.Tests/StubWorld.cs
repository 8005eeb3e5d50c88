using RaftMQ.Simulation.Histories;
using RaftMQ.Simulation.Runs;

namespace RaftMQ.Simulator.Tests;

/// <summary>A world that needs no time: what a run comes to follows from its options by a simple rule.</summary>
internal static class StubWorld
{
    public const int OperationsPerThousandEvents = 30;

    /// <summary>Every run holds, and every situation is reached in it.</summary>
    public static RunResult Calm(RunOptions options)
    {
        options.Trace?.Invoke($"seed {options.Seed} begins");
        return new RunResult
        {
            Seed = options.Seed,
            Events = options.Events,
            Operations = (long)options.Events * OperationsPerThousandEvents / 1_000,
            Messages = options.Events / 100,
            JudgedApart = 3,
            TooLargeApart = 1,
            Checks = options.Events * 10L,
            Reached = [.. Enum.GetValues<Situation>().Select(_ => (long)options.Seed)],
            TraceHash = (options.Seed * 0x9E3779B97F4A7C15) + (ulong)options.Events,
            Failure = null,
            LastLines = [],
        };
    }

    public static RunResult Failing(RunOptions options, string invariant = "I13") => Calm(options) with
    {
        Failure = new Finding(invariant, "a read at index 7 missed the message of index 5"),
        LastLines = ["the line before", "the last line"],
    };

    /// <summary>A world in which some seeds fail.</summary>
    public static Func<RunOptions, RunResult> FailingAt(params ulong[] seeds) => options => seeds.Contains(options.Seed) ? Failing(options) : Calm(options);
}
