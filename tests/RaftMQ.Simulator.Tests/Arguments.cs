using RaftMQ.Simulation.Runs;

namespace RaftMQ.Simulator.Tests;

public sealed class Arguments
{
    [Theory]
    [InlineData("", "say which seeds to run, in one of three ways: --seeds 1..300, --fresh 300, --seed 7")]
    [InlineData("--seeds 1..3 --seed 7", "say which seeds to run, in one of three ways")]
    [InlineData("--seeds 3", "\"3\" is no range of seeds; write it as 1..300")]
    [InlineData("--seeds 1..", "\"1..\" is no range of seeds")]
    [InlineData("--seeds 9..1", "the range 9..1 ends before it begins")]
    [InlineData("--seeds 1..1000001000", "has more than 1,000,000 seeds")]
    [InlineData("--seed -1", "--seed is a whole number of up to 64 bits, not \"-1\"")]
    [InlineData("--seeds 1..3 --events 0", "--events is a number from 1 to 100,000,000, not \"0\"")]
    [InlineData("--seeds 1..3 --workers many", "--workers is a number from 1 to 256, not \"many\"")]
    [InlineData("--seeds 1..3 --profile Calmer", "--profile does not know \"Calmer\"; it knows Any, Calm, Disks, Network, Births")]
    [InlineData("--seeds 1..3 --profile 1", "--profile does not know \"1\"")]
    [InlineData("--seeds 1..3 --without Loss,Rain", "--without does not know \"Rain\"; it knows Delay, Loss")]
    [InlineData("--seeds 1..3 --sead 1", "\"--sead\" is none of the options")]
    [InlineData("--seeds", "--seeds")]
    [InlineData("--seeds 1..3 --trace", "--trace looks at one run: say which with --seed")]
    [InlineData("--shrink", "--shrink looks at one run: say which with --seed")]
    [InlineData("--seed 1 --shrink --trace", "--trace and --shrink do not go together")]
    [InlineData("--regressions nowhere.txt", "--regressions: nowhere.txt cannot be read")]
    [InlineData("--seeds 1..3 --json no/such/folder/figures.json", "--json: no/such/folder/figures.json cannot be written")]
    public void Wrong_arguments_are_one_line_and_exit_code_2(string arguments, string message)
    {
        (int exitCode, string output, string errors) = Session.Run(StubWorld.Calm, arguments);

        exitCode.ShouldBe(2);
        output.ShouldBeEmpty();
        errors.ShouldStartWith("raftmq-simulator: ");
        errors.ShouldContain(message);
        errors.Trim().ShouldNotContain('\n');
    }

    [Fact]
    public void Help_lists_every_option_that_is_for_people()
    {
        (int exitCode, string output, _) = Session.Run(StubWorld.Calm, "--help");

        exitCode.ShouldBe(0);
        foreach (string option in (string[])["--seeds", "--fresh", "--seed", "--events", "--horizon", "--workers", "--profile", "--without", "--minutes", "--json", "--floors", "--double", "--trace", "--shrink", "--regressions"])
        {
            output.ShouldContain(option + " ");
        }

        output.ShouldNotContain("--digests");
        output.ShouldContain("PowerLoss");
    }

    [Fact]
    public void A_run_is_told_what_the_command_line_says()
    {
        var told = new List<RunOptions>();

        Session.Run(options => { told.Add(options); return StubWorld.Calm(options); }, "--seeds 5..6 --events 700 --profile disks --without loss,PowerLoss --workers 1");

        told.Select(options => options.Seed).ShouldBe([5UL, 6UL]);
        told.ShouldAllBe(options => options.Events == 700 && options.Profile == Profile.Disks);
        told[0].Without.Order().ShouldBe([FaultKind.Loss, FaultKind.PowerLoss]);
    }

    [Fact]
    public void The_last_seed_there_is_can_be_run() =>
        Session.Run(StubWorld.Calm, "--seeds 18446744073709551614..18446744073709551615").Output.ShouldContain("2   of 2");

    [Fact]
    public void Fresh_seeds_say_where_they_start_and_follow_each_other()
    {
        var told = new List<ulong>();

        (_, string output, _) = Session.Run(options => { told.Add(options.Seed); return StubWorld.Calm(options); }, "--fresh 3 --workers 1");

        told.ShouldBe([told[0], told[0] + 1, told[0] + 2]);
        output.ShouldStartWith($"fresh seeds from {told[0]} on: again with --seeds {told[0]}..{told[0] + 2}");
    }
}
