using RaftMQ.Consensus;
using RaftMQ.Simulation.Invariants;

namespace RaftMQ.Simulation.Tests.Invariants;

/// <summary>The ghost counts majorities by itself: whoever counts wrongly in production is not judged by the same count.</summary>
public sealed class MajoritiesOfTheGhost
{
    [Fact]
    public void A_majority_is_more_than_half_of_the_seats_vacant_ones_included()
    {
        Membership four = Of("1 2 3 4"), vacated = four.WithIncarnation(new NodeId(4), 0);

        IsMajority(four, 1, 2).ShouldBeFalse();
        IsMajority(four, 1, 2, 3).ShouldBeTrue();
        IsMajority(vacated, 1, 2, 4).ShouldBeFalse();
    }

    [Fact]
    public void A_joint_configuration_needs_one_of_the_old_seats_and_one_of_the_new()
    {
        Membership joint = Of("1 2- 3- 4+ 5+ 6?");

        IsMajority(joint, 1, 2).ShouldBeFalse();
        IsMajority(joint, 1, 4, 5).ShouldBeFalse();
        IsMajority(joint, 2, 3, 4, 5).ShouldBeTrue();
        IsMajority(joint, 1, 2, 6).ShouldBeFalse();
    }

    [Theory]
    [InlineData("1 2 3", "1 2 3 4", true)]
    [InlineData("1 2 3", "1 2 4", false)]
    [InlineData("1 2 3", "1 2 3 4 5", false)]
    [InlineData("1 2 3", "1 2 3- 4+", true)]
    [InlineData("1 2 3- 4+", "1 2 4", true)]
    [InlineData("1- 2- 3- 4+ 5+ 6+", "4 5 6", true)]
    [InlineData("1 2 3", "4 5 6", false)]
    [InlineData("1 2 3 4?", "1 2 3 5?", true)]
    public void Configurations_that_follow_each_other_have_majorities_that_always_meet(string one, string other, bool meet)
    {
        Majorities.AlwaysMeet(Of(one), Of(other)).ShouldBe(meet);
        Majorities.AlwaysMeet(Of(other), Of(one)).ShouldBe(meet);
    }

    [Fact]
    public void A_seat_that_changes_hands_in_one_step_leaves_majorities_that_need_not_meet()
    {
        Membership before = Of("1 2 3"), vacated = before.WithIncarnation(new NodeId(3), 0), taken = before.WithIncarnation(new NodeId(3), 7);

        Majorities.AlwaysMeet(before, vacated).ShouldBeTrue();
        Majorities.AlwaysMeet(vacated, taken).ShouldBeTrue();
        Majorities.AlwaysMeet(before, taken).ShouldBeFalse();
    }

    [Theory]
    [InlineData("1 2 3 4+", true)]
    [InlineData("1 2 3 4-", true)]
    [InlineData("1 2 3- 4+", false)]
    [InlineData("1 2 3 4- 5+", true)]
    [InlineData("1 2 3 4+ 5+", false)]
    public void Old_and_new_seats_may_have_majorities_without_a_common_server(string joint, bool meet) => Majorities.OldAndNewAlwaysMeet(Of(joint)).ShouldBe(meet);

    private static bool IsMajority(Membership membership, params uint[] nodes) => Majorities.IsMajority(membership, server => nodes.Contains(server.Node.Value));

    /// <summary>Nodes, each with + if it comes, - if it leaves, and ? if it is a learner.</summary>
    private static Membership Of(string members) => new([.. members.Split(' ').Select(member => new Member(
        new NodeId(uint.Parse(member.TrimEnd('+', '-', '?'), System.Globalization.CultureInfo.InvariantCulture)),
        1,
        "peer:1",
        "client:1",
        member[^1] switch { '+' => Suffrage.Incoming, '-' => Suffrage.Outgoing, '?' => Suffrage.Learner, _ => Suffrage.Voter }))]);
}
