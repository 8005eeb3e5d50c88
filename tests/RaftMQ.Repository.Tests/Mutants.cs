using System.Diagnostics;
using System.Text.RegularExpressions;

namespace RaftMQ.Repository.Tests;

/// <summary>The mutants prove the tests and the simulator; a mutant that fits the code no more proves nothing.</summary>
public sealed partial class Mutants
{
    private const string Folder = "tests/mutants/";
    private const int CatalogueNumbers = 64;

    public static TheoryData<string> Patches => [.. Repository.Files.Where(path => path.StartsWith(Folder, StringComparison.Ordinal) && path.EndsWith(".patch", StringComparison.Ordinal))];

    private static string Table => Repository.Read(Folder + "README.md");

    [Theory]
    [MemberData(nameof(Patches))]
    public void A_mutant_still_applies(string patch)
    {
        using var git = Process.Start(new ProcessStartInfo("git", ["apply", "--check", patch]) { WorkingDirectory = Repository.Root, RedirectStandardError = true })!;
        string complaint = git.StandardError.ReadToEnd();
        git.WaitForExit();

        git.ExitCode.ShouldBe(0, complaint);
    }

    [Theory]
    [MemberData(nameof(Patches))]
    public void A_mutant_says_what_it_brings_back_and_what_should_catch_it(string patch)
    {
        string[] lines = Repository.Lines(patch);

        string number = Path.GetFileName(patch).Split('-')[0].TrimStart('0').TrimEnd('a', 'b', 'c', 'd', 'e');
        lines[0].ShouldMatch(int.Parse(number, System.Globalization.CultureInfo.InvariantCulture) <= CatalogueNumbers ? $"^Catalogue: {number}( !)?$" : "^Catalogue: ours$");
        lines[1].ShouldStartWith("Bug: ");
        lines[2].ShouldStartWith("Caught by: ");
    }

    [Theory]
    [MemberData(nameof(Patches))]
    public void A_mutant_changes_only_the_product(string patch) =>
        Repository.Lines(patch).Where(line => line.StartsWith("+++ ", StringComparison.Ordinal)).ShouldAllBe(line => line.StartsWith("+++ b/src/", StringComparison.Ordinal));

    [Fact]
    public void Every_mutant_is_in_the_table_and_every_mutant_of_the_table_exists() =>
        Name().Matches(Table).Select(match => match.Groups[1].Value).Distinct().ShouldBe(Patches.Select(row => Path.GetFileNameWithoutExtension(row.Data)), ignoreOrder: true);

    [Fact]
    public void Every_number_of_the_catalogue_has_a_mutant_or_says_what_it_waits_for() =>
        Number().Matches(Table).Select(match => match.Groups[1].Value).ShouldBe(Enumerable.Range(1, CatalogueNumbers).Select(number => $"{number}"));

    [GeneratedRegex("`([0-9]+[a-e]?-[a-z0-9-]+)`")]
    private static partial Regex Name();

    [GeneratedRegex(@"^\| ([0-9]+) \|.*\|.*(`|waits for|does not apply)", RegexOptions.Multiline)]
    private static partial Regex Number();
}
