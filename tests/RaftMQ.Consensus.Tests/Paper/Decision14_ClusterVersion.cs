using static RaftMQ.Consensus.Tests.Paper.Server;

namespace RaftMQ.Consensus.Tests.Paper;

/// <summary>The version of the cluster stands in its configuration (docs/decisions/0014).</summary>
public sealed class Decision14_ClusterVersion
{
    [Fact]
    public void A_configuration_of_version_1_does_not_state_it_and_one_of_a_later_version_does()
    {
        Membership first = Voters(S1, S2, S3);
        Membership second = first.WithVersion(515);

        byte[] bytes = second.Encode();

        first.Encode()[0].ShouldBe((byte)2, "as before there were versions");
        Membership.Decode(first.Encode(), out _).Version.ShouldBe(1);
        bytes[..3].ShouldBe([3, 3, 2]);
        bytes[3..].ShouldBe(first.Encode()[1..]);
        Membership read = Membership.Decode(bytes, out int length);
        length.ShouldBe(bytes.Length);
        read.Version.ShouldBe(515);
        read.Members.ShouldBe(second.Members);
        for (int cut = 0; cut < bytes.Length; cut++)
        {
            Should.Throw<FormatException>(() => Membership.Decode(bytes.AsSpan(0, cut), out _));
        }
    }

    [Fact]
    public void There_is_no_version_0()
    {
        byte[] bytes = Voters(S1).WithVersion(2).Encode();
        bytes[1] = 0;

        Should.Throw<FormatException>(() => Membership.Decode(bytes, out _)).Message.ShouldBe("there is no cluster version 0");
    }

    [Fact]
    public void The_version_can_be_told_although_the_rest_is_of_a_format_to_come()
    {
        byte[] bytes = [77, 9, 0, 1, 2, 3];
        var change = new LogEntry(new LogIndex(7), new Term(1), EntryKind.Membership, default, bytes);
        LogEntry birth = BirthOf(Voters(S1).WithVersion(9));

        Should.Throw<FormatException>(() => Membership.Decode(bytes, out _));
        ClusterVersions.StatedIn(change).ShouldBe(9);
        ClusterVersions.StatedIn(birth).ShouldBe(9);
        ClusterVersions.StatedIn(BirthOf(Voters(S1))).ShouldBe(1);
        ClusterVersions.StatedIn(change with { Kind = EntryKind.Command }).ShouldBeNull();
        ClusterVersions.StatedIn(birth with { Payload = new byte[3] }).ShouldBe(1, "it cannot be read either");
    }

    [Fact]
    public void Every_step_of_a_change_keeps_the_version()
    {
        Membership three = Voters(S1, S2, S3).WithVersion(2);
        Membership withLearner = three.WithLearner(MemberOf(S4));
        Membership joint = withLearner.Joint([S4.Node], [S3.Node]);

        Membership[] steps = [withLearner, withLearner.WithoutLearner(S4.Node), three.WithIncarnation(S2.Node, 0), three.WithAddresses(S2.Node, "a:1", "a:2"), joint, joint.AfterJoint()];

        steps.ShouldAllBe(step => step.Version == 2);
        three.MayBeFollowedBy(Voters(S1, S2, S3).WithLearner(MemberOf(S4))).ShouldBeFalse("it never falls");
    }

    [Fact]
    public void A_version_rises_in_a_step_of_its_own_and_never_falls()
    {
        Membership three = Voters(S1, S2, S3).WithVersion(2);
        Membership joint = three.Joint([], [S3.Node]);

        three.MayBeFollowedBy(three.WithVersion(3)).ShouldBeTrue();
        three.MayBeFollowedBy(three.WithVersion(5)).ShouldBeTrue();
        three.MayBeFollowedBy(three.WithVersion(2)).ShouldBeFalse("nothing changes");
        three.MayBeFollowedBy(three.WithVersion(1)).ShouldBeFalse();
        three.MayBeFollowedBy(three.WithLearner(MemberOf(S4)).WithVersion(3)).ShouldBeFalse("one change at a time");
        joint.MayBeFollowedBy(joint.WithVersion(3)).ShouldBeFalse("a change is under way");
    }

    [Fact]
    public void A_raise_is_in_force_when_it_is_in_the_log_and_reverted_when_it_is_truncated()
    {
        Server leader = WithLog(1, 1).Elected();
        leader.Acknowledges(S2, 3).Acknowledges(S3, 3);

        leader.Core.ProposeMembership(default, leader.Core.Membership!.WithVersion(2)).Outcome.ShouldBe(ProposeOutcome.Proposed);
        leader.Core.Membership!.Version.ShouldBe(2);
        leader.Core.ProposeMembership(default, leader.Core.Membership!.WithVersion(3)).Outcome.ShouldBe(ProposeOutcome.ChangeRefused, "the first is not committed");

        // A leader of a later term has another entry there.
        leader.Receive(Replicates(S2, 9, At(3, 2), commit: 3, Entry(4, 9)));
        leader.Core.Membership!.Version.ShouldBe(1);
    }

    [Theory]
    [InlineData(1, 1, 1, null)]
    [InlineData(1, 3, 2, null)]
    [InlineData(1, 1, 2, "the cluster is at version 2, and this program understands version 1: run a newer raftmq on this node")]
    [InlineData(2, 3, 1, "the cluster is at version 1, and this program understands versions 2 to 3: run an older raftmq on this node")]
    public void What_a_program_does_not_understand_it_refuses_and_says_what_it_needs(int oldest, int newest, int version, string? objection) =>
        new ClusterVersions(oldest, newest).ObjectionTo(version).ShouldBe(objection);

    [Fact]
    public void Who_has_said_nothing_understands_nothing()
    {
        default(ClusterVersions).Include(0).ShouldBeFalse();
        default(ClusterVersions).Include(1).ShouldBeFalse();
        new ClusterVersions(1, 2).And(default).Include(1).ShouldBeFalse();
        new ClusterVersions(1, 3).And(new ClusterVersions(2, 4)).ShouldBe(new ClusterVersions(2, 3));
    }

    private static LogEntry BirthOf(Membership members) =>
        new(Birth.Position.Index, Birth.Position.Term, EntryKind.Birth, default, new Birth(new ClusterId(1), S1, members, ReadOnlyMemory<byte>.Empty).Encode());

    private static Member MemberOf(ServerId server) => new(server.Node, server.Incarnation, $"s{server.Node}:1", $"s{server.Node}:2");

    private static Membership Voters(params ServerId[] servers) => new([.. servers.Select(MemberOf)]);
}
