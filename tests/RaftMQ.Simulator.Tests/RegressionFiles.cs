using RaftMQ.Simulation.Runs;

namespace RaftMQ.Simulator.Tests;

public sealed class RegressionFiles : IDisposable
{
    private readonly string _path = Path.GetTempFileName();

    public void Dispose() => File.Delete(_path);

    [Fact]
    public void What_once_failed_is_run_first_and_as_it_was()
    {
        File.WriteAllText(_path, "# seed events profile — story\n\n17 500 Disks — a torn tail was taken for damage\n99 20000 any — a vote was forgotten\n");
        var told = new List<(ulong, int, Profile)>();

        (int exitCode, string output, _) = Session.Run(
            options => { told.Add((options.Seed, options.Events, options.Profile)); return StubWorld.Calm(options); }, $"--seeds 1..1 --events 30 --regressions {_path} --workers 1");

        exitCode.ShouldBe(0);
        told.ShouldBe([(17, 500, Profile.Disks), (99, 20_000, Profile.Any), (1, 30, Profile.Any)]);
        output.ShouldStartWith("seed 1, 30 events each, profile Any, 2 regressions; ");
    }

    [Theory]
    [InlineData("17 500 Disks")]
    [InlineData("17 500 Disks — ")]
    [InlineData("17 0 Disks — a story")]
    [InlineData("17 500 Rainy — a story")]
    [InlineData("seventeen 500 Any — a story")]
    public void A_line_of_another_form_is_refused_with_its_number(string line)
    {
        File.WriteAllText(_path, "# for people\n" + line + "\n");

        (int exitCode, _, string errors) = Session.Run(StubWorld.Calm, $"--regressions {_path}");

        exitCode.ShouldBe(2);
        errors.ShouldContain($"{_path}:2: ");
        errors.ShouldContain("is not of the form seed events profile — story");
    }
}
