using System.Runtime.CompilerServices;

namespace RaftMQ.Consensus.Tests.Scenarios;

/// <summary>Every text file beside this one is a scenario whose trace is its expected output. RAFTMQ_REWRITE_SCENARIOS=1 writes what happens instead; the diff is reviewed.</summary>
public sealed class ScenarioFiles
{
    private const string RewriteVariable = "RAFTMQ_REWRITE_SCENARIOS";

    public static TheoryData<string> Names => [.. Directory.EnumerateFiles(Folder(), "*.txt").Select(path => Path.GetFileNameWithoutExtension(path)).Order(StringComparer.Ordinal)];

    [Theory]
    [MemberData(nameof(Names))]
    public void The_servers_do_what_the_file_says(string name)
    {
        string path = Path.Combine(Folder(), name + ".txt");
        string expected = File.ReadAllText(path).ReplaceLineEndings("\n");

        string actual = ScenarioScript.Run(expected);

        if (Environment.GetEnvironmentVariable(RewriteVariable) == "1")
        {
            File.WriteAllText(path, actual);
            return;
        }

        actual.ShouldBe(expected);
    }

    [Fact]
    public void There_are_at_least_25_of_them() => Names.Count.ShouldBeGreaterThanOrEqualTo(25);

    private static string Folder([CallerFilePath] string here = "") => Path.GetDirectoryName(here)!;
}
