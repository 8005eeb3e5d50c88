using System.Text.RegularExpressions;

namespace RaftMQ.Repository.Tests;

/// <summary>A page that sends its reader nowhere is worse than none.</summary>
public sealed partial class Links
{
    public static TheoryData<string> Pages => [.. Repository.Files.Where(path => path.EndsWith(".md", StringComparison.Ordinal))];

    [Theory]
    [MemberData(nameof(Pages))]
    public void Relative_links_lead_somewhere(string page)
    {
        string folder = Path.GetDirectoryName(Path.Combine(Repository.Root, page))!;
        string[] broken = [.. Link().Matches(Repository.Read(page)).Select(match => match.Groups[1].Value.Split('#')[0])
            .Where(target => target.Length > 0 && !target.Contains("://", StringComparison.Ordinal))
            .Where(target => !Path.Exists(Path.GetFullPath(Path.Combine(folder, target))))];

        broken.ShouldBeEmpty();
    }

    [GeneratedRegex(@"\]\(([^)\s]+)\)")]
    private static partial Regex Link();
}
