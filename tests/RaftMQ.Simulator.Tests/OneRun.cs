using RaftMQ.Simulation.Runs;

namespace RaftMQ.Simulator.Tests;

public sealed class OneRun
{
    [Fact]
    public void A_trace_has_every_line_and_ends_with_its_hash()
    {
        (int exitCode, string output, _) = Session.Run(StubWorld.Calm, "--seed 7 --events 100 --trace");

        exitCode.ShouldBe(0);
        output.Split('\n')[0].ShouldBe("seed 7 begins");
        output.ShouldContain("seed 7: 100 events, trace hash ");
        output.ShouldEndWith("every invariant held\n");
    }

    [Fact]
    public void A_trace_of_a_failure_ends_with_it()
    {
        (int exitCode, string output, _) = Session.Run(StubWorld.FailingAt(7), "--seed 7 --trace");

        exitCode.ShouldBe(1);
        output.ShouldContain("FAILED  seed 7: I13");
    }

    [Fact]
    public void Shrinking_finds_the_fewest_events_and_faults_that_fail_alike()
    {
        // It takes a crash and a cut, and 137 events; with fewer than 50 another invariant breaks, which does not count.
        static RunResult World(RunOptions options) =>
            options.Without.Contains(FaultKind.Crash) || options.Without.Contains(FaultKind.Partition) ? StubWorld.Calm(options)
            : options.Events >= 137 ? StubWorld.Failing(options)
            : options.Events < 50 ? StubWorld.Failing(options, "I1")
            : StubWorld.Calm(options);

        (int exitCode, string output, _) = Session.Run(World, "--seed 9 --events 20000 --shrink");

        exitCode.ShouldBe(1);
        string without = string.Join(',', Enum.GetValues<FaultKind>().Except([FaultKind.Crash, FaultKind.Partition]));
        output.ShouldContain($"replay: dotnet run -c Release --project src/RaftMQ.Simulator -- --seed 9 --events 137 --horizon 20000 --without {without}\n");
    }

    [Fact]
    public void What_was_shrunk_is_replayed_over_the_same_horizon()
    {
        var told = new List<(int, int?)>();
        RunResult World(RunOptions options)
        {
            told.Add((options.Events, options.Horizon));
            return StubWorld.Calm(options);
        }

        Session.Run(World, "--seed 9 --events 137 --horizon 20000 --workers 1");
        Session.Run(World, "--seed 9 --events 137 --workers 1");

        told.ShouldBe([(137, 20_000), (137, null)]);
    }

    [Fact]
    public void A_run_that_holds_cannot_be_shrunk()
    {
        (int exitCode, string output, _) = Session.Run(StubWorld.Calm, "--seed 9 --shrink");

        exitCode.ShouldBe(0);
        output.ShouldBe("seed 9 holds with 20,000 events: there is nothing to shrink\n");
    }
}
