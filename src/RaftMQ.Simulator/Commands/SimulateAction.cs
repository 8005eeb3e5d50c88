using System.CommandLine;
using RaftMQ.Simulation.Runs;
using RaftMQ.Simulator.Plans;
using RaftMQ.Simulator.Reports;
using RaftMQ.Simulator.Runs;

namespace RaftMQ.Simulator.Commands;

/// <summary>Makes the runs of many seeds, and ends with the table.</summary>
internal sealed class SimulateAction(
    Func<RunOptions, RunResult> make, Func<IReadOnlyList<string>, CancellationToken, IReadOnlyList<string>> digestsElsewhere, TextWriter output, TextWriter errors,
    StopRequest stop, SimulationOptions options)
{
    public int Run(ParseResult parsed)
    {
        Plan plan = PlanOf(parsed);
        JsonFile? json = parsed.GetValue(options.Json) is { } path ? new JsonFile(path) : null;
        var runner = new Runner(make, plan.Runs)
        {
            Workers = parsed.GetValue(options.Workers) ?? Environment.ProcessorCount,
            Limit = parsed.GetValue(options.Minutes) is { } minutes ? TimeSpan.FromMinutes(minutes) : null,
            StopAtFailure = parsed.GetValue(options.StopAtFailure),
        };
        var progress = new ProgressLine(errors, ReferenceEquals(errors, Console.Error) && !Console.IsErrorRedirected && !Console.IsOutputRedirected);
        runner.Run(stop.Token, progress.Show);
        progress.Erase();
        if (parsed.GetValue(options.Digests))
        {
            return PrintDigests(plan, runner);
        }

        Summary summary = SummaryOf(parsed, plan, runner);
        Table.Write(output, summary);
        json?.Write(summary);
        return summary.HasFailed ? ExitCode.Failed : summary.Interrupted ? ExitCode.Interrupted : ExitCode.Held;
    }

    private Plan PlanOf(ParseResult parsed)
    {
        SeedRange? seeds = parsed.GetValue(options.Seeds);
        int? fresh = parsed.GetValue(options.Fresh);
        ulong? seed = parsed.GetValue(options.Seed);
        string? regressions = parsed.GetValue(options.Regressions);
        int ways = (seeds is null ? 0 : 1) + (fresh is null ? 0 : 1) + (seed is null ? 0 : 1);
        if (ways > 1 || (ways == 0 && regressions is null))
        {
            throw new BadArgumentsException("say which seeds to run, in one of three ways: --seeds 1..300, --fresh 300, --seed 7; see --help");
        }

        if (parsed.GetValue(options.Double) is not null && ways == 0)
        {
            throw new BadArgumentsException("--double makes seeds twice: say which with --seeds, --fresh or --seed; see --help");
        }

        if (fresh is { } count)
        {
            // Drawn from fewer than 64 bits: a shorter number is easier to pass on.
            ulong first = (ulong)Random.Shared.NextInt64(1, 1_000_000_000_000);
            seeds = SeedRange.From(first, count);
            output.WriteLine(FormattableString.Invariant($"fresh seeds from {first} on: again with --seeds {seeds}"));
        }

        SeedRange? range = seed is { } single ? new SeedRange(single, single) : seeds;
        return Plan.Of(regressions is null ? [] : Regressions.Load(regressions), range, options.Shared(parsed));
    }

    private Summary SummaryOf(ParseResult parsed, Plan plan, Runner runner)
    {
        var summary = new Summary
        {
            Title = plan.Title,
            Planned = plan.Runs.Count,
            Figures = runner.Tally.Figures,
            Workers = runner.Workers,
            Elapsed = runner.Elapsed,
            Busy = runner.Busy,
            FirstHeap = runner.FirstHeap,
            LastHeap = runner.LastHeap,
            Interrupted = stop.Token.IsCancellationRequested,
            Abandoned = runner.Abandoned,
            JudgesFloors = parsed.GetValue(options.Floors),
        };
        if (parsed.GetValue(options.Double) is not { } count || summary.Interrupted)
        {
            return summary;
        }

        (int compared, IReadOnlyList<string> different) = DoubleRuns.Compare(plan, runner.Tally, count, digestsElsewhere, stop.Token);
        return summary with { DoubleRuns = compared, DifferentRuns = different };
    }

    private int PrintDigests(Plan plan, Runner runner)
    {
        for (int i = 0; i < plan.Runs.Count && runner.Tally.DigestAt(i) is { } digest; i++)
        {
            output.WriteLine(DoubleRuns.Line(plan.Runs[i].Seed, digest));
        }

        return stop.Token.IsCancellationRequested ? ExitCode.Interrupted : ExitCode.Held;
    }
}
