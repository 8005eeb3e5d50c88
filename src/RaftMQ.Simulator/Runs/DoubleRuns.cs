using System.Globalization;
using RaftMQ.Simulation.Runs;
using RaftMQ.Simulator.Plans;
using RaftMQ.Simulator.Reports;

namespace RaftMQ.Simulator.Runs;

/// <summary>
/// The first seeds, made again in a second process: the same seed gives the same trace to the byte, the same counts and the same verdict. What differs between two
/// processes, and not between two runs in one, is what hides longest: seeds of hash codes, addresses, what ran before on the same thread.
/// </summary>
internal static class DoubleRuns
{
    /// <summary>Compares this process's digests with those of another.</summary>
    /// <param name="plan">What was run.</param>
    /// <param name="tally">What it came to.</param>
    /// <param name="count">How many seeds, from the first on.</param>
    /// <param name="digestsElsewhere">Runs this program with arguments, and gives the lines that it printed.</param>
    /// <param name="stop">The other process is not waited for any more.</param>
    /// <returns>How many were compared, and what differed.</returns>
    public static (int Compared, IReadOnlyList<string> Different) Compare(
        Plan plan, Tally tally, int count, Func<IReadOnlyList<string>, CancellationToken, IReadOnlyList<string>> digestsElsewhere, CancellationToken stop)
    {
        SeedRange seeds = plan.Seeds!.Value;
        int first = plan.Runs.Count - seeds.Count;
        int compared = Enumerable.Range(0, Math.Min(count, seeds.Count)).TakeWhile(i => tally.DigestAt(first + i) is not null).Count();
        if (compared == 0)
        {
            return (0, []);
        }

        RunOptions shared = plan.Runs[first];
        string[] arguments = ["--seeds", SeedRange.From(seeds.First, compared).ToString(), .. ReplayCommand.SharedArguments(shared), "--workers", "1", "--digests"];
        string[] there = [.. digestsElsewhere(arguments, stop)];
        var different = new List<string>();
        for (int i = 0; i < compared; i++)
        {
            string here = Line(plan.Runs[first + i].Seed, tally.DigestAt(first + i)!.Value);
            string other = there.ElementAtOrDefault(i) ?? "nothing";
            if (here != other)
            {
                different.Add($"seed {plan.Runs[first + i].Seed}: this process says \"{here}\", a second one \"{other}\"");
            }
        }

        return (compared, different);
    }

    /// <summary>What <c>--digests</c> prints for a run.</summary>
    public static string Line(ulong seed, ulong digest) => string.Create(CultureInfo.InvariantCulture, $"{seed} {digest:x16}");
}
