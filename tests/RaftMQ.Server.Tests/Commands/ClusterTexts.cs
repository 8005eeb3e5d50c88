using RaftMQ.Server.Http;
using RaftMQ.Server.Operation;

namespace RaftMQ.Server.Tests.Commands;

/// <summary>What <c>raftmq cluster</c> says of the cluster's version, of who is behind, and of who comes.</summary>
public sealed class ClusterTexts
{
    [Theory]
    [InlineData(1, new[] { 1, 1, 1 }, "3     voter")]
    [InlineData(2, new[] { 2, 2, 2 }, "3     voter")]
    [InlineData(2, new[] { 2, 2, 0 }, "3     voter")]
    [InlineData(1, new[] { 2, 2, 2 }, "version 2 is about to come: every member understands it")]
    [InlineData(1, new[] { 2, 1, 2 }, "version 2 waits for node 2, whose program understands 1")]
    [InlineData(1, new[] { 1, 3, 0 }, "version 3 waits for node 1, whose program understands 1; for node 3, which has no link with node 1")]
    public void The_last_line_says_who_holds_the_version_back(int version, int[] newest, string last)
    {
        string[] lines = ClusterText.Table(ReportOf(version, newest)).Split(Environment.NewLine);

        lines[0].ShouldBe($"cluster c, version {version}, term 3, node 1 leads");
        lines[^1].ShouldStartWith(last);
        lines.ShouldNotContain("");
    }

    [Theory]
    [InlineData(new uint[] { }, null)]
    [InlineData(new uint[] { 3 }, "it is founded when a majority is there; node 2 has no link yet with node 3: start what does not run")]
    [InlineData(new uint[] { 1, 3, 4 }, "it is founded when a majority is there; node 2 has no link yet with nodes 1, 3 and 4: start what does not run")]
    public void Before_the_birth_there_is_no_version_and_no_member_and_it_is_said_who_is_not_there(uint[] waitingFor, string? last)
    {
        ClusterReport unborn = ReportOf(null, []) with { Cluster = null, Node = 2, Leader = null, Term = 0, WaitingFor = waitingFor };

        ClusterText.Table(unborn).Split(Environment.NewLine)
            .ShouldBe(["cluster not founded yet, term 0, no leader", "as node 2 knows it, which does not lead", .. last is null ? Array.Empty<string>() : [last]]);
        ClusterText.WithMissing("no leader at the moment", unborn).ShouldBe("no leader at the moment");
    }

    /// <summary>A link is a node's own affair: whoever reports has none with itself, and counts.</summary>
    [Theory]
    [InlineData(new[] { 1, 0, 1 }, "voter", null)]
    [InlineData(new[] { 1, 0, 0 }, "voter", "node 1 has no link with nodes 2 and 3, and 2 of 3 voters are needed to elect a leader")]
    [InlineData(new[] { 1, 0, 0, 1 }, "voter", "node 1 has no link with nodes 2 and 3, and 3 of 4 voters are needed to elect a leader")]
    [InlineData(new[] { 1, 0, 1, 0 }, "learner", null)]
    [InlineData(new[] { 1, 0, 1, 0 }, "incoming", "node 1 has no link with nodes 2 and 4, and 3 of 4 voters are needed to elect a leader")]
    [InlineData(new[] { 1, 0, 1, 0 }, "outgoing", "node 1 has no link with nodes 2 and 4, and 3 of 4 voters are needed to elect a leader")]
    public void Where_too_few_voters_are_left_to_elect_a_leader_it_is_said_who_is_missing(int[] linked, string suffrageOfLast, string? said)
    {
        ClusterReport report = ReportOf(1, linked) with { Leader = null };
        report = report with { Members = [.. report.Members.SkipLast(1), report.Members[^1] with { Suffrage = suffrageOfLast }] };
        const string WhatToDo = ": start what does not run; if too many folders are lost for good: raftmq recover (docs/guides/recover-from-losing-a-majority.md)";

        ClusterText.Missing(report).ShouldBe(said is null ? null : said + WhatToDo);
        ClusterText.Table(report).Split(Environment.NewLine).Any(line => line == said + WhatToDo).ShouldBe(said is not null);
        ClusterText.WithMissing("no leader", report).ShouldBe(said is null ? "no leader" : $"no leader; {said}{WhatToDo}");
        ClusterText.Missing(report with { Leader = 1 }).ShouldBeNull();
    }

    [Fact]
    public void A_voter_that_lacks_some_of_what_is_committed_is_shown_with_how_much()
    {
        ClusterReport report = ReportOf(1, [1, 1, 1]);
        ulong?[] match = [null, 1_000, 2_345];
        string[] lines = ClusterText.Table(report with { CommitIndex = 2_345, Members = [.. report.Members.Select((member, i) => member with { MatchIndex = match[i] })] })
            .Split(Environment.NewLine);

        lines[2..].ShouldBe(
        [
            "1     leader    c:1                    p:1",
            "2     voter     c:1                    p:1  1,345 entries behind",
            "3     voter     c:1                    p:1",
        ]);
    }

    [Fact]
    public void A_member_that_is_down_is_shown_to_have_no_link()
    {
        ClusterReport report = ReportOf(1, [1, 0, 0]) with { CommitIndex = 2_345 };
        report = report with { Members = [report.Members[0], report.Members[1] with { MatchIndex = 1_000 }, report.Members[2]] };

        ClusterText.Table(report).Split(Environment.NewLine)[2..].ShouldBe(
        [
            "1     leader    c:1                    p:1",
            "2     voter     c:1                    p:1  no link with node 1, 1,345 entries behind",
            "3     voter     c:1                    p:1  no link with node 1",
        ]);
    }

    /// <summary>A process that is stopped keeps its links: to stop another one because all seem to be there would take the majority away.</summary>
    [Fact]
    public void A_member_that_has_a_link_and_does_not_answer_is_shown_with_for_how_long()
    {
        ClusterReport report = ReportOf(1, [1, 1, 1, 1]) with { CommitIndex = 2_345 };
        ClusterMember[] members = [.. report.Members.Select(member => member with { MatchIndex = 2_345 })];
        report = report with
        {
            Members = [members[0], members[1] with { SilentMs = 45_200 }, members[2] with { SilentMs = 300, MatchIndex = 2_000 }, members[3] with { SilentMs = 5_000, Suffrage = "learner" }],
        };

        ClusterText.Table(report).Split(Environment.NewLine)[2..].ShouldBe(
        [
            "1     leader    c:1                    p:1",
            "2     voter     c:1                    p:1  has not answered for 45.2 s",
            "3     voter     c:1                    p:1  has not answered for 0.3 s, 345 entries behind",
            "4     learner   c:1                    p:1  has not answered for 5.0 s",
        ]);
        ClusterText.Arrival(report, 4, "start it").ShouldBe("node 4 has not answered for 5.0 s: see that it runs");
    }

    [Theory]
    [InlineData(1, null, null)]
    [InlineData(2, null, "as node 2 knows it, which does not lead")]
    [InlineData(2, "c:1 cannot be asked: why", "as node 2 knows it, which does not lead: c:1 cannot be asked: why")]
    public void A_report_that_is_not_the_leaders_says_whose_it_is(uint reports, string? unreached, string? line)
    {
        string[] lines = ClusterText.Table(ReportOf(1, [1, 1, 1]) with { Node = reports }, unreached).Split(Environment.NewLine);

        lines.Length.ShouldBe(line is null ? 5 : 6);
        (line is null || lines[1] == line).ShouldBeTrue(lines[1]);
    }

    [Fact]
    public void Who_leads_to_its_end_after_it_has_left_does_not_lead_the_members() =>
        ClusterText.Members(ReportOf(1, [1, 1, 1]) with { Leader = 4 }).ShouldBe("members: 1, 2, 3; no leader at the moment");

    /// <summary>A learner has no seat before it has caught up: that says nothing of whether it is there.</summary>
    [Theory]
    [InlineData(0, null, null, "node 3 is not there yet: start it, so that peers reach it at p:1; if it runs, or another cluster's node is there, the log of node 1 says why it has no link", "not there yet")]
    [InlineData(1, null, null, "node 3 receives the log: 0 of 2,345 entries", "receives the log: 0 of 2,345 entries")]
    [InlineData(1, 1_000, null, "node 3 receives the log: 1,000 of 2,345 entries", "receives the log: 1,000 of 2,345 entries")]
    [InlineData(1, null, 5_500_000, "node 3 receives a snapshot: 5 MiB so far", "receives a snapshot: 5 MiB so far")]
    [InlineData(0, 1_000, null, "node 3 has no link with node 1 any more: see that it runs, and that peers reach it at p:1", "no link with node 1, 1,345 entries behind")]
    public void Of_a_newcomer_it_is_said_what_it_receives_and_how_much_of_it_is_there(int linked, int? match, int? snapshotBytes, string arrival, string note)
    {
        ClusterReport report = ReportOf(1, [1, 1, linked]) with { CommitIndex = 2_345 };
        ClusterMember newcomer = report.Members[2] with { Suffrage = "learner", Seated = false, MatchIndex = (ulong?)match, SnapshotBytes = snapshotBytes };
        report = report with { Members = [.. report.Members.Take(2), newcomer] };

        ClusterText.Arrival(report, 3, "start it").ShouldBe(arrival);
        ClusterText.Table(report).Split(Environment.NewLine)[^1].ShouldBe($"3     learner   c:1                    p:1  {note}");
        ClusterText.Arrival(report with { Node = 2 }, 3, "start it").ShouldNotBeNull().ShouldNotContain("0 of");
    }

    [Fact]
    public void A_voter_that_is_sent_a_snapshot_is_shown_with_how_much_of_it_is_there()
    {
        ClusterReport report = ReportOf(1, [1, 1, 1]);
        ClusterMember behind = report.Members[2] with { MatchIndex = 1, SnapshotBytes = 3_000_000_000 };

        ClusterText.Table(report with { Members = [.. report.Members.Take(2), behind] }).ShouldEndWith("p:1  receives a snapshot: 2,861 MiB so far");
    }

    /// <summary>It goes on receiving the beginning of a snapshot again and again, and that alone looks as if it came further.</summary>
    [Fact]
    public void A_member_that_is_full_is_shown_as_full_as_long_as_it_answers()
    {
        ClusterReport report = ReportOf(1, [1, 1, 1, 0, 1]);
        ClusterMember full = report.Members[1] with { AcceptsPublishes = false };
        report = report with
        {
            Members =
            [
                report.Members[0], full with { MatchIndex = 9 }, full with { Node = 3, SnapshotBytes = 9_000_000, Suffrage = "learner", Replaces = 2 },
                report.Members[3] with { AcceptsPublishes = false, MatchIndex = 9 }, report.Members[4] with { AcceptsPublishes = false, MatchIndex = 9, SilentMs = 5_000 },
            ],
        };
        const string Full = "its disk or its memory budget is full: it takes no publishes";

        ClusterText.Table(report).Split(Environment.NewLine)[3..].ShouldBe(
        [
            $"2     voter     c:1                    p:1  {Full}",
            $"3     learner   c:1                    p:1  receives a snapshot: 8 MiB so far  {Full}  replaces node 2",
            "4     voter     c:1                    p:1  no link with node 1",
            "5     voter     c:1                    p:1  has not answered for 5.0 s",
        ]);
        ClusterText.Arrival(report, 3, "start it").ShouldBe($"node 3 receives a snapshot: 8 MiB so far; {Full}");
    }

    [Fact]
    public void Where_there_was_nothing_to_be_done_the_end_says_so()
    {
        ClusterReport before = ReportOf(1, [1, 1, 1]);

        ClusterText.Removed(before, 3).ShouldBe("done");
        ClusterText.Removed(before, 9).ShouldBe("node 9 is no member");
        ClusterText.Replaced(before, 3, 4).ShouldBe("done");
        ClusterText.Replaced(before, 3, 2).ShouldBe("done", "the cluster says what it thinks of it");
        ClusterText.Replaced(before, 9, 4).ShouldBe("done", "the cluster says what it thinks of it");
        ClusterText.Replaced(before, 9, 2).ShouldBe("node 9 is no member, and node 2 is one already");
    }

    /// <summary>What is in force and not committed may be taken back, by a leader that never had it: whose folder is removed on "done" would be missed.</summary>
    [Theory]
    [InlineData(false, true, null)]
    [InlineData(false, null, null)]
    [InlineData(false, false, "node 3 becomes a voter")]
    [InlineData(true, true, "node 3 becomes a voter")]
    public void Done_is_only_what_is_committed(bool joint, bool? committed, string? said)
    {
        ClusterReport report = ReportOf(1, [1, 1, 1]) with { Joint = joint, Committed = committed };

        ClusterText.Arrival(report, 3, "start it").ShouldBe(said);
        ClusterText.Departure(report, 4).ShouldBe(said is null ? null : "the change is being finished");
        ClusterText.Departure(report, 3).ShouldBe("node 3 is leaving");
    }

    private static ClusterReport ReportOf(int? version, int[] newest) => new()
    {
        Cluster = "c",
        Node = 1,
        Version = version,
        Leader = 1,
        Term = 3,
        CommitIndex = 9,
        ElectionTimeoutMs = 200,
        Joint = false,
        Members = [.. newest.Select((own, i) => new ClusterMember((uint)i + 1, "c:1", "p:1", "voter", true, null, null, own == 0 ? null : own, null, null, null))],
    };
}
