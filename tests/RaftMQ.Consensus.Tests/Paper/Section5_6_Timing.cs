using RaftMQ.Consensus.Messages;
using static RaftMQ.Consensus.Tests.Paper.Server;

namespace RaftMQ.Consensus.Tests.Paper;

/// <summary>§5.6, timing and availability: the election timeout is some times as long as a message takes there and back, and follows it (docs/decisions/0012).</summary>
public sealed class Section5_6_Timing
{
    private const int Longest = 5 * ElectionTimeoutTicks;

    [Fact]
    public void A_leader_that_is_answered_at_once_announces_the_shortest_timeout()
    {
        Server leader = ThatAdapts(3, 1, 1).Elected();
        RunFor(leader, 2 * WaitWindowTicks, S2, answersAfter: 0);

        Announced(leader).ShouldBe(ElectionTimeoutTicks);
        leader.Core.ElectionTimeoutTicks.ShouldBe(ElectionTimeoutTicks);
    }

    [Fact]
    public void It_announces_twice_what_a_majority_keeps_it_waiting_and_a_heartbeat()
    {
        Server leader = ThatAdapts(3, 1, 1).Elected();
        RunFor(leader, WaitWindowTicks, S2, answersAfter: 8);

        Announced(leader).ShouldBe(2 * (9 + HeartbeatTicks), "eight ticks behind the one in which it was asked");
    }

    [Fact]
    public void Those_that_a_majority_can_do_without_make_nobody_more_patient()
    {
        Server leader = ThatAdapts(5, 1, 1).Elected();
        for (int i = 0; i < WaitWindowTicks / 10; i++)
        {
            for (int tick = 0; tick < 10; tick++)
            {
                leader.Ticks(1);
                ulong round = Round(leader);
                leader.Acknowledges(S2, 3, round).Acknowledges(S3, 3, round);
            }

            leader.Acknowledges(S4, 2, Round(leader));
        }

        leader.Core.ElectionTimeoutTicks.ShouldBe(ElectionTimeoutTicks, "S5 is silent, S4 answers every ten ticks");
    }

    [Fact]
    public void Entries_that_take_long_to_be_durable_count_for_a_vote_takes_as_long()
    {
        Server leader = ThatAdapts(3, 1, 1).Elected();
        leader.Acknowledges(S2, 3, Round(leader));
        RunFor(leader, ElectionTimeoutTicks, S2, answersAfter: 0);
        leader.Propose();
        for (int tick = 0; tick < 9; tick++)
        {
            leader.Ticks(1).Acknowledges(S2, 3, Round(leader));
        }

        leader.Acknowledges(S2, 4, Round(leader)).Ticks(HeartbeatTicks);

        leader.Core.ElectionTimeoutTicks.ShouldBe(2 * (9 + HeartbeatTicks));
    }

    [Fact]
    public void A_long_wait_is_forgotten_after_a_while()
    {
        Server leader = ThatAdapts(3, 1, 1).Elected();
        RunFor(leader, 20, S2, answersAfter: 8);
        RunFor(leader, WaitWindowTicks - 30, S2, answersAfter: 0);
        Announced(leader).ShouldBe(2 * (9 + HeartbeatTicks), "within the window it is not");
        RunFor(leader, WaitWindowTicks + 30, S2, answersAfter: 0);

        Announced(leader).ShouldBe(ElectionTimeoutTicks);
    }

    [Fact]
    public void An_absence_counts_as_no_more_than_the_timeout_that_it_exceeded()
    {
        Server leader = ThatAdapts(3, 1, 1).Elected();
        RunFor(leader, 4 * ElectionTimeoutTicks, S3, answersAfter: 0);
        RunFor(leader, 4 * ElectionTimeoutTicks, S2, answersAfter: 0);

        Announced(leader).ShouldBe(2 * (ElectionTimeoutTicks + HeartbeatTicks), "S2 was away for four timeouts, and only S2 answers now");
    }

    [Fact]
    public void An_absence_that_ends_with_a_new_link_counts_for_nothing()
    {
        Server leader = ThatAdapts(3, 1, 1).Elected();
        RunFor(leader, 4 * ElectionTimeoutTicks, S3, answersAfter: 0);
        leader.Core.OnLinkUp(S2);
        RunFor(leader, 4 * ElectionTimeoutTicks, S2, answersAfter: 0);

        Announced(leader).ShouldBe(ElectionTimeoutTicks);
    }

    [Fact]
    public void The_timeout_does_not_shrink_over_a_wait_that_is_under_way_and_does_not_grow_by_it()
    {
        Server leader = ThatAdapts(3, 1, 1).Elected();
        RunFor(leader, 20, S2, answersAfter: 8);
        int patient = leader.Core.ElectionTimeoutTicks;
        RunFor(leader, (2 * WaitWindowTicks) - 35, S2, answersAfter: 0);
        leader.Core.ElectionTimeoutTicks.ShouldBe(patient, "it is forgotten in 15 ticks");

        leader.Ticks(18);
        (leader.Core.Role, leader.Core.ElectionTimeoutTicks).ShouldBe((Role.Leader, patient), "18 ticks are longer than the shortest timeout");
        leader.Ticks(patient - 18);
        leader.Core.Role.ShouldBe(Role.Follower, "no majority has answered for as long as it was patient");
    }

    [Fact]
    public void A_follower_is_as_patient_as_its_leader_says()
    {
        Server follower = ThatAdapts(3, 1, 1).Receive(Replicates(S2, 1, At(2, 1), 2) with { ElectionTimeoutMs = 10 * 3 * ElectionTimeoutTicks });

        follower.Core.ElectionTimeoutTicks.ShouldBe(3 * ElectionTimeoutTicks);
        follower.Ticks((3 * ElectionTimeoutTicks) - 1).Core.Role.ShouldBe(Role.Follower);
        follower.Receive(AsksForVote(S3, 2, At(9, 1), preVote: true)).Sent<RequestVoteResponse>().Single().Granted.ShouldBeFalse("the leader may live");
        follower.Ticks((3 * ElectionTimeoutTicks) + 1).Core.Role.ShouldBe(Role.Candidate);
    }

    [Fact]
    public void A_follower_is_never_less_patient_than_its_own_shortest_timeout()
    {
        Server follower = ThatAdapts(3, 1, 1).Receive(Replicates(S2, 1, At(2, 1), 2) with { ElectionTimeoutMs = 1 });

        follower.Core.ElectionTimeoutTicks.ShouldBe(ElectionTimeoutTicks);
    }

    [Fact]
    public void A_candidate_whose_votes_do_not_come_in_time_gives_the_next_ones_twice_as_long_up_to_the_bound()
    {
        Server candidate = ThatAdapts(3, 1, 1);
        candidate.Core.OnLinkUp(S2);
        candidate.Core.OnLinkUp(S3);
        var timeouts = new List<int>();
        for (int i = 0; i < 4; i++)
        {
            candidate.Ticks(2 * Longest);
            candidate.Receive(new RequestVoteResponse(S2, S1, candidate.Core.CurrentTerm.Next, true, true));
            timeouts.Add(candidate.Core.ElectionTimeoutTicks);
        }

        timeouts.ShouldBe([ElectionTimeoutTicks, 2 * ElectionTimeoutTicks, 4 * ElectionTimeoutTicks, Longest]);
    }

    [Fact]
    public void The_vote_of_the_former_leader_is_given_longer_too_where_nobody_else_is_left()
    {
        Server candidate = ThatAdapts(2, 1, 1);
        candidate.Core.OnLinkUp(S2);
        candidate.Receive(Replicates(S2, 1, At(2, 1), 2));
        candidate.Ticks(2 * ElectionTimeoutTicks).Receive(new RequestVoteResponse(S2, S1, new Term(2), true, true));
        (candidate.Core.CurrentTerm.Value, candidate.Core.ElectionTimeoutTicks).ShouldBe((2ul, ElectionTimeoutTicks), "a candidate for whose vote S2 needs longer");

        candidate.Ticks(2 * ElectionTimeoutTicks);

        candidate.Core.ElectionTimeoutTicks.ShouldBe(2 * ElectionTimeoutTicks);
    }

    [Fact]
    public void A_candidate_that_gets_no_pre_votes_does_not_since_nobody_may_be_there()
    {
        Server candidate = ThatAdapts(3, 1, 1).Ticks(20 * Longest);

        candidate.Core.Role.ShouldBe(Role.Candidate);
        candidate.Core.ElectionTimeoutTicks.ShouldBe(ElectionTimeoutTicks);
    }

    [Fact]
    public void A_leader_that_hears_no_majority_in_time_is_more_patient_the_next_time()
    {
        Server leader = ThatAdapts(3, 1, 1).Elected();
        leader.Ticks(ElectionTimeoutTicks);

        leader.Core.Role.ShouldBe(Role.Follower);
        leader.Core.ElectionTimeoutTicks.ShouldBe(2 * ElectionTimeoutTicks);
    }

    [Fact]
    public void A_new_leader_keeps_what_it_went_by_until_it_knows_better()
    {
        Server leader = ThatAdapts(3, 1, 1).Receive(Replicates(S2, 1, At(2, 1), 2) with { ElectionTimeoutMs = 10 * 3 * ElectionTimeoutTicks });
        leader.Ticks(6 * ElectionTimeoutTicks).Receive(new RequestVoteResponse(S2, S1, new Term(2), true, true)).Receive(new RequestVoteResponse(S2, S1, new Term(2), false, true));
        leader.Core.Role.ShouldBe(Role.Leader);
        RunFor(leader, WaitWindowTicks / 2, S2, answersAfter: 0);

        Announced(leader).ShouldBe(3 * ElectionTimeoutTicks);
        RunFor(leader, 2 * WaitWindowTicks, S2, answersAfter: 0);
        Announced(leader).ShouldBe(ElectionTimeoutTicks);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(-1)]
    [InlineData(MessageRules.MaxElectionTimeoutMs + 1)]
    public void A_timeout_that_nobody_announces_is_a_broken_rule(int milliseconds)
    {
        MessageRules.Broken(Replicates(S2, 1, At(2, 1), 2)).ShouldBeNull();
        MessageRules.Broken(Replicates(S2, 1, At(2, 1), 2) with { ElectionTimeoutMs = milliseconds }).ShouldNotBeNull().ShouldContain($"an election timeout of {milliseconds} ms");
    }

    /// <summary>Time passes in which one follower answers each heartbeat after so many ticks, with all that is sent to it durable at once.</summary>
    private static void RunFor(Server leader, int ticks, ServerId follower, int answersAfter)
    {
        var answers = new Queue<(int At, ulong Round)>();
        for (int tick = 0; tick < ticks; tick++)
        {
            leader.Ticks(1);
            foreach (AppendEntries heartbeat in leader.Sent<AppendEntries>().Where(sent => sent.To == follower))
            {
                answers.Enqueue((tick + answersAfter, heartbeat.ReadRound));
            }

            while (answers.TryPeek(out (int At, ulong Round) answer) && answer.At <= tick)
            {
                leader.Acknowledges(follower, leader.Core.Log.Last.Index.Value, answers.Dequeue().Round);
            }
        }

        leader.Core.Role.ShouldBe(Role.Leader);
    }

    private static ulong Round(Server leader) => leader.Sent<AppendEntries>().Select(sent => sent.ReadRound).LastOrDefault();

    private static int Announced(Server leader) => leader.Ticks(HeartbeatTicks).Sent<AppendEntries>()[^1].ElectionTimeoutMs / 10;
}
