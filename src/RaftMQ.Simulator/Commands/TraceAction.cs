using RaftMQ.Simulation.Runs;
using RaftMQ.Simulator.Reports;
using RaftMQ.Simulator.Runs;

namespace RaftMQ.Simulator.Commands;

/// <summary><c>--seed N --trace</c>: one run, one line per event.</summary>
internal static class TraceAction
{
    public static int Run(Func<RunOptions, RunResult> make, RunOptions options, TextWriter output)
    {
        RunResult result = Attempt.Make(make, options with { Trace = output.WriteLine });
        output.WriteLine(FormattableString.Invariant($"seed {options.Seed}: {result.Events:N0} events, trace hash {result.TraceHash:x16}"));
        if (result.Failure is not { } failure)
        {
            output.WriteLine("every invariant held");
            return ExitCode.Held;
        }

        // The lines before it stand above.
        FailureReport.Write(output, new Failure(options, failure, []));
        return ExitCode.Failed;
    }
}
