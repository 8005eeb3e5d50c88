using RaftMQ.Consensus.Messages;
using static RaftMQ.Consensus.Tests.Paper.Server;

namespace RaftMQ.Consensus.Tests.Paper;

/// <summary>The thesis, chapter 4: learners, joint configurations, and servers that leave. What single seats do stands in <see cref="Thesis"/>.</summary>
public sealed class Thesis4_MembershipChanges
{
    [Fact]
    public void Configurations_that_may_follow_each_other_have_no_majorities_apart()
    {
        // All of three nodes: absent, or in any suffrage, with nobody, with their server or with another life of it.
        (Membership Membership, ulong Majorities)[] all = [.. AllOfThreeNodes().Select(membership => (membership, MajoritiesOf(membership)))];
        var found = new HashSet<string>();
        foreach ((Membership before, ulong majoritiesBefore) in all)
        {
            foreach ((Membership after, ulong majoritiesAfter) in all)
            {
                if (before.MayBeFollowedBy(after))
                {
                    found.Add($"{before.IsJoint} {after.IsJoint} {before.Members.Count.CompareTo(after.Members.Count)}");
                    HaveNoneApart(majoritiesBefore, majoritiesAfter).ShouldBeTrue($"{Describe(before)} and {Describe(after)}");
                }
            }
        }

        // A learner comes, a seat changes, a learner goes; joint begins, and ends with and without somebody leaving; and the first three while joint.
        found.Order(StringComparer.Ordinal).ShouldBe(
            [
                "False False -1", "False False 0", "False False 1", "False True 0", "True False 0", "True False 1", "True True -1", "True True 0", "True True 1",
            ]);
    }

    [Fact]
    public void Steps_that_skip_one_are_refused()
    {
        Membership three = Voters(S1, S2, S3);
        Membership withLearner = three.WithLearner(MemberOf(S4));

        three.MayBeFollowedBy(Voters(S1, S2, S3, S4)).ShouldBeFalse("a voter is a learner first");
        withLearner.MayBeFollowedBy(Voters(S1, S2, S3, S4)).ShouldBeFalse("between two sets of voters lies a joint configuration");
        three.MayBeFollowedBy(Voters(S1, S2)).ShouldBeFalse();
        withLearner.Joint([S4.Node], [S3.Node]).MayBeFollowedBy(Voters(S1, S2, S3)).ShouldBeFalse("joint configurations go forward only");
        withLearner.Joint([S4.Node], []).MayBeFollowedBy(withLearner.Joint([S4.Node], [S3.Node])).ShouldBeFalse("one change at a time");

        Membership unmet = three.WithLearner(MemberOf(S4) with { Incarnation = 0 });
        unmet.MayBeFollowedBy(unmet.Joint([S4.Node], [])).ShouldBeFalse("who was never met becomes no voter");
    }

    [Fact]
    public void A_configuration_is_its_bytes()
    {
        Membership joint = Voters(S1, S2, S3).WithLearner(MemberOf(S4)).WithLearner(MemberOf(S5) with { Replaces = S2.Node }).Joint([S4.Node], [S3.Node]).WithIncarnation(S2.Node, 0);

        byte[] bytes = joint.Encode();
        Membership read = Membership.Decode(bytes, out int length);

        length.ShouldBe(bytes.Length);
        read.Members.ShouldBe(joint.Members);
        read.Find(S5.Node)!.Replaces.ShouldBe(S2.Node);
        for (int cut = 0; cut < bytes.Length; cut++)
        {
            Should.Throw<FormatException>(() => Membership.Decode(bytes.AsSpan(0, cut), out _));
        }
    }

    [Fact]
    public void Bytes_that_break_a_rule_are_no_configuration()
    {
        byte[] good = Voters(S1, S2).Encode();
        Refuses(good, at: 0, value: 1, "a membership of format 1 is not known here; this program knows formats 2 and 3");
        Refuses(good, at: 1, value: 19, "a membership of 19 members is outside 1 to 18");
        Refuses(good, at: 2, value: 9, "the members are not in ascending order of node");
        Refuses(good, at: 14, value: 4, "a suffrage of 4 is not known here");
        Refuses(good, at: 14, value: 1, null);
        Refuses(Voters(S1).Encode(), at: 14, value: 1, "a membership of 1, 0 old and 0 new voters is outside 1 to 9 voters and 18 members");
        Refuses(Voters(S1).Encode(), at: 14, value: 3, "a membership of 1, 1 old and 0 new voters is outside 1 to 9 voters and 18 members");
    }

    [Fact]
    public void A_learner_receives_the_log_and_counts_for_nothing()
    {
        Server leader = WithLog(1, 1).Elected();
        leader.Acknowledges(S2, 3);
        AddLearner(leader, S4).Outcome.ShouldBe(ProposeOutcome.Proposed);
        leader.Sent<AppendEntries>().Select(append => append.To).ShouldContain(S4);

        leader.Acknowledges(S4, 4);
        leader.Core.CommitIndex.ShouldBe(new LogIndex(3));
        for (int i = 0; i < ElectionTimeoutTicks; i++)
        {
            leader.Acknowledges(S4, 4).Ticks(1);
        }

        leader.Core.Role.ShouldBe(Role.Follower, "it keeps nobody in office");
    }

    [Fact]
    public void A_learner_does_not_campaign()
    {
        Server learner = WithLog(1, 1);
        Membership asLearner = Voters(S2, S3).WithLearner(MemberOf(S1));
        learner.Receive(Replicates(S2, 1, At(2, 1), 3, Change(3, 1, asLearner)));

        learner.Ticks(10 * ElectionTimeoutTicks);

        learner.Core.Role.ShouldBe(Role.Follower);
        learner.Sent<RequestVote>().ShouldBeEmpty();
    }

    [Fact]
    public void In_a_joint_configuration_both_majorities_commit()
    {
        // Old S1 S2 S3, new S1 S4 S5.
        Server leader = JointLeader();
        LogIndex joint = leader.Core.Log.Last.Index;

        leader.Acknowledges(S2, joint.Value).Acknowledges(S3, joint.Value).Core.CommitIndex.ShouldBe(joint.Previous, "all of the old ones, and one of the new");
        leader.Acknowledges(S4, joint.Value).Core.CommitIndex.ShouldBe(joint);
    }

    [Fact]
    public void In_a_joint_configuration_the_new_majority_alone_commits_nothing()
    {
        Server leader = JointLeader();
        LogIndex joint = leader.Core.Log.Last.Index;

        leader.Acknowledges(S4, joint.Value).Acknowledges(S5, joint.Value).Core.CommitIndex.ShouldBe(joint.Previous);
    }

    [Fact]
    public void In_a_joint_configuration_reads_need_both_majorities()
    {
        Server leader = JointLeader();
        ulong joint = leader.Core.Log.Last.Index.Value;
        leader.Core.RequestRead(new ReadId(1)).ShouldBeTrue();
        ulong round = leader.Sent<AppendEntries>().Max(append => append.ReadRound);

        leader.Acknowledges(S4, joint, round).Acknowledges(S5, joint, round);
        leader.Core.PendingReads.Here.ShouldBe(1);
        leader.Acknowledges(S2, joint, round);
        leader.Core.PendingReads.Here.ShouldBe(0);
    }

    [Fact]
    public void In_a_joint_configuration_a_leader_must_hear_both_majorities()
    {
        Server leader = JointLeader();
        ulong joint = leader.Core.Log.Last.Index.Value;
        for (int i = 0; i < ElectionTimeoutTicks; i++)
        {
            leader.Acknowledges(S4, joint).Acknowledges(S5, joint).Ticks(1);
        }

        leader.Core.Role.ShouldBe(Role.Follower);
    }

    [Fact]
    public void In_a_joint_configuration_a_candidate_needs_both_majorities()
    {
        Server candidate = WithLog(1, 1);
        Membership joint = Voters(S1, S2, S3).WithLearner(MemberOf(S4)).WithLearner(MemberOf(S5)).Joint([S4.Node, S5.Node], [S2.Node, S3.Node]);
        candidate.Receive(Replicates(S2, 1, At(2, 1), 0, Change(3, 1, joint)));
        candidate.Ticks(2 * ElectionTimeoutTicks);
        candidate.Sent<RequestVote>().Select(request => request.To).Distinct().ShouldBe([S2, S3, S4, S5], ignoreOrder: true);

        candidate.Receive(Grants(S4, 2, preVote: true)).Receive(Grants(S5, 2, preVote: true));
        candidate.Core.CurrentTerm.ShouldBe(new Term(1), "S1 S4 S5 are all of the new voters, and one of the old");
        candidate.Receive(Grants(S3, 2, preVote: true));
        candidate.Core.CurrentTerm.ShouldBe(new Term(2));
        candidate.Receive(Grants(S2, 2)).Receive(Grants(S3, 2));
        candidate.Core.Role.ShouldBe(Role.Candidate);
        candidate.Receive(Grants(S5, 2)).Core.Role.ShouldBe(Role.Leader);
    }

    [Fact]
    public void A_committed_joint_configuration_is_followed_by_its_end_at_once()
    {
        Server leader = JointLeader();
        ulong joint = leader.Core.Log.Last.Index.Value;

        leader.Acknowledges(S2, joint).Acknowledges(S4, joint);

        leader.Core.Membership!.IsJoint.ShouldBeFalse();
        leader.Core.Membership.Voters.ShouldBe([S1, S4, S5]);
        leader.Core.IsMembershipCommitted.ShouldBeFalse();
        leader.Core.ProposeMembership(default, leader.Core.Membership.WithLearner(MemberOf(S2))).Outcome.ShouldBe(ProposeOutcome.ChangeRefused, "one at a time");
        leader.Acknowledges(S4, joint + 1).Core.IsMembershipCommitted.ShouldBeTrue();
    }

    [Fact]
    public void Who_is_out_is_sent_the_log_until_it_knows_and_no_longer()
    {
        Server leader = JointLeader();
        ulong joint = leader.Core.Log.Last.Index.Value;
        leader.Acknowledges(S2, joint).Acknowledges(S4, joint).Acknowledges(S4, joint + 1).Sent();

        leader.Acknowledges(S2, joint + 1);
        leader.Sent<AppendEntries>().Where(append => append.To == S2).ShouldAllBe(append => append.LeaderCommit == new LogIndex(joint + 1));
        leader.Ticks(1);
        leader.Core.Peers.Select(peer => peer.Server).ShouldBe([S3, S4, S5], "S2 has the entry and knows that it is committed; S3 has said nothing yet");

        for (int i = 0; i < 11 * ElectionTimeoutTicks; i++)
        {
            leader.Acknowledges(S4, joint + 1).Acknowledges(S5, joint + 1).Ticks(1);
        }

        leader.Core.Peers.Select(peer => peer.Server).ShouldBe([S4, S5]);
        leader.Core.Role.ShouldBe(Role.Leader);
    }

    [Fact]
    public void Configurations_are_released_with_the_log()
    {
        Server leader = WithLog(1, 1).Elected().Acknowledges(S2, 3);
        AddLearner(leader, S4);
        leader.Acknowledges(S4, 1).Acknowledges(S2, 4).Core.ProposeMembership(default, leader.Core.Membership!.WithoutLearner(S4.Node)).Outcome.ShouldBe(ProposeOutcome.Proposed);
        leader.CompleteDisk();
        leader.Acknowledges(S2, 5).Acknowledges(S4, 5).Ticks(1);
        leader.Core.OnLinkUp(S4);
        leader.Core.Peers.Select(peer => peer.Server).ShouldContain(S4, "its seat is still in the log");
        leader.Sent();
        leader.Acknowledges(S4, 5);
        leader.Acknowledges(S4, 5).Ticks(1).Core.Peers.Select(peer => peer.Server).ShouldNotContain(S4, "it knows");
        leader.Sent();

        leader.Compacts(snapshot: 5, upTo: 5).Core.OnLinkUp(S4);

        leader.Core.Peers.Select(peer => peer.Server).ShouldBe([S2, S3], "no log, and no snapshot, for one whose seat is in neither");
        leader.Ticks(1).Sent<Reminder>().ShouldHaveSingleItem().LeftAt.ShouldBe(At(5, 2));
        leader.Core.Membership!.Voters.ShouldBe([S1, S2, S3]);
        leader.Core.IsMembershipCommitted.ShouldBeTrue();
    }

    [Fact]
    public void Who_had_a_seat_remembers_it_when_the_log_that_held_it_is_released()
    {
        Server server = WithLog(1, 1);
        Membership joint = Voters(S1, S2, S3).Joint([], [S1.Node]);
        server.Receive(Replicates(S2, 1, At(2, 1), 0, Change(3, 1, joint)));
        server.Receive(Replicates(S2, 1, At(3, 1), 4, Change(4, 1, joint.AfterJoint())));
        server.Receive(new Reminder(S2, S1, new Term(1), LogIndex.Zero, At(4, 1))).Core.IsToldThatItLeft.ShouldBeTrue();

        server.Compacts(snapshot: 4, upTo: 4);

        server.Core.HasHadASeat.ShouldBeTrue();
        server.Core.IsToldThatItLeft.ShouldBeTrue();
    }

    /// <summary>The leader tells it no more than that: what follows is the others' affair.</summary>
    [Fact]
    public void Who_is_out_knows_it_though_a_later_configuration_is_not_committed_yet()
    {
        Server server = WithLog(1, 1);
        Membership joint = Voters(S1, S2, S3).Joint([], [S1.Node]);
        server.Receive(Replicates(S2, 1, At(2, 1), 0, Change(3, 1, joint), Change(4, 1, joint.AfterJoint()), Change(5, 1, joint.AfterJoint().WithLearner(MemberOf(S4)))));
        server.Core.IsToldThatItLeft.ShouldBeFalse("nothing is committed");

        server.Receive(Replicates(S2, 1, At(5, 1), 3)).Core.IsToldThatItLeft.ShouldBeFalse("the joint configuration names it");
        server.Receive(Replicates(S2, 1, At(5, 1), 4)).Core.IsToldThatItLeft.ShouldBeTrue();
        server.Core.IsMembershipCommitted.ShouldBeFalse();
        server.Receive(Replicates(S2, 1, At(5, 1), 4, Change(6, 1, joint.AfterJoint().WithLearner(MemberOf(S1))))).Core.IsToldThatItLeft.ShouldBeFalse("it may be taken in again");
    }

    [Fact]
    public void Who_had_a_seat_remembers_it_when_a_snapshot_takes_the_place_of_the_log_that_held_it()
    {
        Server server = WithLog(1, 1);
        server.Receive(Replicates(S2, 1, At(2, 1), 2));
        server.Receive(Installs(S2, 1, At(9, 1), 0, bytes: 1, isLast: true));
        server.Core.OnSnapshotInstalled(server.Pieces.Dequeue().Snapshot, default, [Change(8, 1, Voters(S2, S3))]);

        server.Core.HasHadASeat.ShouldBeTrue();
        server.Receive(new Reminder(S2, S1, new Term(1), LogIndex.Zero, At(8, 1))).Core.IsToldThatItLeft.ShouldBeTrue();
    }

    [Fact]
    public void Who_is_out_is_told_first_what_somebody_waits_for_there()
    {
        Server leader = JointLeader();
        ulong joint = leader.Core.Log.Last.Index.Value;
        leader.Acknowledges(S2, joint).Acknowledges(S4, joint);
        leader.Propose().Position.Index.Value.ShouldBe(joint + 2, "behind the end of the joint configuration");
        leader.Core.AwaitCommit(S2, new LogIndex(joint + 2));
        leader.Acknowledges(S4, joint + 1).Acknowledges(S5, joint + 1).Acknowledges(S2, joint + 2).Ticks(1);
        leader.Core.CommitIndex.ShouldBe(new LogIndex(joint + 1));
        leader.Core.Peers.Select(peer => peer.Server).ShouldContain(S2, "it knows that it is out, and not yet what became of the entry behind that");

        leader.Sent();
        leader.Acknowledges(S4, joint + 2).Acknowledges(S5, joint + 2);

        leader.Sent<AppendEntries>().ShouldContain(append => append.To == S2 && append.LeaderCommit == new LogIndex(joint + 2));
        leader.Ticks(1).Core.Peers.Select(peer => peer.Server).ShouldNotContain(S2);
    }

    [Fact]
    public void A_leader_that_is_out_does_not_count_itself_and_hands_over_when_that_is_committed()
    {
        Server leader = WithLog(1, 1).Elected().Linked();
        leader.Acknowledges(S2, 3).Acknowledges(S3, 3);
        leader.Core.ProposeMembership(default, leader.Core.Membership!.Joint([], [S1.Node])).Outcome.ShouldBe(ProposeOutcome.Proposed);
        leader.Acknowledges(S2, 4).Acknowledges(S3, 4);
        leader.Core.Membership.Voters.ShouldBe([S2, S3]);

        leader.Acknowledges(S2, 5).Core.CommitIndex.ShouldBe(new LogIndex(4), "S1 has it too, and is in no seat");
        leader.Sent();
        leader.Acknowledges(S3, 5).Core.CommitIndex.ShouldBe(new LogIndex(5));

        leader.Sent<TimeoutNow>().ShouldHaveSingleItem();
        leader.Propose().Outcome.ShouldBe(ProposeOutcome.NotLeader);
        leader.Ticks(2 * ElectionTimeoutTicks).Core.Role.ShouldBe(Role.Follower);
        leader.Ticks(10 * ElectionTimeoutTicks).Core.Role.ShouldBe(Role.Follower, "and it disturbs nobody");
    }

    [Fact]
    public void A_candidate_that_is_told_that_it_left_is_none_any_more()
    {
        Server server = WithLog(1, 1).Ticks(2 * ElectionTimeoutTicks);
        server.Core.Role.ShouldBe(Role.Candidate);
        server.Sent();

        server.Receive(new Reminder(S2, S1, new Term(1), LogIndex.Zero, At(9, 3)));
        server.Receive(new RequestVoteResponse(S2, S1, new Term(2), PreVote: true, Granted: true));

        server.Core.Role.ShouldBe(Role.Follower);
        server.Ticks(10 * ElectionTimeoutTicks).Sent<RequestVote>().ShouldBeEmpty();
    }

    [Fact]
    public void Leadership_is_handed_to_nobody_who_leaves()
    {
        Server leader = JointLeader();
        ulong joint = leader.Core.Log.Last.Index.Value;
        leader.Acknowledges(S2, joint);

        leader.Core.TransferLeadership(S2.Node).ShouldBeFalse();
        leader.Core.TransferLeadership(S4.Node).ShouldBeTrue();
    }

    [Fact]
    public void The_last_voter_stays()
    {
        Server leader = Of(1, 1).Ticks(1);
        leader.Core.Role.ShouldBe(Role.Leader);

        Should.Throw<InvariantViolatedException>(() => leader.Core.Membership!.Joint([], [S1.Node]));
    }

    [Fact]
    public void A_leader_of_an_unfinished_change_finishes_it_behind_its_own_first_entry()
    {
        Server server = WithLog(1, 1);
        Membership joint = Voters(S1, S2, S3).Joint([], [S3.Node]);
        server.Receive(Replicates(S2, 1, At(2, 1), 0, Change(3, 1, joint)));
        server.Elected();

        server.Core.Membership!.IsJoint.ShouldBeTrue();
        server.Acknowledges(S2, 4).Core.Membership!.Voters.ShouldBe([S1, S2]);
        server.Core.CommitIndex.ShouldBe(new LogIndex(4));
    }

    [Fact]
    public void A_server_is_caught_up_when_a_round_takes_less_than_an_election_timeout_and_its_own_wait()
    {
        Server leader = WithLog(1, 1).Elected();
        leader.Acknowledges(S2, 3);
        AddLearner(leader, S4);
        leader.Acknowledges(S4, 0);
        PeerProgress learner = leader.Peer(S4);
        leader.Core.HasCaughtUp(learner).ShouldBeFalse("nothing of the log is there");

        // The first round takes two election timeouts: it ends, and was too long.
        for (int i = 0; i < 2 * ElectionTimeoutTicks; i++)
        {
            leader.Acknowledges(S2, 4).Acknowledges(S4, 1).Ticks(1);
        }

        leader.Propose();
        leader.Acknowledges(S4, 4).Core.HasCaughtUp(learner).ShouldBeFalse();

        // The second holds what was proposed meanwhile.
        leader.Acknowledges(S4, 5).Core.HasCaughtUp(learner).ShouldBeTrue();
        leader.Propose();
        for (int i = 0; i < 2 * ElectionTimeoutTicks; i++)
        {
            leader.Acknowledges(S2, 6).Acknowledges(S4, 5).Ticks(1);
        }

        leader.Core.HasCaughtUp(learner).ShouldBeFalse("it lags again");
    }

    /// <summary>Under load no round ends sooner than the next entry's acknowledgement, and that takes the way there and back.</summary>
    [Fact]
    public void A_server_that_is_far_away_is_caught_up_too()
    {
        const int WayThereAndBack = ElectionTimeoutTicks + 2;
        Server leader = WithLog(1, 1).Elected();
        leader.Acknowledges(S2, 3);
        AddLearner(leader, S4);
        leader.Acknowledges(S4, 1);
        var answers = new Queue<ulong>();
        for (int tick = 0; tick < 10 * WayThereAndBack; tick++)
        {
            ulong last = leader.Propose().Position.Index.Value;
            leader.Acknowledges(S2, last);
            answers.Enqueue(last);
            leader.Acknowledges(S4, answers.Count > WayThereAndBack ? answers.Dequeue() : 1).Ticks(1);
        }

        leader.Peer(S4).LongestRoundTicks.ShouldBeGreaterThanOrEqualTo(ElectionTimeoutTicks, "so it was all the time, and would be");
        leader.Core.HasCaughtUp(leader.Peer(S4)).ShouldBeTrue();
    }

    [Fact]
    public void Whoever_is_linked_may_be_voted_for_and_nobody_else()
    {
        Server voter = WithLog(1, 1);
        voter.Receive(AsksForVote(S5, 2, At(2, 1)));
        voter.Sent().ShouldBeEmpty("nobody knows which life of node 5 that is");

        voter.Core.OnLinkUp(S5);
        voter.Receive(AsksForVote(S5, 2, At(2, 1))).Sent<RequestVoteResponse>().ShouldHaveSingleItem().Granted.ShouldBeTrue();
    }

    [Fact]
    public void A_configuration_whose_voters_have_not_answered_this_leader_is_not_made()
    {
        Server leader = Of(5, 1, 1).Elected();
        leader.Acknowledges(S2, 3).Acknowledges(S3, 3);
        Membership withoutThree = leader.Core.Membership!.Joint([], [S3.Node]);

        // Servers 4 and 5 are not silent for an election timeout yet, since this leader is young: but it has not heard of them either.
        leader.Core.ProposeMembership(default, withoutThree).Outcome.ShouldBe(ProposeOutcome.ChangeRefused);
        leader.Core.Role.ShouldBe(Role.Leader);

        leader.Acknowledges(S4, 3);
        leader.Core.ProposeMembership(default, withoutThree).Outcome.ShouldBe(ProposeOutcome.Proposed);
    }

    private static Server JointLeader()
    {
        Server leader = WithLog(1, 1).Elected();
        leader.Acknowledges(S2, 3).Acknowledges(S3, 3);
        AddLearner(leader, S4);
        leader.Acknowledges(S2, 4).Acknowledges(S3, 4);
        AddLearner(leader, S5);
        leader.Acknowledges(S2, 5).Acknowledges(S3, 5);

        // They are there; how much of the log they have is each test's affair.
        leader.Acknowledges(S4, 1).Acknowledges(S5, 1);
        leader.Core.ProposeMembership(default, leader.Core.Membership!.Joint([S4.Node, S5.Node], [S2.Node, S3.Node])).Outcome.ShouldBe(ProposeOutcome.Proposed);
        leader.Sent();
        return leader;
    }

    private static ProposeResult AddLearner(Server leader, ServerId learner)
    {
        leader.Core.OnLinkUp(learner);
        ProposeResult result = leader.Core.ProposeMembership(default, leader.Core.Membership!.WithLearner(MemberOf(learner)));
        leader.CompleteDisk();
        return result;
    }

    private static void Refuses(byte[] good, int at, byte value, string? why)
    {
        byte[] bytes = [.. good];
        bytes[at] = value;
        if (why is null)
        {
            Membership.Decode(bytes, out _).Members.Count(member => member.Suffrage == Suffrage.Learner).ShouldBe(1);
        }
        else
        {
            Should.Throw<FormatException>(() => Membership.Decode(bytes, out _)).Message.ShouldBe(why);
        }
    }

    private static RequestVoteResponse Grants(ServerId voter, ulong term, bool preVote = false) => new(voter, S1, new Term(term), preVote, true);

    private static LogEntry Change(ulong index, ulong term, Membership membership) =>
        new(new LogIndex(index), new Term(term), EntryKind.Membership, default, membership.Encode());

    private static Member MemberOf(ServerId server) => new(server.Node, server.Incarnation, $"s{server.Node}:1", $"s{server.Node}:2");

    private static Membership Voters(params ServerId[] servers) => new([.. servers.Select(MemberOf)]);

    private static string Describe(Membership membership) => string.Join(" ", membership.Members.Select(member => $"{member.Server}:{member.Suffrage}"));

    private static IEnumerable<Membership> AllOfThreeNodes()
    {
        Member?[] OfNode(uint node)
        {
            Member member = MemberOf(Id(node));
            return
            [
                null,
                member with { Incarnation = node + 90 },
                .. Enum.GetValues<Suffrage>().SelectMany(suffrage => new[] { member with { Suffrage = suffrage }, member with { Suffrage = suffrage, Incarnation = 0 } }),
            ];
        }

        return
            from one in OfNode(1)
            from two in OfNode(2)
            from three in OfNode(3)
            let members = new[] { one, two, three }.OfType<Member>().ToArray()
            where members.Any(member => member.Suffrage is Suffrage.Voter or Suffrage.Incoming) && members.Any(member => member.Suffrage is Suffrage.Voter or Suffrage.Outgoing)
            select new Membership(members);
    }

    /// <summary>Which of the 64 sets of the six servers (three nodes, two lives each) are majorities: a bit for each set.</summary>
    private static ulong MajoritiesOf(Membership membership)
    {
        ulong majorities = 0;
        for (int set = 0; set < 64; set++)
        {
            int chosen = set;
            bool isMajority = Quorum.IsMajority(membership, server => (chosen & BitOf(server)) != 0);
            majorities |= isMajority ? 1UL << set : 0;
        }

        return majorities;
    }

    private static int BitOf(ServerId server) => 1 << (int)(server.Node.Value - 1 + (server.Incarnation > 90 ? 3u : 0u));

    private static bool HaveNoneApart(ulong one, ulong other)
    {
        for (int set = 0; set < 64; set++)
        {
            for (int apart = 0; (one >> set & 1) != 0 && apart < 64; apart++)
            {
                if ((other >> apart & 1) != 0 && (set & apart) == 0)
                {
                    return false;
                }
            }
        }

        return true;
    }
}
