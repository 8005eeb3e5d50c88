using System.Runtime.CompilerServices;
using RaftMQ.Simulation.Checkers;
using RaftMQ.Simulation.Histories;

namespace RaftMQ.Simulation.Tests.Checkers;

/// <summary>Histories made by hand, one text file each; the file's name says what is wrong with it, or why nothing is.</summary>
public sealed class Stories
{
    public static TheoryData<string> Bad => Names("Bad");

    public static TheoryData<string> Good => Names("Good");

    [Theory]
    [MemberData(nameof(Bad))]
    public void A_bad_history_is_refused_by_exactly_the_checks_that_it_names(string name)
    {
        Story story = Read("Bad", name);

        (Check refusing, string said) = Checks.Ask(story.History);

        refusing.ShouldBe(story.RefusedBy, said);
        refusing.ShouldNotBe(Check.None);
        HistoryChecks.Judge(story.History, out _).ShouldNotBeNull();
        Checks.Together(story.History).ShouldBe(refusing, "together they say what each says by itself");
    }

    [Theory]
    [MemberData(nameof(Good))]
    public void A_good_history_is_accepted_by_all(string name)
    {
        History history = Read("Good", name).History;

        (Check refusing, string said) = Checks.Ask(history);

        refusing.ShouldBe(Check.None, said);
        HistoryChecks.Judge(history, out _).ShouldBeNull();
    }

    [Fact]
    public void There_are_at_least_30_bad_ones() => Bad.Count.ShouldBeGreaterThanOrEqualTo(30);

    private static TheoryData<string> Names(string folder) =>
        [.. Directory.EnumerateFiles(Path.Combine(Folder(), folder), "*.txt").Select(path => Path.GetFileNameWithoutExtension(path)).Order(StringComparer.Ordinal)];

    private static Story Read(string folder, string name) => Story.Read(File.ReadAllText(Path.Combine(Folder(), folder, name + ".txt")));

    private static string Folder([CallerFilePath] string here = "") => Path.GetDirectoryName(here)!;
}
