using RaftMQ.Simulation.Runs;

namespace RaftMQ.Simulation.Tests.World;

/// <summary>A situation is counted when it has come about, and not when it only might have.</summary>
public sealed class Situations
{
    [Fact]
    public void A_process_that_ends_leaves_no_term_without_its_log_behind()
    {
        // What was written outlives its process, and a term and the log behind it are written in one go.
        Reaches(FaultKind.Crash, Situation.CrashBetweenTermAndLog, seeds: 40).ShouldBeFalse();
    }

    [Fact]
    public void Power_that_is_lost_may_leave_a_term_without_its_log_behind() =>
        Reaches(FaultKind.PowerLoss, Situation.CrashBetweenTermAndLog, seeds: 400).ShouldBeTrue();

    private static bool Reaches(FaultKind alone, Situation situation, int seeds)
    {
        HashSet<FaultKind> without = [.. Enum.GetValues<FaultKind>().Where(other => other != alone)];
        return Enumerable.Range(1, seeds).Any(seed => Run.Make(new RunOptions { Seed = (ulong)seed, Events = 4_000, Without = without }).Reached[(int)situation] > 0);
    }
}
