using RaftMQ.Simulation.Runs;

namespace RaftMQ.Simulation.Tests.World;

/// <summary>A run is made of its seed and nothing else.</summary>
public sealed class RunsOfOneSeed
{
    [Theory]
    [InlineData(1ul)]
    [InlineData(2ul)]
    [InlineData(3ul)]
    [InlineData(4ul)]
    public void The_same_seed_gives_the_same_trace_to_the_byte(ulong seed)
    {
        (RunResult first, string firstText) = Traced(seed);
        (RunResult second, string secondText) = Traced(seed);

        secondText.ShouldBe(firstText);
        second.TraceHash.ShouldBe(first.TraceHash);
        second.Events.ShouldBe(first.Events);
        second.Reached.ShouldBe(first.Reached);
    }

    [Fact]
    public void A_trace_that_nobody_reads_has_the_same_hash()
    {
        ulong unread = Run.Make(new RunOptions { Seed = 5, Events = 3_000 }).TraceHash;

        Traced(5).Result.TraceHash.ShouldBe(unread);
    }

    [Fact]
    public void Another_seed_gives_another_run()
    {
        ulong[] hashes = [.. Enumerable.Range(1, 10).Select(seed => Run.Make(new RunOptions { Seed = (ulong)seed, Events = 500 }).TraceHash)];

        hashes.Distinct().Count().ShouldBe(hashes.Length);
    }

    [Fact]
    public void Leaving_a_fault_out_leaves_the_shape_of_the_run_as_it_was()
    {
        string Shape(params FaultKind[] without)
        {
            var lines = new List<string>();
            Run.Make(new RunOptions { Seed = 6, Events = 100, Without = without.ToHashSet(), Trace = lines.Add });
            return lines[0];
        }

        Shape(FaultKind.Crash, FaultKind.Loss).ShouldBe(Shape());
    }

    [Theory]
    [InlineData(6ul)]
    [InlineData(11ul)]
    [InlineData(12ul)]
    public void A_shorter_storm_of_one_horizon_is_the_beginning_of_the_longer_one(ulong seed)
    {
        string[] Storm(int events)
        {
            var lines = new List<string>();
            Run.Make(new RunOptions { Seed = seed, Events = events, Horizon = 3_000, Trace = lines.Add });
            return [.. lines.TakeWhile(line => !line.Contains("liveness") && !line.Contains("safety only"))];
        }

        string[] shorter = Storm(1_500);

        Storm(3_000)[..shorter.Length].ShouldBe(shorter);
        shorter.ShouldContain(line => line.Contains("Fault"));
    }

    private static (RunResult Result, string Text) Traced(ulong seed)
    {
        var lines = new List<string>();
        RunResult result = Run.Make(new RunOptions { Seed = seed, Events = 3_000, Trace = lines.Add });
        return (result, string.Join('\n', lines));
    }
}
