using System.Text.RegularExpressions;

namespace RaftMQ.Repository.Tests;

/// <summary>Sizes, names and left-overs.</summary>
public sealed partial class House
{
    private const int LongestFile = 500;
    private const int UsualFile = 300;
    private const int LongestLine = 200;

    [Fact]
    public void No_source_file_is_longer_than_500_lines_and_nine_in_ten_are_under_300()
    {
        (string Path, int Lines)[] files = [.. Repository.Sources("src").Select(path => (path, Repository.Lines(path).Length))];

        files.Where(file => file.Lines > LongestFile).ShouldBeEmpty();
        files.Count(file => file.Lines < UsualFile).ShouldBeGreaterThanOrEqualTo((int)(files.Length * 0.9));
    }

    [Fact]
    public void No_line_of_source_is_longer_than_a_screen() =>
        Repository.Sources("src").SelectMany(path => Repository.Lines(path).Select((line, i) => (Path: path, Line: i + 1, line.Length)))
            .Where(line => line.Length > LongestLine).ShouldBeEmpty();

    [Fact]
    public void A_name_says_what_a_thing_is() =>
        Repository.Sources("src").Where(path => VagueName().IsMatch(Path.GetFileNameWithoutExtension(path))).ShouldBeEmpty();

    [Fact]
    public void Nothing_is_left_over() => Offenders("src", LeftOver()).Concat(Offenders("bench", LeftOver())).ShouldBeEmpty();

    [Fact]
    public void No_error_is_swallowed() => Repository.Sources("src").Where(path => EmptyCatch().IsMatch(Repository.Read(path))).ShouldBeEmpty();

    [Fact]
    public void Tests_wait_for_conditions_and_are_never_skipped() => Offenders("tests", FixedWait()).ShouldBeEmpty();

    [Fact]
    public void Nothing_names_a_machine_or_a_registry() =>
        Repository.Files
            .Where(path => !path.EndsWith("House.cs", StringComparison.Ordinal))
            .Where(path => MachinePath().IsMatch(Repository.Read(path))).ShouldBeEmpty();

    [Fact]
    public void Decisions_are_numbered_without_gaps()
    {
        string[] names = [.. Repository.Files.Where(path => path.StartsWith("docs/decisions/", StringComparison.Ordinal)).Select(Path.GetFileName).Order(StringComparer.Ordinal)!];

        names.Select(name => name[..4]).ShouldBe(Enumerable.Range(1, names.Length).Select(i => i.ToString("D4", System.Globalization.CultureInfo.InvariantCulture)));
    }

    private static IEnumerable<string> Offenders(string folder, Regex pattern) =>
        Repository.Sources(folder).Where(path => !path.EndsWith("House.cs", StringComparison.Ordinal))
            .SelectMany(path => Repository.Lines(path).Select((line, i) => (line, At: $"{path}:{i + 1}"))
                .Where(line => pattern.IsMatch(line.line)).Select(line => line.At));

    [GeneratedRegex("Manager|Helper|Util|Common(?!s)")]
    private static partial Regex VagueName();

    [GeneratedRegex(@"\b(TODO|FIXME|HACK|XXX)\b|NotImplementedException")]
    private static partial Regex LeftOver();

    [GeneratedRegex(@"catch *(\([^)]*\))? *\{\s*\}")]
    private static partial Regex EmptyCatch();

    [GeneratedRegex(@"Thread\.Sleep|Task\.Delay\((?!Timeout\.Infinite)|Skip *=")]
    private static partial Regex FixedWait();

    [GeneratedRegex(@"(^|[^\w.])/(work|root|farm)/[a-z]|""resolved"": ""http|packageSources")]
    private static partial Regex MachinePath();
}
