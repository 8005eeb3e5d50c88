using RaftMQ.Server.Http;
using RaftMQ.Server.Operation;

namespace RaftMQ.Server.Tests.Commands;

/// <summary>What <c>raftmq cluster status</c> says of the cluster's version, and of who is behind.</summary>
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
    }

    [Fact]
    public void Before_the_birth_there_is_no_version() =>
        ClusterText.Table(ReportOf(null, [1, 0, 0]) with { Cluster = null }).ShouldStartWith("cluster not founded yet, term 3");

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
    public void Who_leads_to_its_end_after_it_has_left_does_not_lead_the_members() =>
        ClusterText.Members(ReportOf(1, [1, 1, 1]) with { Leader = 4 }).ShouldBe("members: 1, 2, 3; no leader at the moment");

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
        Members = [.. newest.Select((own, i) => new ClusterMember((uint)i + 1, "c:1", "p:1", "voter", true, null, null, own == 0 ? null : own))],
    };
}
