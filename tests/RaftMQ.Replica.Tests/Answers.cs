using RaftMQ.Consensus;
using RaftMQ.Consensus.Messages;
using RaftMQ.Queues;
using RaftMQ.Replica.Peers;
using RaftMQ.Replica.Requests;

namespace RaftMQ.Replica.Tests;

/// <summary>What an answer may claim (design: "A waiter keeps waiting when the leader steps down ...").</summary>
public sealed class Answers
{
    private static readonly byte[] CreateOrders = QueueCommandCodec.CreateTopic("orders");
    private static readonly byte[] PopOrders = QueueCommandCodec.Pop("orders");

    private static uint FollowerOf(World world) => world.Running.First(node => node != world.Leader).Id;

    [Fact]
    public void A_follower_passes_a_command_on_and_answers_from_its_own_log()
    {
        var world = new World(seed: 1, nodes: 3);
        world.StartAndElect();
        uint follower = FollowerOf(world);

        RequestResult created = world.Do(follower, CreateOrders);

        created.Outcome.ShouldBe(RequestOutcome.Replied);
        created.Reply.Outcome.ShouldBe(QueueOutcome.Done);
        world[follower].Replica.AppliedIndex.Value.ShouldBeGreaterThanOrEqualTo(created.Reply.Index);
    }

    [Fact]
    public void A_follower_learns_at_once_that_what_it_waits_for_is_committed()
    {
        var world = new World(seed: 1, nodes: 3);
        world.StartAndElect();
        uint follower = FollowerOf(world);

        TestCommand created = world.Submit(follower, CreateOrders);
        world.Settle();
        created.IsDone.ShouldBeTrue("no tick was needed, so no heartbeat either");
        world.Submit(world.Leader!.Id, QueueCommandCodec.CreateTopic("invoices"));
        TestTopicRead topics = world[follower].AskTopics();
        world.Settle();

        topics.Result.ShouldNotBeNull().Topics.ShouldContain("orders");
    }

    [Fact]
    public void A_pop_of_an_empty_topic_without_a_key_writes_no_entry()
    {
        var world = new World(seed: 2, nodes: 3);
        world.StartAndElect();
        world.Do(1, CreateOrders);
        LogPosition before = world.Leader!.Replica.Core.Log.Last;

        world.Do(1, PopOrders).Reply.Outcome.ShouldBe(QueueOutcome.Empty);
        world.Do(2, PopOrders).Reply.Outcome.ShouldBe(QueueOutcome.Empty);
        world.Do(3, QueueCommandCodec.Pop("nowhere")).Reply.Outcome.ShouldBe(QueueOutcome.NoSuchTopic);

        world.Leader!.Replica.Core.Log.Last.ShouldBe(before);
    }

    [Fact]
    public void A_topics_read_on_a_follower_sees_everything_acknowledged_before_and_writes_no_entry()
    {
        var world = new World(seed: 3, nodes: 3);
        world.StartAndElect();
        world.Do(1, CreateOrders);
        LogPosition before = world.Leader!.Replica.Core.Log.Last;

        TestTopicRead topics = world[FollowerOf(world)].AskTopics();
        world.Until(() => topics.Result is not null);

        topics.Result!.Topics.ShouldBe(["orders"]);
        world.Leader!.Replica.Core.Log.Last.ShouldBe(before);
    }

    [Fact]
    public void Without_a_leader_a_request_ends_as_not_proposed_after_the_wait()
    {
        var world = new World(seed: 4, nodes: 3);
        world.StartAndElect();
        world[2].Kill();
        world[3].Kill();
        world.Until(() => world[1].Replica.Core.Role != Role.Leader);

        TestCommand request = world.Submit(1, CreateOrders);
        world.Pass(490);
        request.IsDone.ShouldBeFalse();
        world.Until(() => request.IsDone, atMostTicks: 30);

        request.Result.Outcome.ShouldBe(RequestOutcome.NoLeader);
    }

    [Fact]
    public void A_request_that_waits_for_a_leader_is_served_by_the_next_one()
    {
        var world = new World(seed: 5, nodes: 3);
        world.StartAndElect();
        uint leader = world.Leader!.Id;
        uint follower = FollowerOf(world);
        world[leader].Kill();

        world.Do(follower, CreateOrders).Reply.Outcome.ShouldBe(QueueOutcome.Done);
    }

    [Fact]
    public void A_request_that_comes_before_the_first_tick_waits_as_long_as_any_other()
    {
        var world = new World(seed: 5, nodes: 3);
        world.StartAndElect();
        world.Pass(1_000);
        uint follower = FollowerOf(world);
        world[follower].Kill();
        world[follower].Start();

        world.Do(follower, CreateOrders).Reply.Outcome.ShouldBe(QueueOutcome.Done);
    }

    [Fact]
    public void An_answer_to_a_request_of_a_former_life_is_not_taken_for_one_of_this_life()
    {
        var world = new World(seed: 5, nodes: 3);
        world.StartAndElect();
        uint follower = FollowerOf(world);
        ServerId leader = world.Leader!.Replica.Identity.Server;
        ulong earlier = world.SentDuring(() => world.Do(follower, CreateOrders)).OfType<ForwardRequest>().Single().Request;
        ReadId earlierRead = ReadOf(world.SentDuring(() => world[follower].AskTopics()));
        world[follower].Kill();
        world[follower].Start();
        world.Until(() => world[follower].Replica.Core.Leader == leader);

        ulong later = world.SentDuring(() => world.Do(follower, PopOrders)).OfType<ForwardRequest>().Single().Request;
        ReadId laterRead = ReadOf(world.SentDuring(() => world[follower].AskTopics()));

        later.ShouldNotBe(earlier);
        laterRead.ShouldNotBe(earlierRead);

        static ReadId ReadOf(List<PeerMessage> sent) =>
            sent.OfType<RaftPeerMessage>().Select(message => message.Message).OfType<ReadIndexRequest>().Single().Read;
    }

    [Fact]
    public void What_a_cut_off_leader_proposed_is_unknown_at_the_deadline_and_never_called_a_failure()
    {
        var world = new World(seed: 6, nodes: 3);
        uint leader = world.StartAndElect().Id;
        world.Isolate(leader);

        TestCommand request = world.Submit(leader, CreateOrders);
        world.Until(() => request.IsDone);

        request.Result.Outcome.ShouldBe(RequestOutcome.OutcomeUnknown);
    }

    [Fact]
    public void What_another_leader_overwrote_goes_to_that_leader()
    {
        var world = new World(seed: 7, nodes: 3);
        uint leader = world.StartAndElect().Id;
        world.Isolate(leader);
        TestCommand[] requests = [world.Submit(leader, CreateOrders), world.Submit(leader, QueueCommandCodec.Publish("orders", "once"u8))];
        world.Until(() => world.Running.Any(node => node.Id != leader && node.Replica.Core.Role == Role.Leader));
        world.Heal();

        world.Until(() => Array.TrueForAll(requests, request => request.IsDone));

        requests.ShouldAllBe(request => request.Result.Reply.Outcome == QueueOutcome.Done);
        world.Leader!.Id.ShouldNotBe(leader);
        world.Leader.Replica.Machine.MessageCount.ShouldBe(1);
    }

    [Fact]
    public void What_another_leader_overwrote_when_its_time_to_wait_was_over_is_definitely_not_done()
    {
        World world = WithoutPatience(seed: 7);
        uint leader = world.StartAndElect().Id;
        world.Isolate(leader);
        TestCommand request = world.Submit(leader, CreateOrders);
        world.Until(() => world.Running.Any(node => node.Id != leader && node.Replica.Core.Role == Role.Leader));
        world.Heal();

        world.Until(() => request.IsDone);

        request.Result.Outcome.ShouldBe(RequestOutcome.Overwritten);
        TestTopicRead topics = world[leader].AskTopics();
        world.Until(() => topics.Result is not null);
        topics.Result!.Topics.ShouldBeEmpty();
    }

    [Fact]
    public void What_stands_behind_the_end_of_the_next_leaders_log_is_known_to_be_overwritten_without_further_entries()
    {
        World world = WithoutPatience(seed: 7);
        uint leader = world.StartAndElect().Id;
        world.Isolate(leader);
        TestCommand[] requests = [.. Enumerable.Range(0, 4).Select(i => world.Submit(leader, QueueCommandCodec.CreateTopic($"topic-{i}")))];
        world.Until(() => world.Running.Any(node => node.Id != leader && node.Replica.Core.Role == Role.Leader));
        world.Heal();

        world.Until(() => Array.TrueForAll(requests, request => request.IsDone));

        requests.ShouldAllBe(request => request.Result.Outcome == RequestOutcome.Overwritten);
        world[leader].Replica.AppliedIndex.ShouldBe(world.Leader!.Replica.Core.Log.Last.Index);
    }

    [Fact]
    public void What_was_forwarded_without_a_key_to_a_leader_that_died_is_not_sent_again()
    {
        var world = new World(seed: 8, nodes: 3);
        uint leader = world.StartAndElect().Id;
        uint follower = FollowerOf(world);
        TestCommand request = world.Submit(follower, CreateOrders);
        world[leader].Kill();

        request.IsDone.ShouldBeTrue("its answer cannot come any more, so there is nothing to wait for");
        request.Result.Outcome.ShouldBe(RequestOutcome.OutcomeUnknown);
        world.Until(() => world.Leader is { Replica.Core.HasCommittedInOwnTerm: true });
        world.Leader!.Replica.Machine.Topics.ShouldBeEmpty();
    }

    [Fact]
    public void What_was_forwarded_with_a_key_is_sent_again_to_the_next_leader()
    {
        var world = new World(seed: 9, nodes: 3);
        uint leader = world.StartAndElect().Id;
        uint follower = FollowerOf(world);
        TestCommand request = world.Submit(follower, QueueCommandCodec.CreateTopic("orders", "key-1"));
        world[leader].Kill();

        world.Until(() => request.IsDone);

        request.Result.Outcome.ShouldBe(RequestOutcome.Replied);
        request.Result.Reply.Outcome.ShouldBe(QueueOutcome.Done);
    }

    [Fact]
    public void A_retry_with_the_same_key_returns_the_first_result_on_another_node_after_a_leader_change()
    {
        var world = new World(seed: 10, nodes: 3);
        uint leader = world.StartAndElect().Id;
        world.Do(leader, CreateOrders);
        world.Do(leader, QueueCommandCodec.Publish("orders", "first"u8));
        world.Do(leader, QueueCommandCodec.Publish("orders", "second"u8));
        RequestResult popped = world.Do(leader, QueueCommandCodec.Pop("orders", "pop-1"));
        world[leader].Kill();

        RequestResult again = world.Do(FollowerOf(world), QueueCommandCodec.Pop("orders", "pop-1"));

        again.Body.ToArray().ShouldBe("first"u8.ToArray());
        again.Reply.Index.ShouldBe(popped.Reply.Index);
        world.Do(FollowerOf(world), QueueCommandCodec.Pop("orders")).Body.ToArray().ShouldBe("second"u8.ToArray());
    }

    [Fact]
    public void A_request_whose_client_has_gone_before_it_was_proposed_is_dropped()
    {
        var world = new World(seed: 11, nodes: 3);
        world.StartAndElect();
        world[2].Kill();
        world[3].Kill();
        world.Until(() => world[1].Replica.Core.Role != Role.Leader);
        TestCommand request = world.Submit(1, CreateOrders);
        world[1].Handle(new CommandGoneInput(request));
        request.Result.Outcome.ShouldBe(RequestOutcome.Cancelled);

        world.StartAll();
        world.Until(() => world.Leader is { Replica.Core.HasCommittedInOwnTerm: true });
        world.Pass(20);

        world.Leader!.Replica.Machine.Topics.ShouldBeEmpty();
        RaftLog log = world.Leader.Replica.Core.Log;
        for (ulong i = 1; i <= log.Last.Index.Value; i++)
        {
            log.TryGet(new LogIndex(i), out LogEntry entry).ShouldBeTrue();
            entry.Kind.ShouldNotBe(EntryKind.Command);
        }
    }

    [Fact]
    public void A_node_that_does_not_forward_says_so_and_names_the_leader()
    {
        var world = new World(seed: 12, nodes: 3, options => options with { Forward = false });
        WorldNode leader = world.StartAndElect();

        RequestResult refused = world.Do(FollowerOf(world), CreateOrders);

        refused.Outcome.ShouldBe(RequestOutcome.NotLeader);
        refused.Leader.ShouldBe(new NodeId(leader.Id));
    }

    [Fact]
    public void A_leader_that_stops_hands_over_and_its_last_requests_are_answered()
    {
        var world = new World(seed: 13, nodes: 3);
        uint leader = world.StartAndElect().Id;
        TestCommand request = world.Submit(leader, CreateOrders);

        world[leader].Handle(new StopInput(HandOver: true));
        world.Settle();
        world.Until(() => world[leader].Replica.Core.Role != Role.Leader, atMostTicks: 10);

        world.Until(() => request.IsDone, atMostTicks: 10);
        request.Result.Reply.Outcome.ShouldBe(QueueOutcome.Done);
        world.Do(leader, CreateOrders).Outcome.ShouldBe(RequestOutcome.Stopping);
    }

    [Fact]
    public void A_full_disk_refuses_publishes_and_nothing_else()
    {
        var world = new World(seed: 14, nodes: 3);
        uint leader = world.StartAndElect().Id;
        world.Do(leader, CreateOrders);
        world.Do(leader, QueueCommandCodec.Publish("orders", "kept"u8));

        world[leader].Handle(new DiskSpaceInput(Storage.Wal.WalSpace.ReserveOnly, long.MaxValue));
        world.Do(leader, QueueCommandCodec.Publish("orders", "refused"u8)).Outcome.ShouldBe(RequestOutcome.DiskFull);
        world.Do(FollowerOf(world), QueueCommandCodec.Publish("orders", "refused"u8)).Outcome.ShouldBe(RequestOutcome.DiskFull);
        world.Do(leader, PopOrders).Body.ToArray().ShouldBe("kept"u8.ToArray());

        world[leader].Handle(new DiskSpaceInput(Storage.Wal.WalSpace.Ample, long.MaxValue));
        world.Do(leader, QueueCommandCodec.Publish("orders", "taken"u8)).Reply.Outcome.ShouldBe(QueueOutcome.Done);
    }

    [Fact]
    public void Without_a_majority_that_has_room_publishes_are_refused()
    {
        var world = new World(seed: 15, nodes: 3);
        uint leader = world.StartAndElect().Id;
        world.Do(leader, CreateOrders);
        foreach (WorldNode follower in world.Nodes.Where(node => node.Id != leader))
        {
            follower.Handle(new DiskSpaceInput(Storage.Wal.WalSpace.ReserveOnly, long.MaxValue));
        }

        world.Pass(20);

        world.Do(leader, QueueCommandCodec.Publish("orders", "refused"u8)).Outcome.ShouldBe(RequestOutcome.DiskFull);
    }

    [Fact]
    public void What_was_forwarded_with_a_key_is_sent_again_when_the_link_was_made_anew_without_a_word()
    {
        var world = new World(seed: 21, nodes: 3);
        ServerId leader = world.StartAndElect().Replica.Identity.Server;
        uint follower = FollowerOf(world);
        world.Loss = 1;
        TestCommand request = world.Submit(follower, QueueCommandCodec.CreateTopic("orders", "key-1"));
        world.Settle();
        world.Loss = 0;

        world[follower].Handle(new LinkUpInput(leader, ClusterVersions.OfThisProgram));

        world.Until(() => request.IsDone, atMostTicks: 100);
        request.Result.Reply.Outcome.ShouldBe(QueueOutcome.Done);
    }

    [Fact]
    public void What_is_heard_to_stand_where_a_newer_term_was_applied_goes_to_the_leader_once_more()
    {
        var world = new World(seed: 22, nodes: 3);
        world[world.StartAndElect().Id].Kill();
        world.Until(() => world.Leader is { Replica.Core.HasCommittedInOwnTerm: true });
        WorldNode leader = world.Leader!;
        WorldNode follower = world.Running.First(node => node != leader);
        world.Until(() => follower.Replica.AppliedIndex == leader.Replica.AppliedIndex);
        world.Loss = 1;
        TestCommand request = null!;
        ForwardRequest sent = world.SentDuring(() => request = world.Submit(follower.Id, CreateOrders)).OfType<ForwardRequest>().Single();
        var position = new LogPosition(follower.Replica.AppliedIndex + 5, new Term(1));

        follower.Handle(new PeerMessageInput(
            leader.Replica.Identity.Cluster, new ForwardResponse(sent.To, sent.From, sent.Request, ForwardVerdict.Proposed, position)));

        request.IsDone.ShouldBeFalse();
        world.Loss = 0;
        world.Until(() => request.IsDone);
        request.Result.Reply.Outcome.ShouldBe(QueueOutcome.Done);
    }

    [Fact]
    public void A_command_that_no_log_takes_is_dropped_and_its_sender_named()
    {
        var world = new World(seed: 23, nodes: 3);
        WorldNode leader = world.StartAndElect();
        ServerId other = world[FollowerOf(world)].Replica.Identity.Server;
        LogIndex before = leader.Replica.Core.Log.Last.Index;

        leader.Handle(new PeerMessageInput(
            leader.Replica.Identity.Cluster,
            new ForwardRequest(other, leader.Replica.Identity.Server, 1, 1_000, new byte[LogEntry.MaxPayloadBytes + 1])));
        world.Pass(5);

        leader.Replica.Core.Log.Last.Index.ShouldBe(before);
        leader.Reports.ShouldContain(report => report.Contains($"from node {other.Node}") && report.Contains("8388608 are allowed"));
    }

    [Fact]
    public void A_message_that_breaks_a_rule_is_dropped_and_its_sender_named()
    {
        var world = new World(seed: 24, nodes: 3);
        WorldNode leader = world.StartAndElect();
        WorldNode follower = world[FollowerOf(world)];
        LogPosition before = follower.Replica.Core.Log.Last;
        var entry = new LogEntry(before.Index.Next, before.Term, EntryKind.Membership, new LogTime(long.MaxValue), new byte[] { 1 });

        follower.Handle(new PeerMessageInput(
            leader.Replica.Identity.Cluster,
            new RaftPeerMessage(new AppendEntries(
                leader.Replica.Identity.Server, follower.Replica.Identity.Server, leader.Replica.Core.CurrentTerm, before, new[] { entry }, LogIndex.Zero, 0, 200))));
        world.Pass(5);

        follower.Replica.Core.Log.Last.ShouldBe(before);
        follower.Reports.ShouldContain(report => report.Contains($"a message of node {leader.Id}") && report.Contains("cannot be read"));
    }

    [Fact]
    public void A_hand_over_whose_word_is_lost_is_tried_again()
    {
        var world = new World(seed: 25, nodes: 3);
        WorldNode leader = world.StartAndElect();
        world.Pass(10);
        world.Loss = 1;
        leader.Handle(new StopInput(HandOver: true));
        world.Pass();
        world.Loss = 0;

        world.Until(() => world.Running.Any(node => node != leader && node.Replica.Core.Role == Role.Leader), atMostTicks: 200);

        leader.Replica.IsHandingOver.ShouldBeFalse();
    }

    /// <summary>Its word is lost, so that it declines for an election timeout, and is the leader all the same.</summary>
    [Fact]
    public void What_a_leader_declines_does_not_go_to_and_fro_until_there_is_another()
    {
        var world = new World(seed: 37, nodes: 3);
        WorldNode leader = world.StartAndElect();
        world.Pass(10);
        world.Loss = 1;
        leader.Handle(new StopInput(HandOver: true));
        world.Settle();
        world.Loss = 0;
        TestCommand waiting = world.Submit(FollowerOf(world), CreateOrders);

        List<PeerMessage> sent = world.SentDuring(() => world.Pass(leader.Replica.Core.ElectionTimeoutTicks - 2));

        sent.OfType<ForwardRequest>().Count().ShouldBeInRange(2, 5, "after one tick, and after twice as many with each time");
        world.Until(() => waiting.IsDone, atMostTicks: 20);
        waiting.Result.Reply.Outcome.ShouldBe(QueueOutcome.Done);
    }

    [Fact]
    public void What_a_leader_declines_may_have_happened_all_the_same_by_an_earlier_attempt()
    {
        var world = new World(seed: 38, nodes: 3);
        WorldNode leader = world.StartAndElect();
        WorldNode follower = world[FollowerOf(world)];
        world.Pass(10);
        world.Loss = 1;
        TestCommand request = world.Submit(follower.Id, QueueCommandCodec.CreateTopic("orders", "a key"));
        world.Settle();
        follower.Handle(new LinkUpInput(leader.Replica.Identity.Server, ClusterVersions.OfThisProgram));
        leader.Handle(new StopInput(HandOver: true));
        world.Settle();
        world.Loss = 0;
        world.SentDuring(() => world.Pass(3)).OfType<ForwardResponse>().ShouldContain(response => response.Verdict == ForwardVerdict.NotLeader);

        world.Isolate(follower.Id);
        world.Until(() => request.IsDone, atMostTicks: 1_200);
        request.Result.Outcome.ShouldBe(RequestOutcome.OutcomeUnknown, "of the first attempt nobody has said what became of it");
    }

    [Fact]
    public void A_leader_that_was_replaced_may_still_answer_what_it_was_sent()
    {
        var world = new World(seed: 26, nodes: 3);
        WorldNode leader = world.StartAndElect();
        WorldNode follower = world[FollowerOf(world)];
        WorldNode next = world.Running.First(node => node != leader && node != follower);
        world.Loss = 1;
        TestCommand request = null!;
        ForwardRequest sent = world.SentDuring(() => request = world.Submit(follower.Id, CreateOrders)).OfType<ForwardRequest>().Single();
        RaftCore core = follower.Replica.Core;

        follower.Handle(new PeerMessageInput(
            leader.Replica.Identity.Cluster,
            new RaftPeerMessage(new AppendEntries(
                next.Replica.Identity.Server, follower.Replica.Identity.Server, core.CurrentTerm.Next, core.Log.Last, default, LogIndex.Zero, 0, 200))));
        world.Settle();
        core.Leader.ShouldBe(next.Replica.Identity.Server);
        request.IsDone.ShouldBeFalse("without a key only its answer can tell, and that may be on its way");

        follower.Handle(new PeerMessageInput(
            leader.Replica.Identity.Cluster, new ForwardResponse(sent.To, sent.From, sent.Request, ForwardVerdict.NotLeader, LogPosition.Zero)));
        world.Loss = 0;
        world.Until(() => request.IsDone);
        request.Result.Reply.Outcome.ShouldBe(QueueOutcome.Done);
    }

    [Fact]
    public void What_was_forwarded_without_a_key_to_a_leader_that_was_replaced_and_says_nothing_is_unknown_after_half_an_election_timeout()
    {
        var world = new World(seed: 36, nodes: 3);
        WorldNode leader = world.StartAndElect();
        uint follower = FollowerOf(world);
        world.Isolate(leader.Id);
        TestCommand request = world.Submit(follower, CreateOrders);
        world.Until(() => world[follower].Replica.Core.Leader is { } next && next != leader.Replica.Identity.Server);
        world.Until(() => request.IsDone, atMostTicks: world[follower].Replica.Core.ElectionTimeoutTicks);

        request.Result.Outcome.ShouldBe(RequestOutcome.OutcomeUnknown);
    }

    [Fact]
    public void No_more_is_proposed_at_once_than_the_disk_has_room_for()
    {
        var world = new World(seed: 27, nodes: 1);
        WorldNode node = world.StartAndElect();
        world.Do(1, CreateOrders);
        // Room for a snapshot and the reserve, and for no further segment.
        node.Disk.CapacityBytes = node.Disk.UsedBytes + WorldNode.WalOptions.SegmentBytes + 100_000;
        world.Do(1, QueueCommandCodec.Publish("orders", "small"u8)).Reply.Outcome.ShouldBe(QueueOutcome.Done);

        TestCommand[] requests = [.. Enumerable.Range(0, 20).Select(_ => world.Submit(1, QueueCommandCodec.Publish("orders", new byte[10_000])))];
        world.Until(() => Array.TrueForAll(requests, request => request.IsDone), atMostTicks: 10);

        requests.Count(request => request.Result.Outcome == RequestOutcome.Replied).ShouldBeInRange(1, 6);
        requests.Count(request => request.Result.Outcome == RequestOutcome.DiskFull).ShouldBeInRange(14, 19);
    }

    [Fact]
    public void What_was_forwarded_with_a_key_to_a_leader_that_is_cut_off_goes_to_the_next_one()
    {
        var world = new World(seed: 28, nodes: 3);
        uint leader = world.StartAndElect().Id;
        uint follower = FollowerOf(world);
        world.Isolate(leader);

        TestCommand request = world.Submit(follower, QueueCommandCodec.CreateTopic("orders", "key-1"));
        world.Until(() => request.IsDone, atMostTicks: 400);

        request.Result.Reply.Outcome.ShouldBe(QueueOutcome.Done);
    }

    [Fact]
    public void A_disk_without_its_reserve_refuses_pops_too()
    {
        var world = new World(seed: 29, nodes: 3);
        WorldNode leader = world.StartAndElect();
        world.Do(leader.Id, CreateOrders);
        world.Do(leader.Id, QueueCommandCodec.Publish("orders", "kept"u8));

        leader.Handle(new DiskSpaceInput(Storage.Wal.WalSpace.Exhausted, 0));

        world.Do(leader.Id, PopOrders).Outcome.ShouldBe(RequestOutcome.DiskFull);
        leader.Replica.Machine.MessageCount.ShouldBe(1);
    }

    [Fact]
    public void A_follower_without_its_reserve_takes_no_entry_and_votes()
    {
        var world = new World(seed: 34, nodes: 3);
        WorldNode leader = world.StartAndElect();
        WorldNode follower = world[FollowerOf(world)];
        WorldNode third = world.Nodes.Single(node => node != leader && node != follower);
        world.Settle();
        LogPosition last = follower.Replica.Core.Log.Last;
        follower.Handle(new DiskSpaceInput(Storage.Wal.WalSpace.Exhausted, 0));

        world.Do(leader.Id, CreateOrders).Reply.Outcome.ShouldBe(QueueOutcome.Done);
        world.Pass(5);
        follower.Replica.Core.Log.Last.ShouldBe(last);

        leader.Kill();
        world.Until(() => world.Leader == third);
        follower.Handle(new DiskSpaceInput(Storage.Wal.WalSpace.Ample, 1 << 20));
        world.Until(() => follower.Replica.Core.Log.Last == third.Replica.Core.Log.Last);
    }

    [Fact]
    public void A_pop_whose_client_goes_while_it_reads_takes_nothing()
    {
        var world = new World(seed: 30, nodes: 3);
        WorldNode leader = world.StartAndElect();
        world.Do(leader.Id, CreateOrders);
        TestCommand publish = world.Submit(leader.Id, QueueCommandCodec.Publish("orders", "kept"u8));
        TestCommand pop = world.Submit(leader.Id, PopOrders);

        leader.Handle(new CommandGoneInput(pop));
        world.Until(() => publish.IsDone && pop.IsDone);
        world.Pass(5);

        pop.Result.Outcome.ShouldBe(RequestOutcome.Cancelled);
        leader.Replica.Machine.MessageCount.ShouldBe(1);
    }

    [Fact]
    public void A_forwarded_pop_that_is_cancelled_while_it_reads_takes_nothing()
    {
        var world = new World(seed: 31, nodes: 3);
        WorldNode leader = world.StartAndElect();
        (ServerId self, ServerId other) = (leader.Replica.Identity.Server, world[FollowerOf(world)].Replica.Identity.Server);
        world.Do(leader.Id, CreateOrders);
        TestCommand publish = world.Submit(leader.Id, QueueCommandCodec.Publish("orders", "kept"u8));

        leader.Handle(new PeerMessageInput(leader.Replica.Identity.Cluster, new ForwardRequest(other, self, 7, 1_000, PopOrders)));
        leader.Handle(new PeerMessageInput(leader.Replica.Identity.Cluster, new ForwardCancel(other, self, 7)));
        world.Until(() => publish.IsDone);
        world.Pass(5);

        leader.Replica.Machine.MessageCount.ShouldBe(1);
    }

    [Fact]
    public void A_leader_is_told_when_the_client_of_a_forwarded_request_goes()
    {
        var world = new World(seed: 36, nodes: 3);
        WorldNode leader = world.StartAndElect();
        WorldNode follower = world[FollowerOf(world)];
        world.Do(leader.Id, CreateOrders);
        world.Loss = 1;
        TestCommand pop = world.Submit(follower.Id, PopOrders);
        world.Settle();

        world.SentDuring(() => follower.Handle(new CommandGoneInput(pop))).OfType<ForwardCancel>().ShouldHaveSingleItem().To.ShouldBe(leader.Replica.Identity.Server);
    }

    [Fact]
    public void Room_that_shrinks_or_comes_back_counts_although_the_disk_is_no_fuller_by_its_class()
    {
        var world = new World(seed: 32, nodes: 1);
        WorldNode node = world.StartAndElect();
        world.Do(1, CreateOrders);

        node.Handle(new DiskSpaceInput(Storage.Wal.WalSpace.Ample, 10));
        world.Do(1, QueueCommandCodec.Publish("orders", "refused"u8)).Outcome.ShouldBe(RequestOutcome.DiskFull);

        node.Handle(new DiskSpaceInput(Storage.Wal.WalSpace.Ample, long.MaxValue));
        world.Do(1, QueueCommandCodec.Publish("orders", "taken"u8)).Reply.Outcome.ShouldBe(QueueOutcome.Done);
    }

    [Fact]
    public void What_is_proposed_waits_for_its_whole_time_and_no_longer()
    {
        var world = new World(seed: 6, nodes: 3);
        uint leader = world.StartAndElect().Id;
        world.Isolate(leader);
        TestCommand request = world.Submit(leader, CreateOrders);

        world.Pass(990);
        request.IsDone.ShouldBeFalse();

        world.Until(() => request.IsDone, atMostTicks: 30);
        request.Result.Outcome.ShouldBe(RequestOutcome.OutcomeUnknown);
    }

    [Fact]
    public void A_forwarded_pop_of_an_empty_topic_waits_for_its_read_as_long_as_its_client()
    {
        var world = new World(seed: 33, nodes: 3);
        WorldNode leader = world.StartAndElect();
        (ServerId self, ServerId other) = (leader.Replica.Identity.Server, world[FollowerOf(world)].Replica.Identity.Server);
        world.Do(leader.Id, CreateOrders);
        world.Pass(600);
        world.Loss = 1;

        leader.Handle(new PeerMessageInput(leader.Replica.Identity.Cluster, new ForwardRequest(other, self, 7, 1_000, PopOrders)));
        world.SentDuring(() => world.Pass(5)).ShouldNotContain(message => message is ForwardResponse);

        world.Loss = 0;
        world.SentDuring(() => world.Pass(10)).OfType<ForwardResponse>().ShouldHaveSingleItem().Verdict.ShouldBe(ForwardVerdict.Empty);
    }

    [Fact]
    public void A_topics_read_outlives_its_leader()
    {
        var world = new World(seed: 34, nodes: 3);
        uint leader = world.StartAndElect().Id;
        uint follower = FollowerOf(world);
        world.Do(follower, CreateOrders);
        world.Isolate(leader);

        TestTopicRead topics = world[follower].AskTopics();
        world.Until(() => topics.Result is not null, atMostTicks: 400);

        topics.Result!.Outcome.ShouldBe(RequestOutcome.Replied);
        topics.Result.Topics.ShouldBe(["orders"]);
    }

    [Fact]
    public void An_overloaded_leader_says_so_through_a_follower_too()
    {
        var world = new World(seed: 35, nodes: 3, options => options with { Raft = options.Raft with { MaxUncommittedEntries = 1 } });
        WorldNode leader = world.StartAndElect();
        leader.DiskIsHeld = true;
        world.Submit(leader.Id, CreateOrders);

        TestCommand refused = world.Submit(FollowerOf(world), QueueCommandCodec.CreateTopic("more"));
        world.Settle();

        refused.IsDone.ShouldBeTrue();
        refused.Result.Outcome.ShouldBe(RequestOutcome.Overloaded);
    }

    private static World WithoutPatience(int seed) => new(seed, nodes: 3, options => options with { LeaderWaitMilliseconds = 0 });
}
