using RaftMQ.Simulation.Histories;
using RaftMQ.Simulation.Runs;

namespace RaftMQ.Simulator.Runs;

/// <summary>Makes one run whatever happens: an exception that nobody expected is a failure of that run, not the end of all.</summary>
internal static class Attempt
{
    /// <summary>What a run that ended with an exception is said to have broken: the run is of deterministic code, so it is a defect of this or of the simulation.</summary>
    public const string Defect = "defect";

    public static RunResult Make(Func<RunOptions, RunResult> make, RunOptions options)
    {
        try
        {
            return make(options);
        }
        catch (Exception e)
        {
            return new RunResult
            {
                Seed = options.Seed,
                Events = 0,
                Operations = 0,
                Messages = 0,
                Checks = 0,
                Reached = [],
                TraceHash = 0,
                Failure = new Finding(Defect, $"{e.GetType().Name}: {e.Message}"),
                LastLines = (e.StackTrace ?? string.Empty).Split('\n', StringSplitOptions.RemoveEmptyEntries),
            };
        }
    }
}
