using System.Text.RegularExpressions;
using RaftMQ.Simulation.Runs;

namespace RaftMQ.Simulation.Tests.World;

/// <summary>Without any fault nothing may be wrong, and clients get what they ask for.</summary>
public sealed partial class CalmRuns
{
    [Fact]
    public void A_calm_run_of_each_size_has_no_failure()
    {
        var sizes = new SortedSet<int>();
        for (ulong seed = 1; seed <= 60; seed++)
        {
            var lines = new List<string>();
            RunResult result = Run.Make(new RunOptions { Seed = seed, Events = 1_500, Profile = Profile.Calm, Trace = lines.Add });

            result.Failure.ShouldBeNull($"seed {seed}");
            result.Operations.ShouldBeGreaterThanOrEqualTo(result.Events / 50);
            lines.TakeWhile(line => !line.Contains("liveness")).ShouldNotContain(line => line.Contains("Crash") || line.Contains("Refused"));
            sizes.Add(int.Parse(Size().Match(lines[0]).Groups[1].ValueSpan, System.Globalization.CultureInfo.InvariantCulture));
        }

        sizes.ShouldBe([1, 2, 3, 4, 5, 7]);
    }

    [Fact]
    public void Invariants_are_looked_at_all_the_time()
    {
        RunResult result = Run.Make(new RunOptions { Seed = 3, Events = 2_000, Profile = Profile.Calm });

        result.Checks.ShouldBeGreaterThan(result.Events);
        result.LastLines.ShouldBeEmpty();
    }

    [GeneratedRegex("([0-9]+) nodes")]
    private static partial Regex Size();
}
