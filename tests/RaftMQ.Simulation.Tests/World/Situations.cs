using RaftMQ.Simulation.Runs;

namespace RaftMQ.Simulation.Tests.World;

/// <summary>A situation is counted when it has come about, and not when it only might have.</summary>
public sealed class Situations
{
    private const int Seeds = 40;

    [Fact]
    public void A_process_that_ends_leaves_no_term_without_its_log_behind()
    {
        // What was written outlives its process, and a term and the log behind it are written in one go.
        TimesReached(FaultKind.Crash, Situation.CrashBetweenTermAndLog).ShouldBe(0);
    }

    [Fact]
    public void Power_that_is_lost_may_leave_a_term_without_its_log_behind() =>
        TimesReached(FaultKind.PowerLoss, Situation.CrashBetweenTermAndLog).ShouldBeGreaterThan(0);

    private static long TimesReached(FaultKind alone, Situation situation)
    {
        HashSet<FaultKind> without = [.. Enum.GetValues<FaultKind>().Where(other => other != alone)];
        return Enumerable.Range(1, Seeds).Sum(seed => Run.Make(new RunOptions { Seed = (ulong)seed, Events = 4_000, Without = without }).Reached[(int)situation]);
    }
}
