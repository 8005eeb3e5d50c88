using RaftMQ.Consensus.Messages;
using static RaftMQ.Consensus.Tests.Paper.Server;

namespace RaftMQ.Consensus.Tests.Paper;

/// <summary>§5.3 Log replication, and AppendEntries of Figure 2.</summary>
public sealed class Section5_3_LogReplication
{
    [Fact]
    public void Entries_are_taken_only_if_the_log_holds_the_entry_before_them()
    {
        Server follower = WithLog(1, 1, 1);

        follower.Receive(Replicates(S2, 2, At(3, 2), 0, Entry(4, 2)));

        AppendEntriesResponse response = follower.Sent<AppendEntriesResponse>().ShouldHaveSingleItem();
        response.Success.ShouldBeFalse();
        response.Conflict.ShouldBe(At(1, 1), "the first index of the conflicting term");
        follower.Log().ShouldBe("1 1 1");
    }

    [Fact]
    public void A_log_that_is_too_short_says_where_it_ends()
    {
        Server follower = WithLog(1, 1);

        follower.Receive(Replicates(S2, 2, At(7, 2), 0, Entry(8, 2)));

        follower.Sent<AppendEntriesResponse>().ShouldHaveSingleItem().Conflict.ShouldBe(At(3, 0));
    }

    [Fact]
    public void A_heartbeat_is_checked_as_entries_are()
    {
        Server follower = WithLog(1, 1);

        follower.Receive(Replicates(S2, 2, At(7, 2), 7));

        follower.Sent<AppendEntriesResponse>().ShouldHaveSingleItem().Success.ShouldBeFalse();
        follower.Core.CommitIndex.ShouldBe(LogIndex.Zero);
    }

    [Fact]
    public void An_entry_that_conflicts_is_dropped_with_all_that_follow_it()
    {
        Server follower = WithLog(1, 1, 2, 2, 2);

        follower.Receive(Replicates(S2, 3, At(2, 1), 0, Entry(3, 3)));

        follower.Log().ShouldBe("1 1 3");
    }

    [Fact]
    public void Entries_that_are_there_already_are_kept_with_all_that_follow_them()
    {
        Server follower = WithLog(1, 2, 2, 2);

        follower.Receive(Replicates(S2, 2, At(1, 1), 0, Entry(2, 2)));

        follower.Log().ShouldBe("1 2 2 2");
        follower.Sent<AppendEntriesResponse>().ShouldHaveSingleItem().MatchIndex.ShouldBe(new LogIndex(2), "computed from the request, not from the log");
    }

    [Fact]
    public void The_commit_index_is_the_lesser_of_the_leaders_and_the_last_new_entry()
    {
        Server follower = WithLog(1, 2, 2, 2);

        follower.Receive(Replicates(S2, 3, At(1, 1), 4, Entry(2, 2)));
        follower.Core.CommitIndex.ShouldBe(new LogIndex(2));

        follower.Receive(Replicates(S2, 3, At(2, 2), 2, Entry(3, 2)));
        follower.Core.CommitIndex.ShouldBe(new LogIndex(2));
    }

    [Fact]
    public void The_commit_index_never_falls()
    {
        Server follower = WithLog(1, 2, 2);
        follower.Receive(Replicates(S2, 2, At(3, 2), 3));

        follower.Receive(Replicates(S2, 2, At(3, 2), 1));

        follower.Core.CommitIndex.ShouldBe(new LogIndex(3));
    }

    [Fact]
    public void What_is_committed_is_told_with_the_next_entries_or_heartbeat_and_at_once_to_a_server_where_somebody_waits_for_it()
    {
        Server leader = WithLog(1).Elected();
        leader.Acknowledges(S2, 2).Acknowledges(S3, 2);
        leader.Sent();
        LogIndex proposed = leader.Propose().Position.Index;
        leader.Core.AwaitCommit(S3, proposed);
        leader.Sent<AppendEntries>().ShouldAllBe(append => append.LeaderCommit == new LogIndex(2) && append.Entries.Length == 1);

        leader.Acknowledges(S2, 3);
        AppendEntries atOnce = leader.Sent<AppendEntries>().ShouldHaveSingleItem();
        (atOnce.To, atOnce.LeaderCommit, atOnce.Entries.Length).ShouldBe((S3, proposed, 0));

        leader.Ticks(HeartbeatTicks).Sent<AppendEntries>().ShouldAllBe(append => append.LeaderCommit == proposed);
    }

    [Fact]
    public void Truncating_what_is_committed_ends_the_process()
    {
        Server follower = WithLog(1, 2, 2);
        follower.Receive(Replicates(S2, 2, At(3, 2), 3));

        Should.Throw<InvariantViolatedException>(() => follower.Receive(Replicates(S3, 3, At(1, 1), 3, Entry(2, 3))));
    }

    [Fact]
    public void New_entries_are_acknowledged_only_when_they_are_on_disk()
    {
        Server follower = WithLog(1);
        follower.Receive(Replicates(S2, 1, At(1, 1), 0));
        follower.Sent();
        follower.DiskIsHeld = true;

        follower.Receive(Replicates(S2, 1, At(1, 1), 0, Entry(2, 1)));
        follower.Sent().ShouldBeEmpty();

        follower.Receive(Replicates(S2, 1, At(2, 1), 0));
        follower.Sent<AppendEntriesResponse>().ShouldHaveSingleItem().MatchIndex.ShouldBe(new LogIndex(1), "a heartbeat is answered at once, with what is durable");

        follower.CompleteDisk().Sent<AppendEntriesResponse>().ShouldHaveSingleItem().MatchIndex.ShouldBe(new LogIndex(2));
    }

    [Fact]
    public void An_entry_cut_and_appended_again_counts_only_when_its_second_life_is_on_disk()
    {
        Server follower = WithLog(1);
        follower.DiskIsHeld = true;
        follower.Receive(Replicates(S2, 2, At(1, 1), 0, Entry(2, 2)));
        follower.Receive(Replicates(S3, 3, At(1, 1), 0, Entry(2, 3)));
        follower.Receive(AsksForVote(S2, 4, At(9, 3), transfer: true));
        follower.Receive(Replicates(S2, 4, At(1, 1), 0, Entry(2, 2), Entry(3, 4)));
        follower.Sent();

        // All batches but the last complete. The disk holds entry 2 of term 3; that of term 2 was on it once, and is not on it yet again.
        follower.Core.OnPersisted(new Term(2), At(2, 2));
        follower.Core.OnPersisted(new Term(3), At(2, 3));
        follower.Core.OnPersisted(new Term(4), At(2, 3));
        follower.Receive(Replicates(S2, 4, At(3, 4), 0));

        follower.Sent<AppendEntriesResponse>().ShouldHaveSingleItem().MatchIndex.ShouldBe(new LogIndex(1));
    }

    [Fact]
    public void A_leader_sends_what_follows_and_moves_on_when_it_is_acknowledged()
    {
        Server leader = WithLog(1, 1).Elected();
        leader.Acknowledges(S2, 3);
        leader.Sent();

        leader.Propose();

        AppendEntries append = leader.Sent<AppendEntries>().Where(message => message.To == S2).ShouldHaveSingleItem();
        append.Previous.ShouldBe(At(3, 2));
        append.Entries.Length.ShouldBe(1);
        leader.Core.Peers.Single(peer => peer.Server == S2).MatchIndex.ShouldBe(new LogIndex(3));
    }

    [Fact]
    public void A_rejection_lowers_nextIndex_and_is_retried_at_once()
    {
        Server leader = WithLog(1, 1, 1, 1).Elected();
        leader.Sent();

        leader.Receive(new AppendEntriesResponse(S2, S1, leader.Core.CurrentTerm, false, LogIndex.Zero, At(2, 0), 0, true));

        AppendEntries retry = leader.Sent<AppendEntries>().ShouldHaveSingleItem();
        retry.Previous.ShouldBe(At(1, 1));
        retry.Entries.Length.ShouldBe(4);
    }

    [Fact]
    public void A_late_rejection_never_lowers_nextIndex_to_what_is_known_to_match()
    {
        Server leader = WithLog(1, 1, 1, 1).Elected();
        leader.Acknowledges(S2, 4);

        leader.Receive(new AppendEntriesResponse(S2, S1, leader.Core.CurrentTerm, false, LogIndex.Zero, At(2, 0), 0, true));

        PeerProgress progress = leader.Core.Peers.Single(peer => peer.Server == S2);
        progress.NextIndex.ShouldBeGreaterThan(progress.MatchIndex);
        progress.MatchIndex.ShouldBe(new LogIndex(4));
    }

    [Fact]
    public void Heartbeats_go_out_at_their_interval_whether_or_not_there_is_something_to_say()
    {
        Server leader = WithLog(1, 1).Elected();
        leader.Sent();

        leader.Ticks(HeartbeatTicks);

        leader.Sent<AppendEntries>().Select(append => append.To).ShouldBe([S2, S3]);
    }

    [Fact]
    public void A_follower_takes_no_proposals()
    {
        WithLog(1, 1).Propose().Outcome.ShouldBe(ProposeOutcome.NotLeader);
    }

    [Fact]
    public void Proposals_beyond_the_bound_on_what_is_uncommitted_are_refused()
    {
        Server leader = WithLog(1, 1).Elected();
        var large = new byte[8 * 1024 * 1024];

        ProposeOutcome[] outcomes = [.. Enumerable.Range(0, 9).Select(_ => leader.Core.Propose(default, large).Outcome)];

        outcomes[^1].ShouldBe(ProposeOutcome.Overloaded);
        outcomes.Count(outcome => outcome == ProposeOutcome.Proposed).ShouldBe(8);
    }

    [Fact]
    public void Beyond_the_bound_nothing_is_proposed_even_if_others_commit_while_the_leaders_own_disk_stands_still()
    {
        Server leader = WithLog(1, 1).Elected();
        leader.DiskIsHeld = true;
        int taken = 0;
        while (leader.Propose().Outcome == ProposeOutcome.Proposed)
        {
            leader.Acknowledges(S2, leader.Core.Log.Last.Index.Value);
            leader.Acknowledges(S3, leader.Core.Log.Last.Index.Value);
            (++taken).ShouldBeLessThan(100_000);
        }

        leader.Core.CommitIndex.ShouldBe(leader.Core.Log.Last.Index, "a majority has everything");
        leader.Propose().Outcome.ShouldBe(ProposeOutcome.Overloaded);
        leader.CompleteDisk();
        leader.Propose().Outcome.ShouldBe(ProposeOutcome.Proposed);
    }

    [Fact]
    public void Entries_without_payload_leave_memory_too()
    {
        const int Entries = 200_000;
        Server leader = Of(1, 1).Ticks(1);
        for (int i = 0; i < Entries; i++)
        {
            leader.Propose().Outcome.ShouldBe(ProposeOutcome.Proposed);
        }

        leader.Core.OnApplied(leader.Core.CommitIndex);

        leader.Core.Log.Last.Index.Value.ShouldBeGreaterThan((ulong)Entries);
        leader.Core.Log.FirstInMemory.Value.ShouldBeGreaterThan(20_000UL, "200,000 entries are more than the 16 MiB that stay");
    }

    [Fact]
    public void Entries_that_were_loaded_for_an_earlier_leadership_are_not_sent()
    {
        Server leader = WithLog(1, 1).Elected();
        leader.Acknowledges(S3, 3);
        for (int i = 0; i < 100; i++)
        {
            leader.Propose();
        }

        LogIndex next = leader.Core.Peers.Single(peer => peer.Server == S3).NextIndex;
        next.ShouldBeLessThan(leader.Core.Log.Last.Index, "the window is full");
        leader.Sent();

        leader.Core.OnEntriesLoaded(new LoadRequest(S3, next, next, 1_000), new[] { Entry(next.Value, 1) });

        leader.Sent().ShouldBeEmpty("nothing was being loaded, and the log has another entry there");
    }

    /// <summary>The leader would send all that follows each time it is told. What is here and not committed yet is worth one question, and no more if it is not what the leader has.</summary>
    [Fact]
    public void A_server_without_room_says_once_where_its_log_ends_and_again_only_for_a_commit_that_comes_of_it()
    {
        Server full = WithLog(1, 1, 2, 2);
        full.Core.TakesEntries = false;
        IsToldWhereTheLogEnds(full, Replicates(S2, 3, At(10, 3), 0)).ShouldBeTrue();
        IsToldWhereTheLogEnds(full, Replicates(S2, 3, At(10, 3), 0)).ShouldBeFalse();
        IsToldWhereTheLogEnds(full, Replicates(S2, 3, At(10, 3), 5)).ShouldBeTrue("more is committed");

        full.Receive(Replicates(S2, 3, At(2, 1), 5, Entry(3, 3)));
        (full.Sent<AppendEntriesResponse>().ShouldHaveSingleItem().MatchIndex, full.Log()).ShouldBe((new LogIndex(2), "1 1 2 2"));
        full.Core.CommitIndex.ShouldBe(new LogIndex(2));
        IsToldWhereTheLogEnds(full, Replicates(S2, 3, At(10, 3), 5)).ShouldBeTrue("something came of it");
        IsToldWhereTheLogEnds(full, Replicates(S2, 3, At(10, 3), 6)).ShouldBeFalse("and now nothing: 3 and 4 are not what the leader has");

        for (int tick = 0; tick < 100 * HeartbeatTicks; tick++)
        {
            full.Ticks(1).Receive(Replicates(S2, 3, At(2, 1), 2)).Sent();
        }

        IsToldWhereTheLogEnds(full, Replicates(S2, 3, At(10, 3), 6)).ShouldBeTrue("an answer may have been lost");
        IsToldWhereTheLogEnds(full, Replicates(S2, 3, At(10, 3), 7)).ShouldBeFalse();
        IsToldWhereTheLogEnds(full, Replicates(S2, 4, At(10, 3), 7)).ShouldBeTrue("a new leader knows nothing yet");
        full.Core.TakesEntries = true;
        IsToldWhereTheLogEnds(full, Replicates(S2, 4, At(10, 3), 7)).ShouldBeTrue();
    }

    private static bool IsToldWhereTheLogEnds(Server server, AppendEntries request)
    {
        AppendEntriesResponse response = server.Receive(request).Sent<AppendEntriesResponse>().ShouldHaveSingleItem();
        response.Success.ShouldBeFalse();
        return response.Conflict != LogPosition.Zero;
    }
}
