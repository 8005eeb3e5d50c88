using RaftMQ.Simulation.Runs;
using RaftMQ.Simulator.Runs;

namespace RaftMQ.Simulator.Shrinking;

/// <summary>
/// Looks for a smaller run that breaks the same invariant: fewer events by halving, then kinds of faults left out one by one, then fewer events again. A kind left out
/// makes another run, and so do quiet times that come earlier, so nothing promises that the smallest is found; what is found was seen to fail.
/// </summary>
/// <param name="make">Makes one run.</param>
/// <param name="invariant">The invariant that has to be broken.</param>
/// <param name="progress">Told of each success.</param>
/// <param name="stop">A person is content with what was found so far.</param>
internal sealed class Shrink(Func<RunOptions, RunResult> make, string invariant, TextWriter progress, CancellationToken stop)
{
    /// <summary>How many runs were tried.</summary>
    public int Attempts { get; private set; }

    /// <summary>The smallest run found, and what it comes to.</summary>
    public (RunOptions Options, RunResult Result) From(RunOptions options, RunResult result)
    {
        // Planned over as many events as before, a shorter storm is the beginning of the longer one.
        (RunOptions Options, RunResult Result) smallest = (options with { Horizon = options.Horizon ?? options.Events }, result);
        smallest = WithFewerEvents(smallest);
        smallest = WithFewerFaults(smallest);
        return WithFewerEvents(smallest);
    }

    private (RunOptions Options, RunResult Result) WithFewerEvents((RunOptions Options, RunResult Result) smallest)
    {
        // A storm that ends right behind the failure is the first guess: up to there it is the same.
        int untilFailure = (int)Math.Min(smallest.Result.Events, smallest.Options.Events);
        smallest = Try(smallest, smallest.Options with { Events = untilFailure });
        int holds = 0;
        while (smallest.Options.Events - holds > 1 && !stop.IsCancellationRequested)
        {
            int middle = holds + ((smallest.Options.Events - holds) / 2);
            (RunOptions Options, RunResult Result) tried = Try(smallest, smallest.Options with { Events = middle });
            holds = tried.Options.Events == middle ? holds : middle;
            smallest = tried;
        }

        return smallest;
    }

    private (RunOptions Options, RunResult Result) WithFewerFaults((RunOptions Options, RunResult Result) smallest)
    {
        foreach (FaultKind kind in Enum.GetValues<FaultKind>())
        {
            if (!smallest.Options.Without.Contains(kind) && !stop.IsCancellationRequested)
            {
                smallest = Try(smallest, smallest.Options with { Without = new HashSet<FaultKind>(smallest.Options.Without) { kind } });
            }
        }

        return smallest;
    }

    private (RunOptions Options, RunResult Result) Try((RunOptions Options, RunResult Result) smallest, RunOptions smaller)
    {
        Attempts++;
        RunResult result = Attempt.Make(make, smaller);
        if (result.Failure?.Invariant != invariant)
        {
            return smallest;
        }

        string without = smaller.Without.Count == 0 ? string.Empty : $", without {string.Join(",", smaller.Without.Order())}";
        progress.WriteLine(FormattableString.Invariant($"  fails with {smaller.Events:N0} events{without}"));
        return (smaller, result);
    }
}
