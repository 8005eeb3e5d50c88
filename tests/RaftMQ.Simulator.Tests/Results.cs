using System.Text.Json.Nodes;
using RaftMQ.Simulation.Runs;
using RaftMQ.Simulator.Reach;

namespace RaftMQ.Simulator.Tests;

public sealed class Results
{
    [Fact]
    public void Runs_that_hold_end_with_the_table_and_exit_code_0()
    {
        (int exitCode, string output, string errors) = Session.Run(StubWorld.Calm, "--seeds 1..10 --events 1000 --workers 1");

        exitCode.ShouldBe(0);
        errors.ShouldBeEmpty();
        output.ShouldStartWith("seeds 1..10, 1,000 events each, profile Any; ");
        Row(output, "runs").ShouldBe("10   of 10");
        Row(output, "events").ShouldStartWith("10,000   trace hash of all ");
        Row(output, "client operations").ShouldBe("300   30.0 per 1,000 events, floor 20");
        Row(output, "messages accounted").ShouldBe("100");
        Row(output, "topics judged by the independent check").ShouldBe("30   with a publish; 10 more were too large for it");
        Row(output, "invariants checked").ShouldBe("100,000");
        Row(output, "KiB alive at the end").ShouldMatch("^[0-9,]+   [0-9,]+ after 1 runs$");
        Row(output, "torn tail cut").ShouldBe("55        10  100.0 %   1.0 %");
        Row(output, "stale receipt refused").ShouldBe("waits for leases");
        Row(output, "failures").ShouldBe("0");
    }

    [Fact]
    public void A_failure_says_what_went_before_and_how_to_see_it_again()
    {
        (int exitCode, string output, _) = Session.Run(StubWorld.FailingAt(4), "--seeds 1..10 --events 1000 --profile network --without Loss");

        exitCode.ShouldBe(1);
        Row(output, "runs").ShouldBe("10   of 10");
        Row(output, "failures").ShouldBe("1");
        output.ShouldContain("FAILED  seed 4: I13: a read at index 7 missed the message of index 5\n  the line before\n  the last line\n");
        output.ShouldContain("replay: dotnet run -c Release --project src/RaftMQ.Simulator -- --seed 4 --events 1000 --profile Network --without Loss\n");
    }

    [Fact]
    public void Many_failures_are_counted_and_the_first_are_shown()
    {
        (int exitCode, string output, _) = Session.Run(options => StubWorld.Failing(options), "--seeds 1..50");

        exitCode.ShouldBe(1);
        Row(output, "failures").ShouldBe("50");
        output.Split("FAILED").Length.ShouldBe(21);
        output.ShouldContain("FAILED  seed 20:");
        output.ShouldContain("and 30 more failures");
    }

    [Fact]
    public void An_exception_in_a_run_is_a_failure_of_that_run()
    {
        (int exitCode, string output, _) = Session.Run(options => options.Seed == 2 ? throw new InvalidOperationException("oh") : StubWorld.Calm(options), "--seeds 1..3");

        exitCode.ShouldBe(1);
        output.ShouldContain("FAILED  seed 2: defect: InvalidOperationException: oh");
        Row(output, "runs").ShouldBe("3   of 3");
    }

    [Fact]
    public void No_run_is_begun_after_a_failure_if_so_asked()
    {
        (int exitCode, string output, _) = Session.Run(StubWorld.FailingAt(3), "--seeds 1..50 --workers 1 --stop-at-failure");

        exitCode.ShouldBe(1);
        Row(output, "runs").ShouldBe("3   of 50");
    }

    [Fact]
    public void A_floor_that_is_missed_fails_only_where_floors_are_judged()
    {
        static RunResult Hole(RunOptions options) => StubWorld.Calm(options) with
        {
            Operations = 0,
            Reached = [.. Enum.GetValues<Situation>().Select(situation => situation == Situation.TornTailCut && options.Seed > 1 ? 0L : 1L)],
        };

        (int lenient, string table, _) = Session.Run(Hole, "--seeds 1..200");
        (int strict, string judged, _) = Session.Run(Hole, "--seeds 1..200 --floors");

        lenient.ShouldBe(0);
        Row(table, "torn tail cut").ShouldEndWith("below");
        table.ShouldNotContain("FLOOR MISSED");
        strict.ShouldBe(1);
        judged.ShouldContain("FLOOR MISSED  client operations: 0.0 per 1,000 events, and 20 are the floor");
        judged.ShouldContain("FLOOR MISSED  torn tail cut: reached in 0.50 % of the seeds, and 1 % are the floor");
        judged.Split("FLOOR MISSED").Length.ShouldBe(3);
    }

    [Fact]
    public void Every_situation_has_a_floor() => Floors.All.Select(floor => floor.Situation).ShouldBe(Enum.GetValues<Situation>(), ignoreOrder: true);

    [Fact]
    public void The_file_has_all_figures()
    {
        string path = Path.GetTempFileName();
        try
        {
            Session.Run(StubWorld.FailingAt(2), $"--seeds 1..4 --events 500 --json {path} --double 2");

            JsonNode json = JsonNode.Parse(File.ReadAllText(path))!;
            json["runs"]!.GetValue<int>().ShouldBe(4);
            json["events"]!.GetValue<long>().ShouldBe(2_000);
            json["operationsPerThousandEvents"]!.GetValue<double>().ShouldBe(30);
            json["topicsTooLarge"]!.GetValue<int>().ShouldBe(4);
            json["heap"]!.AsArray()[1]!["runs"]!.GetValue<int>().ShouldBe(4);
            json["madeInTwoProcesses"]!.GetValue<int>().ShouldBe(2);
            json["situations"]!.AsArray().Count.ShouldBe(Floors.All.Count + Floors.Waiting.Count);
            JsonNode failure = json["failures"]!.AsArray().ShouldHaveSingleItem()!;
            failure["seed"]!.GetValue<ulong>().ShouldBe(2UL);
            failure["invariant"]!.GetValue<string>().ShouldBe("I13");
            failure["replay"]!.GetValue<string>().ShouldEndWith("--seed 2 --events 500");
        }
        finally
        {
            File.Delete(path);
        }
    }

    /// <summary>What stands behind a name in the table.</summary>
    private static string Row(string output, string name) =>
        output.Split('\n').First(line => line.StartsWith($"  {name} ", StringComparison.Ordinal))[(name.Length + 2)..].Trim();
}
