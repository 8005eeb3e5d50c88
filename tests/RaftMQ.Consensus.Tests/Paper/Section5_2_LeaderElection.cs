using RaftMQ.Consensus.Messages;
using static RaftMQ.Consensus.Tests.Paper.Server;

namespace RaftMQ.Consensus.Tests.Paper;

/// <summary>§5.2 Leader election, and RequestVote of Figure 2.</summary>
public sealed class Section5_2_LeaderElection
{
    [Fact]
    public void A_follower_that_hears_nothing_for_an_election_timeout_campaigns()
    {
        Server server = WithLog(1);

        server.Ticks(ElectionTimeoutTicks - 1).Core.Role.ShouldBe(Role.Follower);
        server.Ticks(ElectionTimeoutTicks + 1).Core.Role.ShouldBe(Role.Candidate);
    }

    [Fact]
    public void Hearing_the_leader_puts_the_campaign_off()
    {
        Server server = WithLog(1);
        for (int i = 0; i < 20; i++)
        {
            server.Ticks(ElectionTimeoutTicks - 2);
            server.Receive(Replicates(S2, 1, At(1, 1), 0));
        }

        server.Core.Role.ShouldBe(Role.Follower);
    }

    [Fact]
    public void Election_timeouts_are_drawn_from_a_range()
    {
        int[] timeouts = [.. Enumerable.Range(1, 200).Select(seed => TicksToCampaign((ulong)seed))];

        timeouts.Min().ShouldBeGreaterThanOrEqualTo(ElectionTimeoutTicks);
        timeouts.Max().ShouldBeLessThan(2 * ElectionTimeoutTicks);
        timeouts.Distinct().Count().ShouldBe(ElectionTimeoutTicks);
    }

    [Fact]
    public void A_candidate_votes_for_itself_and_asks_all_others_in_the_next_term()
    {
        Server server = WithLog(1, 1).Ticks(2 * ElectionTimeoutTicks);
        server.Sent();

        server.Receive(new RequestVoteResponse(S2, S1, new Term(2), true, true));

        server.LastHardState.ShouldBe(new HardState(new Term(2), S1));
        server.Sent<RequestVote>().ShouldBe([
            new RequestVote(S1, S2, new Term(2), false, At(2, 1), false),
            new RequestVote(S1, S3, new Term(2), false, At(2, 1), false)]);
    }

    [Fact]
    public void A_vote_is_given_once_a_term_first_come_first_served()
    {
        Server voter = WithLog(1, 1);

        voter.Receive(AsksForVote(S2, 2, At(2, 1)));
        voter.Receive(AsksForVote(S3, 2, At(2, 1)));
        voter.Receive(AsksForVote(S2, 2, At(2, 1)));

        voter.Sent<RequestVoteResponse>().Select(response => (response.To, response.Granted)).ShouldBe([(S2, true), (S3, false), (S2, true)]);
    }

    [Fact]
    public void A_vote_leaves_only_when_it_is_on_disk()
    {
        Server voter = WithLog(1, 1);
        voter.DiskIsHeld = true;

        voter.Receive(AsksForVote(S2, 2, At(2, 1)));
        voter.Sent().ShouldBeEmpty();

        voter.CompleteDisk().Sent<RequestVoteResponse>().ShouldHaveSingleItem().Granted.ShouldBeTrue();
    }

    [Fact]
    public void A_vote_in_a_term_that_is_on_disk_already_is_stored_too()
    {
        Server voter = WithLog(1, 1, 2);

        voter.Receive(AsksForVote(S2, 2, At(3, 2)));

        voter.LastHardState.ShouldBe(new HardState(new Term(2), S2));
    }

    [Fact]
    public void A_request_of_an_older_term_gets_no_vote()
    {
        Server voter = ThatVoted(5, null, 1, 1);

        voter.Receive(AsksForVote(S2, 4, At(2, 1)));

        voter.Sent<RequestVoteResponse>().ShouldHaveSingleItem().ShouldBe(new RequestVoteResponse(S1, S2, new Term(5), false, false));
    }

    [Fact]
    public void A_candidate_with_votes_of_a_majority_leads_and_says_so_at_once()
    {
        Server leader = Of(5, 1, 1).Elected();

        leader.Sent<AppendEntries>().Select(append => append.To).Distinct().ShouldBe([S2, S3, S4, S5], ignoreOrder: true);
    }

    [Fact]
    public void The_same_voter_counts_once_however_often_its_vote_arrives()
    {
        Server candidate = Of(5, 1, 1).Ticks(2 * ElectionTimeoutTicks);
        for (int i = 0; i < 5; i++)
        {
            candidate.Receive(new RequestVoteResponse(S2, S1, new Term(2), true, true));
        }

        candidate.Core.CurrentTerm.ShouldBe(new Term(1));
    }

    [Fact]
    public void A_vote_of_an_earlier_campaign_does_not_count()
    {
        Server candidate = WithLog(1, 1).Ticks(2 * ElectionTimeoutTicks);
        candidate.Receive(new RequestVoteResponse(S2, S1, new Term(2), true, true));
        candidate.Ticks(2 * ElectionTimeoutTicks);
        candidate.Receive(new RequestVoteResponse(S2, S1, new Term(3), true, true));

        candidate.Receive(new RequestVoteResponse(S2, S1, new Term(2), false, true));

        candidate.Core.Role.ShouldBe(Role.Candidate);
        candidate.Core.CurrentTerm.ShouldBe(new Term(3));
    }

    [Fact]
    public void A_candidate_that_hears_the_leader_of_its_term_follows_it()
    {
        Server candidate = WithLog(1, 1).Ticks(2 * ElectionTimeoutTicks);
        candidate.Receive(new RequestVoteResponse(S2, S1, new Term(2), true, true));

        candidate.Receive(Replicates(S3, 2, At(2, 1), 0));

        candidate.Core.Role.ShouldBe(Role.Follower);
        candidate.Core.Leader.ShouldBe(S3);
    }

    [Fact]
    public void A_refused_vote_does_not_put_the_voters_own_campaign_off()
    {
        Server voter = WithLog(1, 1, 1);
        for (int i = 0; i < 2 * ElectionTimeoutTicks; i++)
        {
            voter.Receive(AsksForVote(S2, 2, At(1, 1), preVote: true));
            voter.Ticks(1);
        }

        voter.Core.Role.ShouldBe(Role.Candidate);
    }

    [Fact]
    public void Nor_does_one_that_is_refused_in_a_newer_term()
    {
        Server voter = WithLog(1, 1, 1);
        for (ulong i = 0; i < 2 * ElectionTimeoutTicks; i++)
        {
            voter.Receive(AsksForVote(S2, 2 + i, At(1, 1)));
            voter.Ticks(1);
        }

        voter.Sent<RequestVote>().ShouldContain(request => request.PreVote);
        voter.Core.CurrentTerm.ShouldBe(new Term(1 + (2 * ElectionTimeoutTicks)));
    }

    [Fact]
    public void A_candidate_whose_own_vote_is_still_being_written_does_not_campaign_again()
    {
        Server candidate = Of(1, 1);
        candidate.DiskIsHeld = true;
        candidate.Ticks(10 * ElectionTimeoutTicks);

        candidate.CompleteDisk();

        candidate.Core.CurrentTerm.ShouldBe(new Term(2));
        candidate.Core.Role.ShouldBe(Role.Leader);
    }

    private static int TicksToCampaign(ulong seed)
    {
        var core = new RaftCore(
            new RaftOptions { Self = S1, Seed = seed, ElectionTimeoutTicks = ElectionTimeoutTicks, HeartbeatTicks = HeartbeatTicks }, RecoveredLog.Empty);
        core.AdoptBirth(new LogEntry(
            Birth.Position.Index, Birth.Position.Term, EntryKind.Birth, default,
            new Birth(new ClusterId(1), S2, new Membership([new Member(S1.Node, 1, "a:1", "a:2"), new Member(S2.Node, 2, "b:1", "b:2")]), default).Encode()));
        int ticks = 0;
        while (core.Role == Role.Follower)
        {
            core.Tick();
            ticks++;
        }

        return ticks;
    }

    [Fact]
    public void A_granted_vote_puts_the_voters_own_campaign_off()
    {
        Server voter = WithLog(1, 1);
        for (ulong term = 2; term < 8; term++)
        {
            voter.Ticks(ElectionTimeoutTicks - 1);
            voter.Receive(AsksForVote(S2, term, At(2, 1)));
        }

        voter.Sent().ShouldAllBe(message => message is RequestVoteResponse);
        voter.Core.Role.ShouldBe(Role.Follower);
    }

    [Fact]
    public void The_vote_of_an_incarnation_that_sits_in_no_seat_does_not_count()
    {
        var former = new ServerId(S2.Node, 99);
        foreach (bool isPreVote in new[] { true, false })
        {
            Server candidate = WithLog(1, 1).Ticks(2 * ElectionTimeoutTicks);
            if (!isPreVote)
            {
                candidate.Receive(new RequestVoteResponse(S3, S1, new Term(2), true, true));
            }

            candidate.Sent();
            candidate.Receive(new RequestVoteResponse(former, S1, new Term(2), isPreVote, true));

            candidate.Core.Role.ShouldBe(Role.Candidate);
            candidate.Core.CurrentTerm.ShouldBe(new Term(isPreVote ? 1UL : 2UL));
            candidate.Sent().ShouldBeEmpty();
        }
    }
}
