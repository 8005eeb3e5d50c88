using RaftMQ.Simulator.Runs;

namespace RaftMQ.Simulator.Reports;

/// <summary>A failure for a person: what was wrong, what went before, and how to see it again.</summary>
internal static class FailureReport
{
    public static void Write(TextWriter output, Failure failure)
    {
        output.WriteLine();
        output.WriteLine(FormattableString.Invariant($"FAILED  seed {failure.Options.Seed}: {failure.Finding.Invariant}: {failure.Finding.Message}"));
        foreach (string line in failure.LastLines)
        {
            output.WriteLine("  " + line);
        }

        output.WriteLine($"replay: {ReplayCommand.Of(failure.Options)}");
        output.WriteLine("        with --trace for every event, with --shrink for a shorter run");
    }
}
