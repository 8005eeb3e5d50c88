using RaftMQ.Consensus.Messages;
using static RaftMQ.Consensus.Tests.Paper.Server;

namespace RaftMQ.Consensus.Tests.Paper;

/// <summary>§7 Log compaction, and InstallSnapshot of Figure 13 as pieces that resume. A snapshot of these tests has 10 bytes, in pieces of 4.</summary>
public sealed class Section7_LogCompaction
{
    private const int SnapshotBytes = 10;

    private static readonly LogPosition Snapshot = At(5, 1);

    private static InstallSnapshotResponse[] Answers(Server follower) => follower.Sent<InstallSnapshotResponse>();

    [Fact]
    public void The_log_is_the_same_behind_its_base_wherever_that_is()
    {
        ulong[] terms = [1, 1, 2, 2, 2, 5, 6, 6];
        for (int upTo = 1; upTo <= terms.Length; upTo++)
        {
            RaftLog log = WithLog(terms).Receive(Replicates(S2, 6, At(8, 6), 8)).Compacts((ulong)upTo, (ulong)upTo).Core.Log;
            RaftLog whole = WithLog(terms).Core.Log;
            RaftLog recovered = CompactedTo(upTo, terms).Core.Log;

            foreach (RaftLog compacted in new[] { log, recovered })
            {
                compacted.Base.ShouldBe(At((ulong)upTo, terms[upTo - 1]));
                compacted.Last.ShouldBe(whole.Last);
                for (ulong i = 0; i <= 9; i++)
                {
                    var index = new LogIndex(i);
                    compacted.TermAt(index).ShouldBe(i >= (ulong)upTo ? whole.TermAt(index) : null);
                    compacted.TryGet(index, out LogEntry entry).ShouldBe(i > (ulong)upTo && i <= 8);
                    entry.Index.ShouldBe(i > (ulong)upTo && i <= 8 ? index : LogIndex.Zero);
                    LogIndex last = whole.LastWithTermAtMost(new Term(i));
                    compacted.LastWithTermAtMost(new Term(i)).ShouldBe(last.Value >= (ulong)upTo ? last : LogIndex.Zero);
                    if (i > (ulong)upTo && i <= 8)
                    {
                        compacted.FirstOfTermAt(index).ShouldBe(LogIndex.Max(whole.FirstOfTermAt(index), compacted.Base.Index.Next));
                    }
                }
            }
        }
    }

    [Fact]
    public void What_is_released_is_in_a_durable_snapshot_committed_and_durable()
    {
        Server server = WithLog(1, 1, 1, 1).Receive(Replicates(S2, 1, At(4, 1), 3));

        Should.Throw<InvariantViolatedException>(() => server.Core.CompactLog(new LogIndex(1)));
        Should.Throw<InvariantViolatedException>(() => server.Core.OnSnapshotSaved(At(4, 1)));
        server.Core.OnSnapshotSaved(At(3, 1));
        server.Core.OnSnapshotSaved(At(2, 1));
        Should.Throw<InvariantViolatedException>(() => server.Core.CompactLog(new LogIndex(4)));
        server.Core.CompactLog(new LogIndex(3));
        server.Core.CompactLog(new LogIndex(2));

        server.Core.Log.Base.ShouldBe(At(3, 1));
        server.Log().ShouldBe("- - 1 1");
    }

    [Fact]
    public void A_follower_passes_over_entries_before_its_base_and_takes_those_behind_it()
    {
        Server follower = CompactedTo(3, 1, 1, 1, 1);

        follower.Receive(Replicates(S2, 2, At(1, 1), 6, Entry(2, 1), Entry(3, 1), Entry(4, 1), Entry(5, 2), Entry(6, 2)));

        follower.Sent<AppendEntriesResponse>().ShouldHaveSingleItem().MatchIndex.ShouldBe(new LogIndex(6));
        follower.Log().ShouldBe("- - 1 1 2 2");
        follower.Core.CommitIndex.ShouldBe(new LogIndex(6));
    }

    [Fact]
    public void A_previous_entry_before_the_base_is_no_conflict_and_what_is_committed_is_acknowledged()
    {
        Server follower = CompactedTo(3, 1, 1, 1, 1);

        follower.Receive(Replicates(S2, 2, At(1, 1), 0)).Receive(Replicates(S2, 2, At(1, 1), 2, Entry(2, 1)));

        follower.Sent<AppendEntriesResponse>().Select(response => (response.Success, response.MatchIndex)).ShouldAllBe(response => response.Success && response.MatchIndex == new LogIndex(3));
        follower.Log().ShouldBe("- - 1 1");
        follower.Core.CommitIndex.ShouldBe(new LogIndex(3));
    }

    [Fact]
    public void A_conflict_behind_the_base_is_named_and_truncated_as_ever()
    {
        Server follower = CompactedTo(2, 1, 2, 2, 2);

        follower.Receive(Replicates(S2, 3, At(4, 3), 0));
        follower.Sent<AppendEntriesResponse>().ShouldHaveSingleItem().Conflict.ShouldBe(At(3, 2), "the first entry of the term behind the base");

        follower.Receive(Replicates(S2, 3, At(2, 2), 0, Entry(3, 3)));
        follower.Log().ShouldBe("- 2 3");
        Should.Throw<InvariantViolatedException>(() => follower.Receive(Replicates(S2, 3, At(1, 1), 0, Entry(2, 3))));
    }

    [Fact]
    public void Pieces_go_to_the_disk_one_after_the_other_and_are_answered_when_they_are_durable()
    {
        Server follower = WithLog(1);

        follower.Receive(Installs(S2, 2, Snapshot, 0, 4, number: 1));
        Answers(follower).ShouldBeEmpty();
        follower.DiskSaves();
        InstallSnapshotResponse first = Answers(follower).ShouldHaveSingleItem();
        (first.Snapshot, first.NextOffset, first.IsInstalled, first.IsBusy, first.Number).ShouldBe((Snapshot, 4, false, false, 1UL));
        follower.Receive(Installs(S2, 2, Snapshot, 4, 6, isLast: true, number: 2));
        follower.Core.IsInstallingSnapshot.ShouldBeTrue();
        follower.Log().ShouldBe("1", "nothing has changed before the disk says so");
        follower.DiskInstalls();

        InstallSnapshotResponse last = Answers(follower).ShouldHaveSingleItem();
        (last.Snapshot, last.IsInstalled, last.Number).ShouldBe((Snapshot, true, 2UL));
        (follower.Core.Log.Base, follower.Core.Log.Last, follower.Core.Log.LastTime).ShouldBe((Snapshot, Snapshot, new LogTime(77)));
        (follower.Core.CommitIndex, follower.Core.DurableIndex).ShouldBe((Snapshot.Index, Snapshot.Index));
        follower.Core.IsInstallingSnapshot.ShouldBeFalse();
    }

    [Fact]
    public void Whatever_the_log_held_is_gone_when_a_snapshot_is_installed_in_conflict_or_not()
    {
        Server conflicting = WithLog(1, 2, 2, 2, 2, 2, 2);
        conflicting.Receive(Installs(S2, 3, At(5, 3), 0, 4, isLast: true)).DiskInstalls();
        conflicting.Log().ShouldBe("- - - - 3");
        conflicting.Core.Log.TryGet(new LogIndex(6), out _).ShouldBeFalse();

        Server shorter = WithLog(1, 1, 1);
        shorter.Receive(Installs(S2, 1, Snapshot, 0, 4, isLast: true)).DiskInstalls();
        shorter.Log().ShouldBe("- - - - 1");

        shorter.Receive(Replicates(S2, 1, Snapshot, 6, Entry(6, 1)));
        shorter.Sent<AppendEntriesResponse>().ShouldHaveSingleItem().MatchIndex.ShouldBe(new LogIndex(6));
        shorter.Log().ShouldBe("- - - - 1 1");
    }

    [Fact]
    public void The_configuration_of_a_snapshot_is_in_force_and_outlives_what_is_truncated_behind_it()
    {
        Server follower = WithLog(1, 1);
        follower.Receive(Installs(S2, 2, Snapshot, 0, 4, isLast: true)).DiskInstalls(servers: 5);

        follower.Core.Membership!.Voters.ShouldBe([S1, S2, S3, S4, S5]);
        follower.Core.IsMembershipCommitted.ShouldBeTrue();

        follower.Receive(Replicates(S2, 2, Snapshot, 0, Entry(6, 2), Entry(7, 2))).Receive(Replicates(S3, 3, Snapshot, 0, Entry(6, 3)));
        follower.Core.Membership!.Voters.Count.ShouldBe(5);
        follower.Log().ShouldBe("- - - - 1 3");
    }

    [Theory]
    [InlineData(4UL, "its log holds the snapshot's last entry")]
    [InlineData(2UL, "it has committed more")]
    public void Nothing_is_installed_where_everything_is_already(ulong snapshot, string why)
    {
        Server follower = WithLog(1, 1, 1, 1, 1, 1).Receive(Replicates(S2, 1, At(6, 1), 3));
        follower.Sent();

        follower.Receive(Installs(S2, 1, At(snapshot, 1), 0, 4, number: 7));

        InstallSnapshotResponse answer = Answers(follower).ShouldHaveSingleItem();
        (answer.IsInstalled, answer.Snapshot, answer.Number).ShouldBe((true, At(snapshot, 1), 7UL), why);
        follower.Pieces.ShouldBeEmpty();
        follower.Log().ShouldBe("1 1 1 1 1 1");
    }

    [Fact]
    public void What_is_not_durable_yet_is_not_claimed_instead_of_an_installation()
    {
        Server follower = WithLog(1).Receive(Replicates(S2, 1, At(1, 1), 0));
        follower.Sent();
        follower.DiskIsHeld = true;
        follower.Receive(Replicates(S2, 1, At(1, 1), 0, Entry(2, 1), Entry(3, 1)));

        follower.Receive(Installs(S2, 1, At(3, 1), 0, 4));
        Answers(follower).ShouldBeEmpty();
        follower.Receive(Installs(S2, 1, At(3, 1), 0, 0));
        Answers(follower).ShouldHaveSingleItem().IsInstalled.ShouldBeFalse("a heartbeat is answered at once, with what is durable");

        follower.CompleteDisk();
        Answers(follower).ShouldHaveSingleItem().IsInstalled.ShouldBeTrue();
    }

    [Fact]
    public void A_piece_of_another_transfer_or_at_another_offset_is_never_mixed_in()
    {
        Server follower = WithLog(1).Receive(Installs(S2, 2, Snapshot, 0, 4)).DiskSaves();
        follower.Sent();

        follower.Receive(Installs(S2, 2, At(9, 1), 4, 4));
        follower.Receive(Installs(S2, 2, Snapshot, 8, 2, isLast: true));
        follower.Receive(Installs(S2, 2, Snapshot, 0, 4));
        follower.Receive(Installs(S2, 2, At(4, 1), 0, 4));

        follower.Pieces.ShouldBeEmpty();
        Answers(follower).Select(answer => (answer.Snapshot.Index.Value, answer.NextOffset)).ShouldBe([(9UL, 0L), (5UL, 4L), (5UL, 4L), (4UL, 0L)]);
        follower.Receive(Installs(S3, 3, Snapshot, 4, 4));
        Answers(follower).ShouldHaveSingleItem().NextOffset.ShouldBe(0, "the same snapshot of another leader has other bytes");
    }

    [Fact]
    public void A_new_transfer_begins_with_its_first_byte_and_what_the_disk_still_says_of_the_earlier_one_is_not_heeded()
    {
        Server follower = WithLog(1).Receive(Installs(S2, 2, Snapshot, 0, 4));
        SnapshotPiece earlier = follower.Pieces.Dequeue();

        follower.Receive(Installs(S2, 2, At(9, 1), 0, 4));
        follower.Core.OnSnapshotPieceSaved(earlier);
        follower.Receive(Installs(S2, 2, At(9, 1), 4, 4));
        follower.Pieces.ShouldHaveSingleItem().Snapshot.ShouldBe(At(9, 1));
        Answers(follower).ShouldHaveSingleItem().IsBusy.ShouldBeTrue("its first piece is still being written");

        follower.DiskSaves();
        Answers(follower).ShouldHaveSingleItem().NextOffset.ShouldBe(4);
    }

    [Fact]
    public void A_heartbeat_of_a_transfer_is_answered_at_once_and_changes_nothing()
    {
        Server follower = WithLog(1).Receive(Installs(S2, 2, Snapshot, 0, 0, number: 1, round: 3));
        InstallSnapshotResponse unknown = Answers(follower).ShouldHaveSingleItem();
        (unknown.NextOffset, unknown.IsBusy, unknown.ReadRound).ShouldBe((0, false, 3UL));

        follower.Receive(Installs(S2, 2, Snapshot, 0, 4, number: 2)).Receive(Installs(S2, 2, Snapshot, 0, 0, number: 3, round: 4));
        InstallSnapshotResponse writing = Answers(follower).ShouldHaveSingleItem();
        (writing.NextOffset, writing.IsBusy, writing.ReadRound).ShouldBe((0, true, 4UL));

        follower.DiskSaves();
        InstallSnapshotResponse saved = Answers(follower).ShouldHaveSingleItem();
        (saved.NextOffset, saved.IsBusy, saved.ReadRound, saved.Number).ShouldBe((4, false, 4UL, 3UL), "what comes late answers the latest message");

        follower.Receive(Installs(S2, 2, At(9, 1), 0, 0));
        follower.Receive(Installs(S2, 2, Snapshot, 4, 0, number: 4));
        Answers(follower)[^1].NextOffset.ShouldBe(4, "a heartbeat that names another snapshot has begun nothing");
        follower.Pieces.ShouldBeEmpty();
    }

    [Fact]
    public void A_snapshot_is_a_leaders_word_it_puts_the_campaign_off_and_an_older_terms_is_refused()
    {
        Server follower = WithLog(1);
        for (int i = 0; i < 10; i++)
        {
            follower.Ticks(ElectionTimeoutTicks - 1).Receive(Installs(S2, 3, Snapshot, 0, 0));
        }

        (follower.Core.Role, follower.Core.CurrentTerm, follower.Core.Leader).ShouldBe((Role.Follower, new Term(3), (ServerId?)S2));
        follower.Sent();
        follower.Receive(Installs(S3, 2, Snapshot, 0, 4) with { ReadRound = 1_000, Number = 500 });
        InstallSnapshotResponse refusal = follower.Sent<InstallSnapshotResponse>().ShouldHaveSingleItem();
        refusal.Term.ShouldBe(new Term(3));
        (refusal.ReadRound, refusal.Number).ShouldBe((0UL, 0UL), "both are numbered anew by whoever leads next, which may be S3 itself");
        follower.Pieces.ShouldBeEmpty();
    }

    [Fact]
    public void The_answer_waits_until_the_term_it_names_is_durable()
    {
        Server follower = WithLog(1);
        follower.DiskIsHeld = true;

        follower.Receive(Installs(S2, 5, Snapshot, 0, 0));
        Answers(follower).ShouldBeEmpty();

        follower.CompleteDisk();
        Answers(follower).ShouldHaveSingleItem().Term.ShouldBe(new Term(5));
    }

    [Fact]
    public void A_leader_whose_seat_this_log_does_not_know_yet_is_heard()
    {
        Server follower = WithLog(1).Receive(Installs(S4, 5, Snapshot, 0, 4));

        follower.Core.Leader.ShouldBe(S4);
        follower.Pieces.ShouldHaveSingleItem();
    }

    [Fact]
    public void Whoever_sends_a_snapshot_is_remembered_in_its_term()
    {
        Server follower = WithLog(1).Receive(Installs(S2, 5, Snapshot, 0, 0));
        follower.Sent();

        follower.Core.OnLinkUp(S2);

        follower.Sent<Reminder>().ShouldHaveSingleItem().Term.ShouldBe(new Term(5));
    }

    [Fact]
    public void While_a_snapshot_is_being_installed_nothing_is_acknowledged_nothing_changes_and_nobody_campaigns()
    {
        Server follower = WithLog(1, 1, 1).Receive(Installs(S2, 1, Snapshot, 0, 4, isLast: true));
        follower.Sent();

        follower.Receive(Replicates(S2, 1, At(3, 1), 3, Entry(4, 1)));
        follower.Sent<AppendEntriesResponse>().ShouldHaveSingleItem().ShouldBe(
            new AppendEntriesResponse(S1, S2, new Term(1), false, LogIndex.Zero, LogPosition.Zero, 0, true), "it says that it hears, and teaches nothing");
        follower.Receive(Installs(S2, 1, At(3, 1), 0, 4));
        Answers(follower).ShouldHaveSingleItem().IsInstalled.ShouldBeFalse("what the log holds now is about to go");
        follower.Receive(new TimeoutNow(S2, S1, new Term(1)));
        follower.Ticks(10 * ElectionTimeoutTicks);

        (follower.Core.Role, follower.Core.CommitIndex, follower.Log()).ShouldBe((Role.Follower, LogIndex.Zero, "1 1 1"));
        follower.Receive(AsksForVote(S3, 2, At(3, 1)));
        follower.Sent<RequestVoteResponse>().ShouldHaveSingleItem().Granted.ShouldBeTrue("votes are judged by the log that is here");

        follower.DiskInstalls();
        (follower.Core.CurrentTerm, follower.Log()).ShouldBe((new Term(2), "- - - - 1"), "what is committed is committed, whoever leads now");
        Answers(follower).ShouldBeEmpty("its leader is no longer one");
        follower.Ticks(2 * ElectionTimeoutTicks).Core.Role.ShouldBe(Role.Candidate);
    }

    [Fact]
    public void Nothing_is_truncated_on_disk_that_was_not_appended_since_the_installation()
    {
        Server follower = WithLog(1, 1, 1, 1, 1, 1, 1, 1).Receive(Installs(S2, 2, At(5, 2), 0, 4, isLast: true)).DiskInstalls();

        follower.Core.Receive(Replicates(S2, 2, At(5, 2), 0, Entry(6, 2)));
        follower.Core.Receive(Replicates(S3, 3, At(5, 2), 0, Entry(6, 3)));
        var output = new RaftOutput();
        follower.Core.Drain(output);

        output.TruncateFrom.ShouldBeNull();
        output.Append.ShouldHaveSingleItem().Position.ShouldBe(At(6, 3));
    }

    [Fact]
    public void Batches_that_were_under_way_make_nothing_durable_behind_an_installed_snapshot()
    {
        Server follower = WithLog(1, 1, 1, 1, 1, 1, 1, 1).Receive(Installs(S2, 2, At(5, 2), 0, 4, isLast: true));
        follower.DiskIsHeld = true;
        follower.Receive(AsksForVote(S3, 9, At(9, 2), transfer: true));

        follower.DiskInstalls();
        follower.CompleteDisk();

        follower.Core.DurableIndex.ShouldBe(new LogIndex(5));
    }

    [Fact]
    public void A_piece_that_the_disk_refuses_makes_the_transfer_begin_anew_after_an_election_timeout()
    {
        Server follower = WithLog(1).Receive(Installs(S2, 2, Snapshot, 0, 4)).DiskSaves().Receive(Installs(S2, 2, Snapshot, 4, 6, isLast: true));
        follower.Sent();

        follower.DiskRefuses();
        InstallSnapshotResponse refused = Answers(follower).ShouldHaveSingleItem();
        (refused.NextOffset, refused.IsBusy, refused.IsInstalled, follower.Core.IsInstallingSnapshot).ShouldBe((0, true, false, false));
        follower.Receive(Installs(S2, 2, Snapshot, 0, 4));
        follower.Pieces.ShouldBeEmpty();

        follower.Ticks(ElectionTimeoutTicks).Receive(Installs(S2, 2, Snapshot, 0, 4));
        follower.Pieces.ShouldHaveSingleItem().Offset.ShouldBe(0);
        follower.Log().ShouldBe("1");
    }

    [Fact]
    public void A_disk_that_refuses_again_and_again_is_tried_ever_more_seldom_until_a_snapshot_has_come()
    {
        Server follower = WithLog(1);
        foreach (int timeouts in (int[])[1, 2, 4, 8, 16, 32, 32])
        {
            follower.Receive(Installs(S2, 2, Snapshot, 0, 4)).DiskRefuses();
            for (int i = 1; i < timeouts * ElectionTimeoutTicks; i++)
            {
                follower.Ticks(1).Receive(Installs(S2, 2, Snapshot, 0, 4));
                follower.Pieces.ShouldBeEmpty();
            }

            follower.Ticks(1);
        }

        follower.Receive(Installs(S2, 2, Snapshot, 0, 4, isLast: true)).DiskInstalls();
        follower.Receive(Installs(S2, 2, At(9, 1), 0, 4)).DiskRefuses().Ticks(ElectionTimeoutTicks).Receive(Installs(S2, 2, At(9, 1), 0, 4));
        follower.Pieces.ShouldHaveSingleItem("that snapshot found room, and now is another time");
    }

    [Fact]
    public void A_transfer_of_which_nothing_comes_any_more_is_left_and_one_that_is_only_slow_is_not()
    {
        Server follower = WithLog(1).Receive(Installs(S2, 2, Snapshot, 0, 4)).DiskSaves();
        for (int i = 0; i < 60; i++)
        {
            follower.Ticks(ElectionTimeoutTicks - 1).Receive(Installs(S2, 2, Snapshot, 4, 0));
        }

        follower.Core.IsReceivingSnapshot.ShouldBeTrue();
        for (int i = 1; i < 50 * ElectionTimeoutTicks; i++)
        {
            follower.Ticks(1).Receive(Replicates(S2, 2, At(1, 1), 0));
        }

        follower.Core.IsReceivingSnapshot.ShouldBeTrue();
        follower.Ticks(1);
        follower.Core.IsReceivingSnapshot.ShouldBeFalse();
    }

    [Fact]
    public void A_leader_sends_who_needs_what_was_released_its_newest_snapshot_piece_by_piece_and_entries_behind_it()
    {
        Server leader = LeaderBehindABase();
        leader.Core.OnSnapshotSaved(At(7, 1));

        NeedsEntry2(leader);
        leader.Peer(S3).Mode.ShouldBe(PeerMode.Snapshot);
        leader.Core.SnapshotsUnderWay().ShouldBe([At(7, 1)]);
        leader.SnapshotLoads.ShouldHaveSingleItem().ShouldBe(new SnapshotLoad(S3, At(7, 1), 0, PieceBytes));
        for (long offset = 0; offset < SnapshotBytes; offset += PieceBytes)
        {
            InstallSnapshot piece = leader.OwnerLoads(SnapshotBytes).Sent<InstallSnapshot>().ShouldHaveSingleItem();
            (piece.To, piece.Snapshot, piece.Offset, piece.IsLast).ShouldBe((S3, At(7, 1), offset, offset == 8));
            leader.SnapshotLoads.ShouldBeEmpty("one piece is on the way at a time");
            leader.Answers(S3, At(7, 1), offset + piece.Data.Length, piece.Number, isInstalled: piece.IsLast);
        }

        AppendEntries next = leader.Sent<AppendEntries>().ShouldHaveSingleItem();
        (next.Previous, next.Entries.Length).ShouldBe((At(7, 1), 1));
        (leader.Peer(S3).Mode, leader.Peer(S3).MatchIndex).ShouldBe((PeerMode.Replicate, new LogIndex(7)));
        leader.Core.SnapshotsUnderWay().ShouldBe([At(7, 1)], "it needs the log behind it");
        leader.Acknowledges(S3, 8).Ticks(1);
        leader.Core.SnapshotsUnderWay().ShouldBeEmpty();
    }

    [Fact]
    public void The_snapshot_is_the_same_for_a_whole_transfer_and_a_later_one_follows_if_the_log_has_gone_beyond_it()
    {
        Server leader = LeaderBehindABase();
        NeedsEntry2(leader);
        InstallSnapshot first = leader.OwnerLoads(SnapshotBytes).Sent<InstallSnapshot>().ShouldHaveSingleItem();

        leader.Compacts(8, 8);
        leader.Core.SnapshotsUnderWay().ShouldBe([Snapshot]);
        leader.Answers(S3, Snapshot, 4, first.Number);
        leader.SnapshotLoads.Peek().ShouldBe(new SnapshotLoad(S3, Snapshot, 4, PieceBytes));
        InstallSnapshot second = leader.OwnerLoads(8).Sent<InstallSnapshot>().ShouldHaveSingleItem();
        leader.Answers(S3, Snapshot, 8, second.Number, isInstalled: true);

        leader.SnapshotLoads.ShouldHaveSingleItem().ShouldBe(new SnapshotLoad(S3, At(8, 2), 0, PieceBytes));
        (leader.Peer(S3).Mode, leader.Peer(S3).MatchIndex).ShouldBe((PeerMode.Snapshot, Snapshot.Index));
    }

    [Fact]
    public void In_snapshot_mode_heartbeats_are_empty_pieces_that_confirm_reads_and_no_entries_are_sent()
    {
        Server leader = LeaderBehindABase();
        NeedsEntry2(leader);
        leader.OwnerLoads(SnapshotBytes).Sent();
        leader.Propose();
        leader.Core.RequestRead(new ReadId(1));

        Message[] sent = leader.Ticks(HeartbeatTicks).Sent();
        sent.Where(message => message.To == S3).ShouldAllBe(message => message is InstallSnapshot);
        sent.OfType<InstallSnapshot>().Count().ShouldBe(2, "one asks for the round at once, although a piece is on the way");
        InstallSnapshot heartbeat = sent.OfType<InstallSnapshot>().Last();
        (heartbeat.Snapshot, heartbeat.Offset, heartbeat.IsPiece, heartbeat.ReadRound).ShouldBe((Snapshot, 0, false, 2UL), "every heartbeat is a round, by which its answer is timed");

        leader.Ticks((2 * ElectionTimeoutTicks) - HeartbeatTicks - 1).Core.Role.ShouldBe(Role.Follower, "nobody has answered");
        Server answered = LeaderBehindABase();
        NeedsEntry2(answered);
        for (int i = 0; i < 10; i++)
        {
            answered.Ticks(ElectionTimeoutTicks - 1).Answers(S3, Snapshot, 0, 0);
        }

        answered.Core.Role.ShouldBe(Role.Leader, "answers of a transfer are answers");
    }

    [Fact]
    public void A_round_of_reads_that_leaves_with_a_piece_is_asked_for_beside_it_since_the_piece_is_answered_late()
    {
        Server leader = LeaderBehindABase();
        NeedsEntry2(leader);

        leader.Core.RequestRead(new ReadId(1));
        leader.OwnerLoads(SnapshotBytes);

        leader.Sent<InstallSnapshot>().Select(sent => (sent.IsPiece, sent.ReadRound)).ShouldBe([(true, 1UL), (false, 1UL)]);
    }

    [Fact]
    public void A_lost_piece_is_sent_again_when_a_later_heartbeat_finds_it_missing_and_not_while_it_is_being_written()
    {
        Server leader = LeaderBehindABase();
        NeedsEntry2(leader);
        leader.Ticks(HeartbeatTicks);
        ulong before = leader.Sent<InstallSnapshot>().ShouldHaveSingleItem().Number;
        ulong piece = leader.OwnerLoads(SnapshotBytes).Sent<InstallSnapshot>().ShouldHaveSingleItem().Number;
        ulong after = leader.Ticks(HeartbeatTicks).Sent<InstallSnapshot>().ShouldHaveSingleItem().Number;

        leader.Answers(S3, Snapshot, 0, before);
        leader.SnapshotLoads.ShouldBeEmpty("the piece had not left when that was answered");
        leader.Answers(S3, Snapshot, 0, after, isBusy: true);
        leader.SnapshotLoads.ShouldBeEmpty("it is being written");
        leader.Answers(S3, Snapshot, 0, after);
        leader.SnapshotLoads.ShouldHaveSingleItem().Offset.ShouldBe(0);

        (before, piece, after).ShouldBe((1UL, 2UL, 3UL));
    }

    [Fact]
    public void A_transfer_goes_on_where_the_follower_says_and_a_late_answer_turns_nothing_back()
    {
        Server leader = LeaderBehindABase();
        NeedsEntry2(leader);
        leader.OwnerLoads(SnapshotBytes);

        leader.Core.OnLinkUp(S3);
        InstallSnapshot[] sent = leader.Sent<InstallSnapshot>();
        sent[^1].IsPiece.ShouldBeFalse("a new link asks at once");
        leader.Answers(S3, Snapshot, 4, sent[^1].Number);
        leader.SnapshotLoads.Peek().Offset.ShouldBe(4);
        leader.Answers(S3, Snapshot, 0, sent[0].Number);
        leader.SnapshotLoads.ShouldHaveSingleItem();

        leader.OwnerLoads(SnapshotBytes).Sent<InstallSnapshot>().ShouldHaveSingleItem().Offset.ShouldBe(4);
    }

    [Fact]
    public void What_a_follower_still_has_of_an_earlier_transfer_of_the_snapshot_does_not_turn_a_new_one_away_from_its_beginning()
    {
        Server leader = LeaderBehindABase();
        NeedsEntry2(leader);
        leader.OwnerLoads(SnapshotBytes);
        ulong asked = leader.Ticks(HeartbeatTicks).Sent<InstallSnapshot>()[^1].Number;

        leader.Answers(S3, Snapshot, 100, asked);

        leader.SnapshotLoads.ShouldHaveSingleItem().Offset.ShouldBe(0);
        Server follower = WithLog(1).Receive(Installs(S2, 2, Snapshot, 0, 4, number: 1)).DiskSaves().Receive(Installs(S2, 2, Snapshot, 4, 4, number: 2)).DiskSaves();
        follower.Receive(Installs(S2, 2, Snapshot, 0, 4, number: 1));
        follower.Pieces.ShouldBeEmpty("that is only late");
        follower.Receive(Installs(S2, 2, Snapshot, 0, 4, number: 12));
        follower.Pieces.ShouldHaveSingleItem().Offset.ShouldBe(0);
    }

    [Fact]
    public void A_follower_that_knows_nothing_of_it_gets_the_newest_snapshot_from_the_beginning()
    {
        Server leader = LeaderBehindABase();
        NeedsEntry2(leader);
        ulong piece = leader.OwnerLoads(SnapshotBytes).Sent<InstallSnapshot>().ShouldHaveSingleItem().Number;
        leader.Answers(S3, Snapshot, 4, piece).Compacts(7, 7).OwnerLoads(SnapshotBytes);
        ulong heartbeat = leader.Ticks(HeartbeatTicks).Sent<InstallSnapshot>()[^1].Number;

        leader.Answers(S3, Snapshot, 0, heartbeat);

        leader.SnapshotLoads.ShouldHaveSingleItem().ShouldBe(new SnapshotLoad(S3, At(7, 1), 0, PieceBytes));
    }

    [Fact]
    public void A_snapshot_that_is_gone_is_followed_by_the_newest_and_asking_turns_in_no_circle()
    {
        Server leader = LeaderBehindABase();
        NeedsEntry2(leader);
        leader.Core.OnSnapshotSaved(At(7, 1));

        leader.Core.OnSnapshotGone(leader.SnapshotLoads.Dequeue());
        leader.Sent();
        SnapshotLoad newest = leader.SnapshotLoads.Dequeue();
        newest.Snapshot.ShouldBe(At(7, 1));

        leader.Core.OnSnapshotGone(newest);
        leader.Sent();
        leader.SnapshotLoads.ShouldBeEmpty("the newest itself is gone: there is no hurry");
        leader.Ticks(HeartbeatTicks).SnapshotLoads.ShouldHaveSingleItem().Snapshot.ShouldBe(At(7, 1));
    }

    [Fact]
    public void A_load_that_is_answered_too_late_is_not_sent()
    {
        Server leader = LeaderBehindABase();
        NeedsEntry2(leader);
        ulong piece = leader.OwnerLoads(SnapshotBytes).Sent<InstallSnapshot>().ShouldHaveSingleItem().Number;
        leader.Answers(S3, Snapshot, 4, piece);
        SnapshotLoad early = leader.SnapshotLoads.Dequeue();
        ulong heartbeat = leader.Ticks(HeartbeatTicks).Sent<InstallSnapshot>()[^1].Number;
        leader.Answers(S3, Snapshot, 0, heartbeat);

        leader.Core.OnSnapshotLoaded(early, new byte[4], isLast: false);
        leader.Core.OnSnapshotGone(early);

        leader.Sent<InstallSnapshot>().ShouldBeEmpty();
        leader.SnapshotLoads.ShouldHaveSingleItem().Offset.ShouldBe(0);
    }

    [Fact]
    public void A_transfer_that_comes_no_further_is_given_up_and_begins_with_the_newest_snapshot_when_the_follower_answers()
    {
        Server leader = LeaderBehindABase();
        NeedsEntry2(leader);
        leader.OwnerLoads(SnapshotBytes);
        leader.Core.OnSnapshotSaved(At(7, 1));
        Patiently(leader, (50 * ElectionTimeoutTicks) - 1);
        leader.Core.SnapshotsUnderWay().ShouldBe([Snapshot]);

        Patiently(leader, 1);
        leader.Core.SnapshotsUnderWay().ShouldBeEmpty();
        leader.SnapshotLoads.ShouldBeEmpty();
        leader.Sent();
        InstallSnapshot heartbeat = leader.Ticks(HeartbeatTicks).Sent<InstallSnapshot>().ShouldHaveSingleItem();
        (heartbeat.IsPiece, heartbeat.Snapshot).ShouldBe((false, At(7, 1)));

        leader.Answers(S3, At(7, 1), 0, heartbeat.Number);
        leader.Core.SnapshotsUnderWay().ShouldBe([At(7, 1)]);
        leader.SnapshotLoads.ShouldHaveSingleItem().Snapshot.ShouldBe(At(7, 1));
    }

    [Fact]
    public void A_transfer_that_comes_further_is_not_given_up()
    {
        Server leader = LeaderBehindABase();
        NeedsEntry2(leader);
        ulong piece = leader.OwnerLoads(SnapshotBytes).Sent<InstallSnapshot>().ShouldHaveSingleItem().Number;
        leader.Core.OnSnapshotSaved(At(7, 1));
        Patiently(leader, (50 * ElectionTimeoutTicks) - 1);

        leader.Answers(S3, Snapshot, 4, piece + 1_000);
        Patiently(leader, (50 * ElectionTimeoutTicks) - 1);

        leader.Core.SnapshotsUnderWay().ShouldBe([Snapshot]);
    }

    [Fact]
    public void All_snapshots_under_way_are_to_be_kept_each_once()
    {
        Server leader = OfFiveCompactedTo(5, 1, 1, 1, 1, 1, 1, 1).Elected();
        NeedsEntry2(leader);
        leader.Acknowledges(S4, 8).Acknowledges(S5, 8).Compacts(8, 8);
        leader.Core.SnapshotsUnderWay().ShouldBe([Snapshot]);

        leader.Receive(new AppendEntriesResponse(S2, S1, leader.Core.CurrentTerm, false, LogIndex.Zero, At(2, 0), 0, true));

        leader.Peer(S2).Transfer!.Snapshot.ShouldBe(At(8, 2));
        leader.Core.SnapshotsUnderWay().ShouldBe([At(8, 2), Snapshot], ignoreOrder: true);
    }

    /// <summary>Else what was appended during the transfer could be released before the follower has it, and it would be sent one snapshot after the other.</summary>
    [Fact]
    public void The_log_behind_an_installed_snapshot_is_kept_until_the_follower_has_reached_a_newer_one()
    {
        Server leader = InstalledWhileANewerOneWasSaved(transferTicks: 1);
        leader.Core.SnapshotsUnderWay().ShouldBe([Snapshot]);
        leader.Acknowledges(S3, 6).Ticks(1);
        leader.Core.SnapshotsUnderWay().ShouldBe([Snapshot]);

        leader.Acknowledges(S3, 7).Ticks(1);

        leader.Core.SnapshotsUnderWay().ShouldBeEmpty();
    }

    [Theory]
    [InlineData(1, 50)]
    [InlineData(60, 60)]
    [InlineData(800, 15 * 50)]
    public void It_is_kept_for_as_long_as_the_transfer_took_within_bounds(int transferTimeouts, int keptTimeouts)
    {
        Server leader = InstalledWhileANewerOneWasSaved(transferTimeouts * ElectionTimeoutTicks);
        CatchesUp(leader, (keptTimeouts * ElectionTimeoutTicks) - 1);
        leader.Core.SnapshotsUnderWay().ShouldBe([Snapshot]);

        CatchesUp(leader, 1);

        leader.Core.SnapshotsUnderWay().ShouldBeEmpty();
    }

    [Fact]
    public void It_is_kept_as_well_if_the_newer_one_comes_only_later()
    {
        Server leader = InstalledWhileANewerOneWasSaved(transferTicks: 1, isSaved: false);
        CatchesUp(leader, 1);
        leader.Core.OnSnapshotSaved(At(7, 1));
        CatchesUp(leader, 1);

        leader.Core.SnapshotsUnderWay().ShouldBe([Snapshot]);
    }

    [Fact]
    public void It_is_kept_neither_for_who_no_longer_answers_nor_where_room_is_short()
    {
        Server leader = InstalledWhileANewerOneWasSaved(60 * ElectionTimeoutTicks);
        var underWay = new List<LogPosition>();
        leader.Core.CollectSnapshotsUnderWay(underWay, isShortOfRoom: true);
        underWay.ShouldBeEmpty();

        Patiently(leader, (50 * ElectionTimeoutTicks) - 1);
        leader.Core.SnapshotsUnderWay().ShouldBe([Snapshot]);
        Patiently(leader, 1);

        leader.Core.SnapshotsUnderWay().ShouldBeEmpty();
    }

    private static Server InstalledWhileANewerOneWasSaved(int transferTicks, bool isSaved = true)
    {
        Server leader = LeaderBehindABase();
        NeedsEntry2(leader);
        int pieces = 2 + (transferTicks / (40 * ElectionTimeoutTicks));
        int bytes = pieces * PieceBytes;
        for (int piece = 1; piece < pieces; piece++)
        {
            ulong number = leader.OwnerLoads(bytes).Sent<InstallSnapshot>().Single(sent => sent.IsPiece).Number;
            Patiently(leader, transferTicks / pieces);
            leader.Answers(S3, Snapshot, piece * PieceBytes, number);
        }

        ulong last = leader.OwnerLoads(bytes).Sent<InstallSnapshot>().Single(sent => sent.IsPiece).Number;
        Patiently(leader, transferTicks - (transferTicks / pieces * (pieces - 1)));
        if (isSaved)
        {
            leader.Core.OnSnapshotSaved(At(7, 1));
        }

        leader.Answers(S3, Snapshot, bytes, last, isInstalled: true);
        leader.Peer(S3).Mode.ShouldBe(PeerMode.Replicate);
        return leader;
    }

    [Fact]
    public void Who_does_not_answer_is_sent_no_snapshot_however_far_the_log_is_compacted()
    {
        Server leader = LeaderBehindABase();
        leader.Propose();
        leader.Acknowledges(S2, 9);
        Patiently(leader, ElectionTimeoutTicks);

        leader.Compacts(9, 9);

        leader.Peer(S3).Mode.ShouldBe(PeerMode.Snapshot);
        leader.Core.SnapshotsUnderWay().ShouldBeEmpty();
        leader.SnapshotLoads.ShouldBeEmpty();
    }

    [Fact]
    public void Who_no_longer_leads_sends_no_snapshot()
    {
        Server leader = LeaderBehindABase();
        NeedsEntry2(leader);
        SnapshotLoad load = leader.SnapshotLoads.Dequeue();

        leader.Receive(Replicates(S2, 9, At(8, 2), 0));
        leader.Core.OnSnapshotLoaded(load, new byte[4], isLast: false);

        leader.Core.SnapshotsUnderWay().ShouldBeEmpty();
        leader.Sent<InstallSnapshot>().ShouldBeEmpty();
    }

    [Fact]
    public void Entries_that_were_released_while_they_were_asked_for_lead_to_a_snapshot()
    {
        Server leader = CompactedTo(5, isInMemory: false, 1, 1, 1, 1, 1, 1, 1).Elected().Acknowledges(S2, 8);
        leader.Receive(new AppendEntriesResponse(S3, S1, leader.Core.CurrentTerm, false, LogIndex.Zero, At(6, 0), 0, true));
        LoadRequest load = leader.Loads.Single(load => load.For == S3);
        load.First.ShouldBe(new LogIndex(6));
        leader.Core.OnSnapshotSaved(At(8, 2));

        leader.Core.OnEntriesLoaded(load, ReadOnlyMemory<LogEntry>.Empty);
        leader.Sent();

        leader.Peer(S3).Mode.ShouldBe(PeerMode.Snapshot);
        leader.SnapshotLoads.ShouldHaveSingleItem().Snapshot.ShouldBe(At(8, 2));
        leader.Loads.Count(load => load.For == S3).ShouldBe(1);
    }

    [Fact]
    public void Entries_that_are_loaded_after_the_log_was_compacted_beyond_them_are_not_sent()
    {
        Server leader = CompactedTo(5, isInMemory: false, 1, 1, 1, 1, 1, 1, 1).Elected().Acknowledges(S2, 8);
        leader.Receive(new AppendEntriesResponse(S3, S1, leader.Core.CurrentTerm, false, LogIndex.Zero, At(6, 0), 0, true));
        LoadRequest load = leader.Loads.Single(load => load.For == S3);
        leader.Core.OnSnapshotSaved(At(7, 1));
        leader.Sent();
        leader.Core.CompactLog(new LogIndex(6));

        leader.Core.OnEntriesLoaded(load, new[] { Entry(6, 1), Entry(7, 1) });

        leader.Sent().Where(message => message.To == S3).ShouldBeEmpty();
        leader.SnapshotLoads.ShouldHaveSingleItem().Snapshot.ShouldBe(At(7, 1));
    }

    [Fact]
    public void An_acknowledgement_that_comes_late_ends_the_transfer_if_the_log_has_what_follows()
    {
        Server leader = LeaderBehindABase();
        NeedsEntry2(leader);
        leader.OwnerLoads(SnapshotBytes);

        leader.Acknowledges(S3, 4);
        leader.Peer(S3).Mode.ShouldBe(PeerMode.Snapshot, "entry 5 is no longer here");
        leader.Acknowledges(S3, 6);

        (leader.Peer(S3).Mode, leader.Peer(S3).NextIndex).ShouldBe((PeerMode.Replicate, new LogIndex(9)));
        leader.Acknowledges(S3, 8).Ticks(1);
        leader.Core.SnapshotsUnderWay().ShouldBeEmpty();
    }

    [Fact]
    public void Leadership_is_never_handed_to_who_needs_a_snapshot()
    {
        Server leader = LeaderBehindABase().Linked();
        NeedsEntry2(leader);
        leader.Sent();

        leader.Core.TransferLeadership(S3.Node).ShouldBeFalse();
        leader.Core.TransferLeadership(null).ShouldBeTrue();
        leader.Sent<TimeoutNow>().ShouldHaveSingleItem().To.ShouldBe(S2);
    }

    [Fact]
    public void An_installed_snapshot_is_an_own_one_and_what_follows_it_is_led_on_from_it()
    {
        Server server = WithLog(1).Receive(Installs(S2, 1, Snapshot, 0, 4, isLast: true)).DiskInstalls();
        server.Ticks(2 * ElectionTimeoutTicks).Elected();
        server.Sent();

        NeedsEntry2(server);

        server.SnapshotLoads.ShouldHaveSingleItem().Snapshot.ShouldBe(Snapshot);
    }

    /// <summary>S1 leads in term 2 with entries 6 to 8; those before are in a snapshot. S2 has all of them.</summary>
    private static Server LeaderBehindABase()
    {
        Server leader = CompactedTo(5, 1, 1, 1, 1, 1, 1, 1).Elected().Acknowledges(S2, 8);
        leader.Sent();
        return leader;
    }

    private static void NeedsEntry2(Server leader) =>
        leader.Receive(new AppendEntriesResponse(S3, S1, leader.Core.CurrentTerm, false, LogIndex.Zero, At(2, 0), 0, true)).Sent();

    /// <summary>S3 answers, and comes no further.</summary>
    private static void CatchesUp(Server leader, int ticks)
    {
        for (int i = 0; i < ticks; i++)
        {
            Patiently(leader, 1);
            leader.Acknowledges(S3, 5);
        }
    }

    /// <summary>Time passes while S2 keeps the leader in office.</summary>
    private static void Patiently(Server leader, int ticks)
    {
        for (int i = 0; i < ticks; i++)
        {
            leader.Ticks(1).Acknowledges(S2, leader.Core.Log.Last.Index.Value);
        }
    }
}
