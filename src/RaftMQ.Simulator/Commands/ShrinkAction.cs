using RaftMQ.Simulation.Runs;
using RaftMQ.Simulator.Reports;
using RaftMQ.Simulator.Runs;
using RaftMQ.Simulator.Shrinking;

namespace RaftMQ.Simulator.Commands;

/// <summary><c>--seed N --shrink</c>: the shortest run with the fewest kinds of faults that was found to fail alike.</summary>
internal static class ShrinkAction
{
    public static int Run(Func<RunOptions, RunResult> make, RunOptions options, TextWriter output, CancellationToken stop)
    {
        RunResult first = Attempt.Make(make, options);
        if (first.Failure is not { } failure)
        {
            output.WriteLine(FormattableString.Invariant($"seed {options.Seed} holds with {options.Events:N0} events: there is nothing to shrink"));
            return ExitCode.Held;
        }

        output.WriteLine(FormattableString.Invariant($"seed {options.Seed} fails after {first.Events:N0} events: {failure.Invariant}: {failure.Message}"));
        var shrink = new Shrink(make, failure.Invariant, output, stop);
        (RunOptions smallest, RunResult result) = shrink.From(options, first);
        output.WriteLine(FormattableString.Invariant($"the smallest of {shrink.Attempts} attempts that fails alike:"));
        FailureReport.Write(output, new Failure(smallest, result.Failure!, result.LastLines));
        return ExitCode.Failed;
    }
}
