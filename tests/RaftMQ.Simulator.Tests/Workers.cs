using RaftMQ.Simulation.Runs;
using RaftMQ.Simulator.Runs;

namespace RaftMQ.Simulator.Tests;

public sealed class Workers
{
    [Fact]
    public void Several_workers_come_to_the_same_as_one()
    {
        Figures alone = Made(workers: 1);
        Figures together = Made(workers: 4);

        together.TraceHash.ShouldBe(alone.TraceHash);
        together.Times.ShouldBe(alone.Times);
        together.RunsThatReached.ShouldBe(alone.RunsThatReached);
        together.Failures.Select(failure => failure.Options.Seed).ShouldBe(alone.Failures.Select(failure => failure.Options.Seed));
        (together with { Times = [], RunsThatReached = [], Failures = [] }).ShouldBe(alone with { Times = [], RunsThatReached = [], Failures = [] });
    }

    [Fact]
    public void Runs_are_made_on_all_workers_at_a_time()
    {
        using var bothAreThere = new Barrier(2);

        (int exitCode, _, _) = Session.Run(options => { bothAreThere.SignalAndWait(TestContext.Current.CancellationToken); return StubWorld.Calm(options); }, "--seeds 1..10 --workers 2");

        exitCode.ShouldBe(0);
    }

    [Fact]
    public void A_request_to_stop_ends_with_the_table_so_far()
    {
        Session? session = null;
        session = new Session(options =>
        {
            if (options.Seed == 3)
            {
                session!.Stop.Ask();
            }

            return StubWorld.Calm(options);
        });

        using (session)
        {
            session.Run("--seeds 1..50 --workers 1 --double 2").ShouldBe(130);
            session.Output.ShouldContain("3   of 50, interrupted");
            session.Output.ShouldNotContain("made in two processes");
        }
    }

    [Fact]
    public void A_request_that_comes_twice_within_a_moment_is_one()
    {
        using var stop = new StopRequest();

        stop.Ask().ShouldBeTrue();
        stop.Ask().ShouldBeTrue("timeout(1) signals a process and then its group");
    }

    [Fact]
    public void A_run_that_hangs_does_not_keep_a_request_to_stop_waiting()
    {
        using var never = new ManualResetEventSlim();
        Session? session = null;
        session = new Session(options =>
        {
            session!.Stop.Ask();
            never.Wait();
            return StubWorld.Calm(options);
        });

        using (session)
        {
            session.Run("--seeds 7..50 --workers 1").ShouldBe(130);
            session.Output.ShouldMatch("seed 7 was still under way after [0-9]+ s and is not counted");
            never.Set();
        }
    }

    [Fact]
    public void Two_processes_that_agree_are_said_to()
    {
        (int exitCode, string output, _) = Session.Run(StubWorld.Calm, "--seeds 1..10 --events 300 --without Loss --double 5");

        exitCode.ShouldBe(0);
        output.ShouldContain("5   0 of them differ");
    }

    [Fact]
    public void Two_processes_whose_traces_agree_and_whose_counts_differ_are_a_failure()
    {
        using var session = new Session(StubWorld.Calm);
        session.Elsewhere = arguments =>
        {
            (_, string output, _) = Session.Run(options => StubWorld.Calm(options) with { Checks = options.Seed == 2 ? 1 : StubWorld.Calm(options).Checks }, string.Join(' ', arguments));
            return output.Split('\n');
        };

        session.Run("--seeds 1..3 --double 3").ShouldBe(1);

        session.Output.ShouldContain("3   1 of them differ");
        session.Output.ShouldContain("NOT DETERMINISTIC  seed 2: ");
    }

    [Fact]
    public void Two_processes_that_differ_are_a_failure()
    {
        using var session = new Session(StubWorld.Calm) { Elsewhere = _ => ["1 0000000000000001"] };

        session.Run("--seeds 1..2 --double 2").ShouldBe(1);

        session.Output.ShouldContain("NOT DETERMINISTIC  seed 1: this process says \"1 ");
        session.Output.ShouldContain("a second one \"nothing\"");
    }

    [Theory]
    [InlineData(0)]
    [InlineData(100_000)]
    public void What_runs_leave_behind_shows_as_growth_of_the_heap(int leftByARun)
    {
        const int Runs = 200;
        var left = new System.Collections.Concurrent.ConcurrentBag<byte[]>();
        RunOptions[] plan = [.. Enumerable.Range(1, Runs).Select(seed => new RunOptions { Seed = (ulong)seed, Events = 1_000 })];
        var runner = new Runner(options => { left.Add(new byte[leftByARun]); return StubWorld.Calm(options); }, plan) { Workers = 2 };

        runner.Run(TestContext.Current.CancellationToken, _ => { });

        (runner.FirstHeap!.Runs, runner.LastHeap!.Runs).ShouldBe((Runs / 10, Runs));
        long grownBy = runner.LastHeap.Bytes - runner.FirstHeap.Bytes;
        long expected = (Runs - (Runs / 10)) * (long)leftByARun;
        grownBy.ShouldBeInRange(expected - 2_000_000, expected + 2_000_000, $"{left.Count} runs");
        runner.Tally.Figures.Runs.ShouldBe(Runs);
    }

    private static Figures Made(int workers)
    {
        RunOptions[] plan = [.. Enumerable.Range(1, 200).Select(seed => new RunOptions { Seed = (ulong)seed, Events = 1_000 + seed })];
        var runner = new Runner(options => options.Seed % 3 == 0 ? StubWorld.Failing(options) : StubWorld.Calm(options), plan) { Workers = workers };
        runner.Run(TestContext.Current.CancellationToken, _ => { });
        return runner.Tally.Figures;
    }
}
