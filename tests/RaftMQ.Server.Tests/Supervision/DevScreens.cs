using System.Text.RegularExpressions;
using RaftMQ.Server.Supervision;

namespace RaftMQ.Server.Tests.Supervision;

/// <summary>What a person sees of a <c>dev</c> cluster.</summary>
public sealed class DevScreens
{
    private static readonly DevPlan Plan = new(8080, [new DevNode(1, 7001, Joins: false), new DevNode(2, 7002, Joins: false)]);

    [Fact]
    public void The_table_names_each_node_with_role_and_address_and_three_lines_to_paste()
    {
        string text = Shown(isTerminal: false, screen => screen.Table(Plan, [new NodeView(1, "Follower", 3), new NodeView(2, "Leader", 3)], "/data"));

        text.ShouldMatch(@"(?m)^  1\s+Follower\s+http://127\.0\.0\.1:8080$");
        text.ShouldMatch(@"(?m)^  2\s+Leader\s+http://127\.0\.0\.1:8081$");
        Regex.Count(text, "(?m)^  curl ").ShouldBe(3);
        text.ShouldContain("Ctrl-C stops it; the data stays in /data");
    }

    [Fact]
    public void Colours_are_for_terminals_only()
    {
        Shown(isTerminal: true, screen => screen.NewLeader(2, 3)).ShouldContain('\u001b');
        Shown(isTerminal: false, screen => screen.NewLeader(2, 3)).ShouldNotContain('\u001b');
    }

    [Fact]
    public void Every_event_is_one_line_that_names_its_node()
    {
        Shown(isTerminal: false, screen => screen.NewLeader(2, 3)).ShouldMatch(@"^\d\d:\d\d:\d\d  node 2    leader of term 3\r?\n$");
        Shown(isTerminal: false, screen => screen.Ended(1, 128 + 9, "", TimeSpan.FromSeconds(1)))
            .ShouldMatch(@"node 1    ended with signal 9; starting it again in 1 s\r?\n$");
        Shown(isTerminal: false, screen => screen.Ended(1, 3, " (the data folder is locked)", null))
            .ShouldMatch(@"node 1    ended with exit code 3 \(the data folder is locked\); a person is needed: not starting it again\r?\n$");
    }

    [Theory]
    [InlineData("12:30:01 info  a peer is up", false)]
    [InlineData("12:30:01 debug a frame", false)]
    [InlineData("12:30:01 warn  the disk is slow", true)]
    [InlineData("12:30:01 fatal an invariant", true)]
    [InlineData("raftmq: port 8080 is taken", true)]
    [InlineData("Unhandled exception.", true)]
    [InlineData("", true)]
    public void A_nodes_line_is_passed_on_when_it_is_a_warning_or_no_line_of_the_log(string line, bool isNoteworthy) =>
        LogLine.IsNoteworthy(line).ShouldBe(isNoteworthy);

    [Fact]
    public void How_far_a_start_has_come_is_shown_too()
    {
        const string Line = "12:30:01 info  reading the log: 412 MiB of 1.0 GiB, 40 %, 310 MiB/s";

        LogLine.IsProgress(Line).ShouldBeTrue();
        LogLine.IsProgress("12:30:01 info  replaying the log: up to entry 5 of 9, 55 %, 4 entries/s").ShouldBeTrue();
        LogLine.IsProgress("12:30:01 info  recovered 9 entries").ShouldBeFalse();
        LogLine.IsProgress("reading the log: ").ShouldBeFalse();
        Shown(isTerminal: true, screen => screen.Progress(1, LogLine.Sentence(Line))).ShouldContain("  node 1    reading the log: 412 MiB of 1.0 GiB, 40 %, 310 MiB/s");
    }

    private static string Shown(bool isTerminal, Action<DevScreen> show)
    {
        using var output = new StringWriter();
        show(new DevScreen(output, isTerminal));
        return output.ToString();
    }
}
