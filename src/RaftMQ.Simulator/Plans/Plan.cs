using RaftMQ.Simulation.Runs;

namespace RaftMQ.Simulator.Plans;

/// <summary>The runs to be made, in order.</summary>
/// <param name="Title">What they are, for the head of the table.</param>
/// <param name="Runs">One after another; regressions come first, since they are the likeliest to fail.</param>
/// <param name="Seeds">The seeds among them; null if there are regressions only.</param>
internal sealed record Plan(string Title, IReadOnlyList<RunOptions> Runs, SeedRange? Seeds)
{
    /// <summary>A plan of seeds that share everything else, after the regressions.</summary>
    /// <param name="regressions">Runs that once failed.</param>
    /// <param name="seeds">The seeds, or null for none.</param>
    /// <param name="shared">What the seeds have in common; its own seed does not matter.</param>
    public static Plan Of(IReadOnlyList<RunOptions> regressions, SeedRange? seeds, RunOptions shared)
    {
        var runs = new List<RunOptions>(regressions);
        var parts = new List<string>();
        if (seeds is { } range)
        {
            runs.EnsureCapacity(runs.Count + range.Count);
            for (int i = 0; i < range.Count; i++)
            {
                runs.Add(shared with { Seed = range.First + (ulong)i });
            }

            parts.Add(range.Count == 1 ? $"seed {range.First}" : $"seeds {range}");
            parts.Add($"{shared.Events:N0} events each");
            if (shared.Horizon is { } horizon)
            {
                parts.Add($"faults planned over {horizon:N0}");
            }

            parts.Add($"profile {shared.Profile}");
            if (shared.Without.Count > 0)
            {
                parts.Add($"without {string.Join(",", shared.Without.Order())}");
            }
        }

        if (regressions.Count > 0)
        {
            parts.Add($"{regressions.Count} regressions");
        }

        return new Plan(string.Join(", ", parts), runs, seeds);
    }
}
