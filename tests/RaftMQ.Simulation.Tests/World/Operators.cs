using RaftMQ.Replica.Requests;
using RaftMQ.Simulation.Runs;

namespace RaftMQ.Simulation.Tests.World;

/// <summary>The operator of a simulated cluster asks for everything that there is to ask for, and hears what there is to hear.</summary>
public sealed class Operators
{
    private static readonly FaultKind[] _kinds = [FaultKind.Membership, FaultKind.Crash, FaultKind.Partition, FaultKind.Delay];

    [Fact]
    public void Every_change_is_made_and_may_be_refused_or_asked_of_the_wrong_one_or_end_unknown()
    {
        List<string> lines = [];
        for (ulong seed = 1; seed <= 30; seed++)
        {
            HashSet<FaultKind> without = [.. Enum.GetValues<FaultKind>().Except(_kinds)];
            Run.Make(new RunOptions { Seed = seed, Events = 4_000, Without = without, Trace = lines.Add }).Failure.ShouldBeNull($"seed {seed}");
        }

        foreach (string change in new[] { "add", "replace", "remove", "move", "transfer" })
        {
            lines.ShouldContain(line => line.Contains($" {change} ") && line.Contains($": {ChangeOutcome.Done}"));
        }

        foreach (ChangeOutcome outcome in Enum.GetValues<ChangeOutcome>().Except([ChangeOutcome.Busy, ChangeOutcome.TooFewVoters]))
        {
            lines.ShouldContain(line => line.Contains($": {outcome}"), $"{outcome}");
        }

        lines.ShouldContain(line => line.Contains("newcomers started together") && line.Contains("a=2"));
    }
}
