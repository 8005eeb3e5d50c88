using RaftMQ.Consensus.Messages;
using static RaftMQ.Consensus.Tests.Paper.Server;

namespace RaftMQ.Consensus.Tests.Paper;

/// <summary>§5.1 Raft basics, and "Rules for Servers" of Figure 2.</summary>
public sealed class Section5_1_Terms
{
    [Fact]
    public void A_server_starts_as_a_follower_in_the_term_it_stored()
    {
        Server server = ThatVoted(7, S2, 1, 1);

        server.Core.Role.ShouldBe(Role.Follower);
        server.Core.CurrentTerm.ShouldBe(new Term(7));
        server.Core.VotedFor.ShouldBe(S2);
    }

    [Fact]
    public void A_newer_term_in_a_leaders_message_is_taken_over_and_stored_with_the_vote_reset()
    {
        Server server = ThatVoted(2, S2, 1, 1);

        server.Receive(Replicates(S3, 5, At(2, 1), 0));

        server.Core.CurrentTerm.ShouldBe(new Term(5));
        server.LastHardState.ShouldBe(new HardState(new Term(5), null));
        server.Core.Leader.ShouldBe(S3);
    }

    [Fact]
    public void A_leader_that_meets_a_newer_term_becomes_a_follower()
    {
        Server leader = WithLog(1, 1).Elected();

        leader.Receive(new AppendEntriesResponse(S2, S1, new Term(9), false, LogIndex.Zero, LogPosition.Zero, 0, true));

        leader.Core.Role.ShouldBe(Role.Follower);
        leader.Core.CurrentTerm.ShouldBe(new Term(9));
    }

    [Fact]
    public void A_candidate_that_meets_a_newer_term_becomes_a_follower()
    {
        Server candidate = WithLog(1).Ticks(2 * ElectionTimeoutTicks);

        candidate.Receive(new RequestVoteResponse(S2, S1, new Term(9), true, false));

        candidate.Core.Role.ShouldBe(Role.Follower);
        candidate.Core.CurrentTerm.ShouldBe(new Term(9));
    }

    [Fact]
    public void A_request_of_an_older_term_is_answered_with_the_current_one()
    {
        Server server = ThatVoted(5, null, 1, 1);

        server.Receive(Replicates(S2, 3, At(2, 1), 2) with { ReadRound = 1_000 });

        AppendEntriesResponse response = server.Sent<AppendEntriesResponse>().ShouldHaveSingleItem();
        response.Success.ShouldBeFalse();
        response.Term.ShouldBe(new Term(5));
        response.ReadRound.ShouldBe(0UL, "S2 may lead term 5, restarted, and have asked nothing yet: a thousand rounds of its reads would count as confirmed");
        server.Core.CommitIndex.ShouldBe(LogIndex.Zero);
    }

    [Fact]
    public void A_second_leader_of_the_same_term_ends_the_process()
    {
        Server leader = WithLog(1, 1).Elected();

        Should.Throw<InvariantViolatedException>(() => leader.Receive(Replicates(S2, leader.Core.CurrentTerm.Value, At(2, 1), 0)));
    }

    [Fact]
    public void A_message_for_another_incarnation_or_from_one_that_nobody_named_has_no_effect()
    {
        Server server = WithLog(1, 1);

        server.Receive(new RequestVote(S2, S1 with { Incarnation = 77 }, new Term(8), false, At(2, 1), false));
        server.Receive(AsksForVote(S2 with { Incarnation = 77 }, 8, At(9, 7)));

        server.Core.CurrentTerm.ShouldBe(new Term(1));
        server.Sent().ShouldBeEmpty();
    }
}
