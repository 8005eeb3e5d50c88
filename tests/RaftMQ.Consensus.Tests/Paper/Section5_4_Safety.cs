using static RaftMQ.Consensus.Tests.Paper.Server;

namespace RaftMQ.Consensus.Tests.Paper;

/// <summary>§5.4 Safety: who may be elected, and what may be committed.</summary>
public sealed class Section5_4_Safety
{
    [Theory]
    [InlineData(3, 2, true)]
    [InlineData(4, 2, true)]
    [InlineData(2, 2, false)]
    [InlineData(9, 1, false)]
    [InlineData(1, 3, true)]
    public void A_voter_denies_its_vote_if_its_own_log_is_more_up_to_date(ulong lastIndex, ulong lastTerm, bool granted)
    {
        Server voter = WithLog(1, 1, 2);

        voter.Receive(AsksForVote(S2, 5, At(lastIndex, lastTerm)));

        voter.Sent<Messages.RequestVoteResponse>().ShouldHaveSingleItem().Granted.ShouldBe(granted);
    }

    [Fact]
    public void An_entry_of_the_own_term_is_committed_once_a_majority_has_it_on_disk()
    {
        Server leader = Of(5, 1).Elected();

        leader.Acknowledges(S2, 2).Core.CommitIndex.ShouldBe(LogIndex.Zero);
        leader.Acknowledges(S3, 2).Core.CommitIndex.ShouldBe(new LogIndex(2));
    }

    [Fact]
    public void An_entry_of_an_earlier_term_is_not_committed_by_counting()
    {
        Server leader = Of(5, 1, 1, 1).Elected();

        leader.Acknowledges(S2, 3).Acknowledges(S3, 3).Acknowledges(S4, 3).Acknowledges(S5, 3);
        leader.Core.CommitIndex.ShouldBe(LogIndex.Zero);

        leader.Acknowledges(S2, 4).Acknowledges(S3, 4).Core.CommitIndex.ShouldBe(new LogIndex(4));
    }

    [Fact]
    public void The_leader_counts_itself_only_when_its_own_disk_has_the_entry()
    {
        Server leader = WithLog(1).Elected();
        leader.Acknowledges(S2, 2);
        leader.DiskIsHeld = true;
        leader.Propose();

        leader.Acknowledges(S2, 3).Core.CommitIndex.ShouldBe(new LogIndex(2));
        leader.CompleteDisk().Core.CommitIndex.ShouldBe(new LogIndex(3));
    }

    [Fact]
    public void A_new_leader_begins_its_term_with_an_entry_of_its_own()
    {
        Server leader = WithLog(1, 1).Elected();

        leader.Core.Log.Last.ShouldBe(At(3, 2));
        leader.Core.HasCommittedInOwnTerm.ShouldBeFalse();
        leader.Acknowledges(S2, 3).Core.HasCommittedInOwnTerm.ShouldBeTrue();
    }

    [Theory]
    [InlineData(1, 1)]
    [InlineData(2, 2)]
    [InlineData(3, 2)]
    [InlineData(4, 3)]
    [InlineData(5, 3)]
    [InlineData(6, 4)]
    [InlineData(7, 4)]
    [InlineData(8, 5)]
    [InlineData(9, 5)]
    public void A_majority_is_more_than_half_of_the_seats(int seats, int majority)
    {
        var membership = new Membership([.. Enumerable.Range(1, seats).Select(i => new Member(new NodeId((uint)i), (ulong)i, "a:1", "a:2"))]);
        membership.Majority.ShouldBe(majority);
        for (int holders = 0; holders <= seats; holders++)
        {
            ulong reached = Quorum.ReachedByMajority(membership, server => server.Node.Value <= holders ? 7UL : 0UL);
            reached.ShouldBe(holders >= majority ? 7UL : 0UL, $"{holders} of {seats}");
        }
    }
}
