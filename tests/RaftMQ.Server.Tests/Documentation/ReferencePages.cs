using System.Text.RegularExpressions;
using RaftMQ.Contracts;
using RaftMQ.Server.Configuration;
using RaftMQ.Server.Http;

namespace RaftMQ.Server.Tests.Documentation;

/// <summary>The pages of <c>docs/reference</c> say what the program does: neither more nor less.</summary>
public sealed partial class ReferencePages
{
    [Fact]
    public void Every_reason_stands_in_the_list_of_errors_with_its_status_and_nothing_else_does()
    {
        string[] expected =
        [
            .. Reason.All.Select(reason => $"| `{reason.Token}` | {reason.Status} | {reason.Title} | {reason.Advice} | " +
                $"{(reason.RetryAfterSeconds == 0 ? "–" : reason.RetryAfterSeconds.ToString(null as IFormatProvider))} |"),
        ];

        Page("errors.md").Where(line => line.StartsWith("| `", StringComparison.Ordinal)).ShouldBe(expected);
    }

    [Fact]
    public void The_list_of_reasons_is_whole_and_names_each_once()
    {
        Reason[] declared = [.. typeof(Reason).GetFields().Select(field => field.GetValue(null)).OfType<Reason>()];

        Reason.All.ShouldBe(declared, ignoreOrder: true);
        Reason.All.Select(reason => reason.Token).ShouldBeUnique();
        Reason.All.ShouldAllBe(reason => Kebab().IsMatch(reason.Token));

        // Waiting helps at every other reason: a node that was removed does not come back by itself.
        Reason.All.Where(reason => reason.Status is 429 or 503).Where(reason => reason.RetryAfterSeconds == 0).ShouldBe([Reason.NotAMember]);
    }

    [Fact]
    public void Every_exit_code_stands_on_its_page()
    {
        string[] rows = [.. Page("exit-codes.md").Where(line => ExitCodeRow().IsMatch(line))];

        rows.Length.ShouldBe(ExitCode.All.Count);
        foreach ((ExitCode code, string row) in ExitCode.All.Zip(rows))
        {
            row.ShouldStartWith($"| {code.Value} | `{code.Name}` | {code.Meaning} |");
            row.Contains("a person", StringComparison.Ordinal).ShouldBe(code.NeedsPerson, row);
        }

        IEnumerable<int> forPeople = ExitCode.All.Where(code => code.NeedsPerson).Select(code => code.Value);
        Page("exit-codes.md").ShouldContain("RestartPreventExitStatus=" + string.Join(' ', forPeople));
    }

    [Fact]
    public void Every_key_of_the_configuration_stands_on_its_page_with_variable_bounds_and_default()
    {
        string[] rows = [.. Page("configuration.md").Where(line => KeyRow().IsMatch(line))];

        rows.Select(row => KeyRow().Match(row).Groups[1].Value)
            .ShouldBe([.. Settings.All.Select(setting => setting.Key), .. MembersReader.Keys.Select(key => "members[]." + key)], ignoreOrder: true);
        foreach (Setting setting in Settings.All)
        {
            string row = rows.Single(each => each.StartsWith($"| `{setting.Key}` |", StringComparison.Ordinal));
            row.ShouldContain($"`{setting.Variable}`");
            if (setting is NumberSetting number && setting.Key != "nodeId")
            {
                row.ShouldContain($" {number.Max}");
                row.ShouldEndWith($"| {number.Get(new ServeConfiguration())} |");
                (row.Contains($"| {number.Min} to", StringComparison.Ordinal) || row.Contains("| `", StringComparison.Ordinal)).ShouldBeTrue(row);
            }
        }
    }

    [Fact]
    public void The_example_of_the_configuration_page_is_one()
    {
        string page = string.Join('\n', Page("configuration.md"));
        string example = page.Split("```json\n")[1].Split("```")[0];
        using var file = new Configuration.ConfigurationFile(example);

        file.Load().Configuration.Members.Count.ShouldBe(3);
    }

    [Fact]
    public void The_limits_of_the_client_port_stand_on_the_page_of_limits()
    {
        string page = string.Join('\n', Page("limits.md"));

        foreach (string limit in typeof(HttpLimits).GetFields().Where(field => field.IsPublic).Select(field => field.Name))
        {
            page.ShouldContain($"`HttpLimits.{limit}`");
        }

        foreach (string limit in typeof(HttpOptions).GetProperties().Select(property => property.Name).Except(["EqualityContract"]))
        {
            page.ShouldContain($"`HttpOptions.{limit}`");
        }
    }

    [Fact]
    public void The_page_of_limits_names_the_key_of_every_limit_that_has_one()
    {
        string page = string.Join('\n', Page("limits.md"));

        foreach (Setting setting in Settings.All.Where(setting => setting.Key.Split('.')[0] is "http" or "budgets" or "wal" or "repair" or "limits" && setting is NumberSetting))
        {
            page.ShouldContain($"`{setting.Key}`");
        }
    }

    private static string[] Page(string name) => File.ReadAllLines(Path.Combine(Root(), "docs", "reference", name));

    private static string Root()
    {
        DirectoryInfo folder = new(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(folder.FullName, "RaftMQ.slnx")))
        {
            folder = folder.Parent.ShouldNotBeNull("the tests run inside the repository");
        }

        return folder.FullName;
    }

    [GeneratedRegex("^[a-z]+(-[a-z]+)*$")]
    private static partial Regex Kebab();

    [GeneratedRegex(@"^\| \d+ \|")]
    private static partial Regex ExitCodeRow();

    [GeneratedRegex(@"^\| `((?:nodeId|dataFolder|join|clientListen|peerListen|allowInsecure|members\[\]\.\w+|\w+\.\w+))` \|")]
    private static partial Regex KeyRow();
}
