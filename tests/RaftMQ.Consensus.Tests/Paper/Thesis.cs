using RaftMQ.Consensus.Messages;
using static RaftMQ.Consensus.Tests.Paper.Server;

namespace RaftMQ.Consensus.Tests.Paper;

/// <summary>The thesis where it goes beyond the paper: 3.10 transfer, 4 membership, 6.2 and 6.4 reads, 9.6 pre-votes.</summary>
public sealed class Thesis
{
    [Fact]
    public void A_pre_vote_changes_neither_the_term_nor_the_vote()
    {
        Server voter = WithLog(1, 1);

        voter.Receive(AsksForVote(S2, 2, At(2, 1), preVote: true));

        voter.Sent<RequestVoteResponse>().ShouldHaveSingleItem().ShouldBe(new RequestVoteResponse(S1, S2, new Term(2), true, true));
        voter.Core.CurrentTerm.ShouldBe(new Term(1));
        voter.LastHardState.ShouldBeNull();
    }

    [Fact]
    public void While_a_leader_is_heard_a_vote_is_refused_and_the_term_is_not_taken_over()
    {
        Server voter = WithLog(1, 1);
        voter.Receive(Replicates(S2, 1, At(2, 1), 0));
        voter.Sent();

        voter.Receive(AsksForVote(S3, 9, At(2, 1)));
        voter.Receive(AsksForVote(S3, 9, At(2, 1), preVote: true));

        voter.Sent<RequestVoteResponse>().Select(response => (response.PreVote, response.Granted)).ShouldBe([(false, false), (true, false)]);
        voter.Core.CurrentTerm.ShouldBe(new Term(1));
    }

    [Fact]
    public void A_campaign_that_the_leader_asked_for_gets_votes_although_the_leader_lives()
    {
        Server voter = WithLog(1, 1);
        voter.Receive(Replicates(S2, 1, At(2, 1), 0));
        voter.Sent();

        voter.Receive(AsksForVote(S3, 2, At(2, 1), transfer: true));

        voter.Sent<RequestVoteResponse>().ShouldHaveSingleItem().Granted.ShouldBeTrue();
    }

    [Fact]
    public void A_broken_link_to_the_leader_is_enough_to_grant_and_any_word_of_it_takes_that_back()
    {
        Server voter = WithLog(1, 1);
        voter.Receive(Replicates(S2, 1, At(2, 1), 0));
        voter.Core.OnLinkDown(S2);
        voter.Sent();
        voter.Receive(AsksForVote(S3, 2, At(2, 1), preVote: true)).Sent<RequestVoteResponse>().ShouldHaveSingleItem().Granted.ShouldBeTrue();

        voter.Receive(Replicates(S2, 1, At(2, 1), 0));
        voter.Sent();
        voter.Receive(AsksForVote(S3, 2, At(2, 1), preVote: true)).Sent<RequestVoteResponse>().ShouldHaveSingleItem().Granted.ShouldBeFalse();
    }

    [Fact]
    public void A_suspicion_asks_again_soon_since_the_others_may_learn_of_it_a_moment_later()
    {
        Server server = WithLog(1, 1);
        server.Receive(Replicates(S2, 1, At(2, 1), 0));
        server.Core.OnLinkDown(S2);
        server.Ticks(HeartbeatTicks + 1);
        server.Receive(new RequestVoteResponse(S3, S1, new Term(1), true, false));
        server.Sent<RequestVote>().ShouldNotBeEmpty();

        server.Ticks(2 * HeartbeatTicks);

        server.Sent<RequestVote>().ShouldAllBe(request => request.PreVote);
        server.Core.CurrentTerm.ShouldBe(new Term(1));
        server.Ticks(2 * HeartbeatTicks).Sent<RequestVote>().ShouldNotBeEmpty();
    }

    [Fact]
    public void Those_who_lose_their_leader_at_the_same_moment_have_their_turns_one_after_the_other()
    {
        // Behind server 3 comes server 1; behind server 2 comes server 3, and then server 1.
        Suspects(S3).Ticks(1).Sent<RequestVote>().ShouldNotBeEmpty();
        Server second = Suspects(S2);
        second.Ticks(1 + (HeartbeatTicks / 2)).Sent<RequestVote>().ShouldBeEmpty();
        second.Ticks(1).Sent<RequestVote>().ShouldNotBeEmpty();

        static Server Suspects(ServerId leader)
        {
            Server server = WithLog(1, 1);
            server.Receive(Replicates(leader, 1, At(2, 1), 0));
            server.Core.OnLinkDown(leader);
            return server;
        }
    }

    [Fact]
    public void A_vote_that_is_lost_for_certain_is_followed_by_another_soon()
    {
        Server server = WithLog(1, 1);
        server.Core.OnLinkUp(S2);
        server.Core.OnLinkUp(S3);
        server.Receive(Replicates(S3, 1, At(2, 1), 0));
        server.Core.OnLinkDown(S3);
        server.Ticks(1).Receive(new RequestVoteResponse(S2, S1, new Term(2), true, true));
        server.Sent<RequestVote>().ShouldContain(request => !request.PreVote);

        // Server 2 has voted for itself, and server 3 is dead.
        server.Receive(new RequestVoteResponse(S2, S1, new Term(2), false, false));

        RequestVote[] again = server.Ticks(1).Sent<RequestVote>();
        again.ShouldNotBeEmpty();
        again.ShouldAllBe(request => request.PreVote && request.Term == new Term(3));
    }

    [Fact]
    public void A_leader_that_hears_no_majority_for_an_election_timeout_steps_down()
    {
        Server leader = WithLog(1, 1).Elected();

        leader.Ticks(ElectionTimeoutTicks - 1).Core.Role.ShouldBe(Role.Leader);
        leader.Ticks(1);

        leader.Core.Role.ShouldBe(Role.Follower);
        leader.Core.Leader.ShouldBeNull();
    }

    [Fact]
    public void A_server_that_is_silent_for_an_election_timeout_stands_for_no_room_on_any_disk()
    {
        Server leader = WithLog(1, 1).Elected();
        leader.Receive(new AppendEntriesResponse(S3, S1, new Term(2), true, new LogIndex(3), LogPosition.Zero, 0, AcceptsPublishes: false));
        leader.Core.MajorityAcceptsPublishes.ShouldBeTrue("S2 has had no time to say otherwise");

        for (int i = 0; i < ElectionTimeoutTicks; i++)
        {
            leader.Receive(new AppendEntriesResponse(S3, S1, new Term(2), true, new LogIndex(3), LogPosition.Zero, 0, AcceptsPublishes: false));
            leader.Ticks(1);
        }

        leader.Core.MajorityAcceptsPublishes.ShouldBeFalse();
        leader.Core.Role.ShouldBe(Role.Leader);
    }

    [Fact]
    public void Whoever_voted_is_reminded_of_the_term_when_it_comes_back()
    {
        Server candidate = Of(5, 1, 1).Ticks(2 * ElectionTimeoutTicks);
        candidate.Receive(new RequestVoteResponse(S2, S1, new Term(2), true, true)).Receive(new RequestVoteResponse(S3, S1, new Term(2), true, true));
        candidate.Receive(new RequestVoteResponse(S2, S1, new Term(2), false, true));
        candidate.Sent();

        candidate.Core.OnLinkUp(S2);

        candidate.Sent<Reminder>().ShouldHaveSingleItem().Term.ShouldBe(new Term(2));
        candidate.Core.OnLinkUp(S3);
        candidate.Sent<Reminder>().ShouldBeEmpty("what was said in a pre-vote binds nobody");
    }

    [Fact]
    public void A_disk_that_has_room_again_counts_again()
    {
        Server leader = WithLog(1, 1).Elected();
        foreach (bool accepts in new[] { false, true })
        {
            foreach (ServerId follower in new[] { S2, S3 })
            {
                leader.Receive(new AppendEntriesResponse(follower, S1, new Term(2), true, new LogIndex(3), LogPosition.Zero, 0, accepts));
            }

            leader.Core.MajorityAcceptsPublishes.ShouldBe(accepts);
        }
    }

    [Fact]
    public void A_server_without_a_seat_keeps_no_leader_in_office()
    {
        var newcomer = new ServerId(S2.Node, 99);
        Server leader = WithLog(1, 1).Elected();
        leader.Core.OnLinkUp(newcomer);
        for (int i = 0; i < ElectionTimeoutTicks; i++)
        {
            leader.Acknowledges(newcomer, 2);
            leader.Ticks(1);
        }

        leader.Core.Role.ShouldBe(Role.Follower);
    }

    [Fact]
    public void A_leader_that_hears_a_majority_leads_on()
    {
        Server leader = WithLog(1, 1).Elected();
        for (int i = 0; i < 10 * ElectionTimeoutTicks; i++)
        {
            leader.Acknowledges(S3, 2);
            leader.Ticks(1);
        }

        leader.Core.Role.ShouldBe(Role.Leader);
    }

    [Fact]
    public void A_read_waits_for_the_own_term_and_a_round_that_began_after_it()
    {
        Server leader = WithLog(1, 1).Elected();
        leader.Core.RequestRead(new ReadId(1)).ShouldBeTrue();
        var output = new RaftOutput();
        leader.Core.Drain(output);
        output.ReadsReady.ShouldBeEmpty();

        leader.Core.Receive(new AppendEntriesResponse(S2, S1, new Term(2), true, new LogIndex(3), LogPosition.Zero, 0, true));
        output.Clear();
        leader.Core.Drain(output);
        output.ReadsReady.ShouldBeEmpty("the acknowledgement that committed the own term answers an earlier round");
        ulong round = output.SendNow.OfType<AppendEntries>().First().ReadRound;

        leader.Core.Receive(new AppendEntriesResponse(S2, S1, new Term(2), true, new LogIndex(3), LogPosition.Zero, round, true));
        output.Clear();
        leader.Core.Drain(output);
        output.ReadsReady.ShouldBe([new ReadReady(new ReadId(1), new LogIndex(3))]);
    }

    [Fact]
    public void A_read_that_is_asked_for_again_after_its_answer_was_lost_is_answered_again()
    {
        Server leader = WithLog(1, 1).Elected();
        leader.Acknowledges(S2, 3);
        for (ulong round = 1; round <= 2; round++)
        {
            leader.Sent();
            leader.Receive(new ReadIndexRequest(S3, S1, new Term(2), new ReadId(7)));
            ulong asked = leader.Sent<AppendEntries>().Max(append => append.ReadRound);
            leader.Acknowledges(S2, 3, asked);

            leader.Sent<ReadIndexResponse>().ShouldHaveSingleItem().To.ShouldBe(S3);
        }
    }

    [Fact]
    public void A_server_that_knows_no_leader_takes_no_read()
    {
        WithLog(1, 1).Core.RequestRead(new ReadId(1)).ShouldBeFalse();
    }

    [Fact]
    public void While_leadership_is_handed_over_nothing_is_proposed()
    {
        Server leader = WithLog(1, 1).Elected().Linked();
        leader.Acknowledges(S2, 3);
        leader.Sent();

        leader.Core.TransferLeadership(S2.Node).ShouldBeTrue();

        leader.Sent<TimeoutNow>().ShouldHaveSingleItem().To.ShouldBe(S2);
        leader.Propose().Outcome.ShouldBe(ProposeOutcome.NotLeader);
    }

    [Fact]
    public void A_follower_asks_for_the_latest_of_its_reads_and_its_answer_is_good_for_those_before_it()
    {
        Server follower = WithLog(1, 1).Receive(Replicates(S2, 1, At(2, 1), 2));
        follower.Sent();
        follower.Core.RequestRead(new ReadId(7)).ShouldBeTrue();
        follower.Core.RequestRead(new ReadId(8)).ShouldBeTrue();
        follower.Sent<ReadIndexRequest>().ShouldHaveSingleItem().Read.ShouldBe(new ReadId(8));
        follower.Core.RequestRead(new ReadId(9)).ShouldBeTrue();
        follower.Sent<ReadIndexRequest>().ShouldHaveSingleItem().Read.ShouldBe(new ReadId(9));

        follower.Receive(new ReadIndexResponse(S2, S1, new Term(1), new ReadId(8), new LogIndex(5)));
        follower.ReadsReady.ShouldBe([new ReadReady(new ReadId(7), new LogIndex(5)), new ReadReady(new ReadId(8), new LogIndex(5))], "9 was asked for later: something may have been committed before that");

        follower.Ticks(HeartbeatTicks).Sent<ReadIndexRequest>().ShouldHaveSingleItem("what is unanswered is asked again").Read.ShouldBe(new ReadId(9));
        follower.Receive(new ReadIndexResponse(S2, S1, new Term(1), new ReadId(8), new LogIndex(5)));
        follower.Receive(new ReadIndexResponse(S2, S1, new Term(1), new ReadId(1_000), new LogIndex(5)));
        follower.Core.PendingReads.AtTheLeader.ShouldBe(1, "an old answer, and one to a former process, whose reads were numbered otherwise");
        follower.Receive(new ReadIndexResponse(S2, S1, new Term(1), new ReadId(9), new LogIndex(6)));
        follower.ReadsReady[^1].ShouldBe(new ReadReady(new ReadId(9), new LogIndex(6)));
        follower.Ticks(HeartbeatTicks).Sent<ReadIndexRequest>().ShouldBeEmpty();
    }

    [Fact]
    public void TimeoutNow_makes_a_voter_campaign_at_once_and_without_a_pre_vote()
    {
        Server heir = WithLog(1, 1);
        heir.Receive(Replicates(S2, 1, At(2, 1), 0));
        heir.Sent();

        heir.Receive(new TimeoutNow(S2, S1, new Term(1)));

        heir.Sent<RequestVote>().ShouldBe(
        [
            new RequestVote(S1, S2, new Term(2), false, At(2, 1), true),
            new RequestVote(S1, S3, new Term(2), false, At(2, 1), true),
        ]);
    }

    [Fact]
    public void Leadership_is_handed_only_to_a_server_that_sits_in_a_seat()
    {
        var newcomer = new ServerId(S2.Node, 99);
        Server leader = WithLog(1, 1).Elected().Linked();
        leader.Core.OnLinkUp(newcomer);
        leader.Acknowledges(newcomer, 3).Acknowledges(S3, 2);

        leader.Core.TransferLeadership(newcomer.Node).ShouldBeFalse("it has all of the log, and no seat");

        leader.Core.TransferLeadership(null).ShouldBeTrue();
        leader.Acknowledges(S3, 3);
        leader.Sent<TimeoutNow>().ShouldHaveSingleItem().To.ShouldBe(S3);
    }

    [Fact]
    public void TimeoutNow_means_nothing_to_a_server_without_a_seat()
    {
        Server server = WithLog(1, 1);
        Membership without = server.Core.Membership!.WithIncarnation(S1.Node, 0);
        server.Receive(Replicates(S2, 1, At(2, 1), 0, new LogEntry(new LogIndex(3), new Term(1), EntryKind.Membership, default, without.Encode())));

        server.Receive(new TimeoutNow(S2, S1, new Term(1)));

        server.Core.Role.ShouldBe(Role.Follower);
        server.Core.CurrentTerm.ShouldBe(new Term(1));
    }

    [Fact]
    public void A_configuration_follows_another_only_by_one_seat_vacated_or_taken()
    {
        var all = new Membership([.. new[] { S1, S2, S3 }.Select(server => new Member(server.Node, server.Incarnation, "a:1", "a:2"))]);

        all.MayBeFollowedBy(all.WithIncarnation(S3.Node, 0)).ShouldBeTrue();
        all.WithIncarnation(S3.Node, 0).MayBeFollowedBy(all.WithIncarnation(S3.Node, 99)).ShouldBeTrue();
        all.MayBeFollowedBy(all.WithIncarnation(S3.Node, 99)).ShouldBeFalse("a seat is vacated before another takes it");
        all.MayBeFollowedBy(all).ShouldBeFalse();
        all.MayBeFollowedBy(all.WithIncarnation(S2.Node, 0).WithIncarnation(S3.Node, 0)).ShouldBeFalse();
    }

    [Fact]
    public void Majorities_of_neighbouring_configurations_meet_in_a_server_that_both_name()
    {
        for (int seats = 1; seats <= 7; seats++)
        {
            ServerId[] before = [.. Enumerable.Range(1, seats).Select(i => Id((uint)i))];
            ServerId?[] vacated = [.. before.Select((server, i) => i == 0 ? (ServerId?)null : server)];
            ServerId[] after = [.. before.Select((server, i) => i == 0 ? server with { Incarnation = 99 } : server)];
            EveryTwoMajoritiesMeet([.. before.Cast<ServerId?>()], vacated).ShouldBeTrue();
            EveryTwoMajoritiesMeet(vacated, [.. after.Cast<ServerId?>()]).ShouldBeTrue();
        }
    }

    private static bool EveryTwoMajoritiesMeet(ServerId?[] a, ServerId?[] b)
    {
        int majority = (a.Length / 2) + 1;
        IEnumerable<HashSet<ServerId>> Majorities(ServerId?[] seats) => Enumerable.Range(0, 1 << seats.Length)
            .Select(bits => seats.Where((seat, i) => (bits & (1 << i)) != 0 && seat is not null).Select(seat => seat!.Value).ToHashSet())
            .Where(chosen => chosen.Count >= majority);
        return Majorities(a).All(one => Majorities(b).All(other => one.Overlaps(other)));
    }

    [Fact]
    public void Room_on_the_disk_of_a_server_without_a_seat_does_not_count()
    {
        var newcomer = new ServerId(S2.Node, 99);
        Server leader = WithLog(1, 1).Elected();
        leader.Core.OnLinkUp(newcomer);
        leader.Acknowledges(newcomer, 3);

        leader.Receive(new AppendEntriesResponse(S3, S1, new Term(2), true, new LogIndex(3), LogPosition.Zero, 0, AcceptsPublishes: false));

        leader.Core.MajorityAcceptsPublishes.ShouldBeFalse();
    }

    [Fact]
    public void A_server_without_a_seat_may_read()
    {
        var newcomer = new ServerId(S2.Node, 99);
        Server leader = WithLog(1, 1).Elected();
        leader.Core.OnLinkUp(newcomer);
        leader.Acknowledges(S3, 3).Sent();

        leader.Receive(new ReadIndexRequest(newcomer, S1, new Term(2), new ReadId(7)));
        ulong round = leader.Sent<AppendEntries>().Max(append => append.ReadRound);

        leader.Acknowledges(S3, 3, round).Sent<ReadIndexResponse>().ShouldHaveSingleItem().To.ShouldBe(newcomer);
    }

    [Fact]
    public void A_late_message_of_an_earlier_term_does_not_lower_what_is_remembered()
    {
        Server server = WithLog(1, 1);
        server.Receive(AsksForVote(S2, 5, At(2, 1))).Receive(AsksForVote(S2, 3, At(2, 1)));
        server.Sent();

        server.Core.OnLinkUp(S2);

        server.Sent<Reminder>().ShouldHaveSingleItem().Term.ShouldBe(new Term(5));
    }

    [Fact]
    public void Leadership_is_handed_to_the_most_complete_log_of_those_that_answer()
    {
        Server leader = Of(5, 1, 1).Elected().Linked();
        leader.Acknowledges(S2, 2).Acknowledges(S3, 3).Acknowledges(S4, 2);
        leader.Core.TransferLeadership(null).ShouldBeTrue();
        leader.Sent<TimeoutNow>().ShouldHaveSingleItem().To.ShouldBe(S3);

        Server other = WithLog(1, 1).Elected().Linked();
        other.Acknowledges(S2, 3);
        for (int i = 0; i < ElectionTimeoutTicks; i++)
        {
            other.Acknowledges(S3, 3).Ticks(1);
        }

        other.Core.TransferLeadership(null).ShouldBeTrue();
        other.Sent<TimeoutNow>().ShouldHaveSingleItem().To.ShouldBe(S3);
    }

    [Fact]
    public void A_leader_that_hears_too_few_has_one_campaign_that_it_hears_rather_than_a_silent_one_with_more_of_the_log()
    {
        Server leader = Of(5, 1, 1).Elected().Linked();
        leader.Acknowledges(S2, 3).Sent();
        for (int i = 0; i < 2 * ElectionTimeoutTicks; i++)
        {
            leader.Acknowledges(S4, 2).Ticks(1);
        }

        leader.Core.Role.ShouldNotBe(Role.Leader);
        leader.Sent<TimeoutNow>().ShouldHaveSingleItem().To.ShouldBe(S4);
    }

    [Fact]
    public void Leadership_is_not_handed_to_a_server_whose_link_has_broken_though_it_answered_a_moment_ago()
    {
        Server leader = WithLog(1, 1).Elected().Linked();
        leader.Acknowledges(S2, 3).Acknowledges(S3, 3);
        leader.Core.OnLinkDown(S2);
        leader.Sent();

        leader.Core.TransferLeadership(S2.Node).ShouldBeFalse();
        leader.Core.TransferLeadership(null).ShouldBeTrue();
        leader.Sent<TimeoutNow>().ShouldHaveSingleItem().To.ShouldBe(S3);
    }

    [Fact]
    public void What_a_former_life_still_had_on_the_way_is_not_listened_to()
    {
        Server leader = WithLog(1, 1).Elected();

        leader.Receive(AsksForVote(new ServerId(S2.Node, 99), 9, At(9, 9), transfer: true));

        leader.Core.Role.ShouldBe(Role.Leader);
        leader.Core.CurrentTerm.ShouldBe(new Term(2));
    }

    [Fact]
    public void The_answers_of_a_server_without_a_seat_confirm_no_read()
    {
        var newcomer = new ServerId(S2.Node, 99);
        Server leader = WithLog(1, 1).Elected();
        leader.Core.OnLinkUp(newcomer);
        leader.Acknowledges(S3, 3).Sent();
        leader.Receive(new ReadIndexRequest(S3, S1, new Term(2), new ReadId(7)));
        ulong round = leader.Sent<AppendEntries>().Max(append => append.ReadRound);

        leader.Acknowledges(newcomer, 3, round).Sent<ReadIndexResponse>().ShouldBeEmpty();
        leader.Acknowledges(S3, 3, round).Sent<ReadIndexResponse>().ShouldHaveSingleItem();
    }
}
