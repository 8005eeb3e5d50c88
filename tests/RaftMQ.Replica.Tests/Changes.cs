using RaftMQ.Consensus;
using RaftMQ.Queues;
using RaftMQ.Replica.Requests;
using RaftMQ.Storage.Identity;

namespace RaftMQ.Replica.Tests;

/// <summary>Members come, go, replace each other and move, while messages are published (thesis chapter 4).</summary>
public sealed class Changes
{
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void A_cluster_grows_from_one_to_five_and_shrinks_to_one_and_keeps_every_message(int seed)
    {
        var world = new World(seed, nodes: 5, founders: 1);
        world[1].Start();
        world.Until(() => world.Leader is not null);
        world.StartAll();
        var published = new List<string>();
        world.Do(1, QueueCommandCodec.CreateTopic("orders", null)).Outcome.ShouldBe(RequestOutcome.Replied);

        for (uint id = 2; id <= 5; id++)
        {
            world.Change(new MemberAddition(World.MemberOf(id)));
            PublishUntil(world, published, () => world.Votes([.. Enumerable.Range(1, (int)id).Select(each => (uint)each)]));
        }

        for (uint id = 1; id <= 4; id++)
        {
            world.Change(new MemberRemoval(new NodeId(id)));
            PublishUntil(world, published, () => world.Votes([.. Enumerable.Range((int)id + 1, 5 - (int)id).Select(each => (uint)each)]));
            world.Until(() => world[id].Reports.Any(report => report.Contains("no longer a member", StringComparison.Ordinal)));
            TestCommand asked = world.Submit(id, QueueCommandCodec.Pop("orders", null));

            // Nobody waits for a leader at a node that was removed; one that has led until then knows after an election timeout at the latest.
            world.Until(() => asked.IsDone, atMostTicks: 60);
            asked.Result.Outcome.ShouldBe(RequestOutcome.NoLeader);
            world[id].Kill();
        }

        foreach (string message in published)
        {
            Pop(world, 5).ShouldBe(message);
        }

        world.Do(5, QueueCommandCodec.Pop("orders", null)).Reply.Outcome.ShouldBe(QueueOutcome.Empty);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public void A_replacement_takes_the_place_of_another_in_one_step(int seed)
    {
        var world = new World(seed, nodes: 4, founders: 3);
        for (uint id = 1; id <= 3; id++)
        {
            world[id].Start();
        }

        world.Until(() => world.Votes(1, 2, 3) && world.Leader is not null);
        uint leaves = world.Leader!.Id;
        var sizes = new List<int>();
        world.Change(new MemberReplacement(new NodeId(leaves), World.MemberOf(4)));
        world.Pass(100);
        world.Votes(1, 2, 3).ShouldBeFalse("a learner is a member");
        world.Leader!.Replica.Core.Membership!.Voters.Count.ShouldBe(3, "the newcomer is not even there");
        Refusal(world, new MemberAddition(World.MemberOf(4))).ShouldBe($"node 4 is to replace node {leaves} already; remove node 4 first, or let it");

        world[4].Start();
        world.Until(() =>
        {
            sizes.Add(world.Leader?.Replica.Core.Membership!.NewVoters.Count ?? 3);
            return world.Votes([.. new uint[] { 1, 2, 3, 4 }.Where(id => id != leaves)]);
        });
        sizes.ShouldAllBe(size => size == 3);
        world.Until(() => world[leaves].Reports.Any(report => report.Contains("no longer a member", StringComparison.Ordinal)));
        world.Change(new MemberReplacement(new NodeId(leaves), World.MemberOf(4)));
    }

    [Fact]
    public void A_node_is_replaced_by_one_other_and_by_nobody_once_it_has_left()
    {
        World world = StartThreeOf(seed: 14, nodes: 4);
        uint leaves = world.Running.First(node => node != world.Leader).Id;
        world.Change(new MemberReplacement(new NodeId(leaves), World.MemberOf(4)));
        Refusal(world, new MemberReplacement(new NodeId(leaves), World.MemberOf(5))).ShouldBe($"node 4 is to replace node {leaves} already; remove that one first");
        Refusal(world, new MemberReplacement(new NodeId(leaves), World.MemberOf(4) with { PeerAddress = "elsewhere:1" })).ShouldBe(AlreadyAt(4));
        uint stays = world.Leader!.Id;
        Refusal(world, new MemberReplacement(new NodeId(stays), World.MemberOf(4))).ShouldBe($"node 4 is a member already and does not replace node {stays}; remove node 4 first, and ask again");
        world.Change(new MemberRemoval(new NodeId(leaves)));
        world.Until(() => world.Leader?.Replica.Core.Membership is { IsJoint: false, Voters.Count: 2 });
        world.Leader!.Replica.Core.Membership!.Find(new NodeId(4))!.Replaces.ShouldBe(default);
        Refusal(world, new MemberReplacement(new NodeId(leaves), World.MemberOf(4))).ShouldBeNull("it is on its way");
    }

    [Fact]
    public void What_was_asked_of_a_leader_that_fell_is_gone_on_with_by_the_next()
    {
        World world = StartThreeOf(seed: 7, nodes: 4);
        world.Change(new MemberAddition(World.MemberOf(4)));
        world.Leader!.Kill();
        world[4].Start();
        world.Until(() => world[4].Replica.IsMember);
        world.StartAll();
        world.Until(() => world.Votes(1, 2, 3, 4));
    }

    [Fact]
    public void Asking_again_changes_nothing_and_what_may_not_be_is_refused_with_its_reason()
    {
        World world = StartThreeOf(seed: 8, nodes: 4);
        LogIndex last = world.Leader!.Replica.Core.Log.Last.Index;
        Refusal(world, new MemberAddition(World.MemberOf(1))).ShouldBeNull();
        Refusal(world, new MemberAddition(World.MemberOf(1) with { PeerAddress = "elsewhere:1" })).ShouldBe(AlreadyAt(1));
        Refusal(world, new MemberAddition(World.MemberOf(4) with { ClientAddress = "PEER2:1" })).ShouldBe("node 2 is a member at peer2:1 for peers and client2:1 for clients; take other addresses");
        Refusal(world, new MemberMove(new NodeId(1), "peer3:1", "client1:1")).ShouldBe("node 3 is a member at peer3:1 for peers and client3:1 for clients; take other addresses");
        Refusal(world, new MemberRemoval(new NodeId(9))).ShouldBeNull();
        Refusal(world, new MemberReplacement(new NodeId(9), World.MemberOf(4))).ShouldBe("node 9 is no voter of this cluster; who is one: raftmq cluster status");
        Refusal(world, new MemberReplacement(new NodeId(1), World.MemberOf(1)))!.ShouldStartWith("node 1 cannot replace itself");
        Refusal(world, new MemberReplacement(new NodeId(1), World.MemberOf(2))).ShouldBe(
            "node 2 is a member already and does not replace node 1; to let node 1 go without another: raftmq cluster remove 1");
        Refusal(world, new MemberReplacement(new NodeId(9), World.MemberOf(2))).ShouldBeNull("that is so");
        Refusal(world, new MemberReplacement(new NodeId(9), World.MemberOf(2) with { ClientAddress = "elsewhere:1" })).ShouldBe(AlreadyAt(2));
        Refusal(world, new MemberMove(new NodeId(9), "a:1", "b:1")).ShouldBe("node 9 is no member of this cluster; who is one: raftmq cluster status");
        Refusal(world, new MemberMove(new NodeId(1), "peer1:1", "client1:1")).ShouldBeNull();
        world.Leader!.Replica.Core.Log.Last.Index.ShouldBe(last, "nothing was written");

        WorldNode follower = world.Running.First(node => node != world.Leader);
        TestChange asked = follower.Change(new MemberRemoval(new NodeId(1)));
        world.Until(() => asked.IsDone);
        (asked.Outcome, asked.Leader).ShouldBe((ChangeOutcome.NotLeader, new NodeId(world.Leader!.Id)));
    }

    [Fact]
    public void What_a_change_waited_for_at_first_is_not_said_of_it_when_it_waits_for_another_change()
    {
        World world = StartThreeOf(seed: 14, nodes: 3);
        WorldNode leader = world.Leader!;
        WorldNode[] followers = [.. world.Running.Where(node => node != leader)];
        followers[0].Kill();
        world.Until(() => leader.Replica.Core.Peers.Any(peer => !leader.Replica.Core.IsActive(peer)));
        TestChange asked = leader.Change(new MemberRemoval(new NodeId(followers[1].Id)));
        world.Until(() => asked.Reason is not null);
        followers[1].DiskIsHeld = true;
        leader.Change(new MemberMove(new NodeId(leader.Id), "elsewhere:1", "client:1"));

        world.Until(() => asked.IsDone);

        (asked.Outcome, asked.Reason).ShouldBe((ChangeOutcome.Busy, null));
    }

    [Fact]
    public void Who_answers_may_not_leave_those_behind_who_do_not()
    {
        World world = StartThreeOf(seed: 13, nodes: 3);
        WorldNode[] followers = [.. world.Running.Where(node => node != world.Leader)];
        followers[0].Kill();
        world.Until(() => world.Leader!.Replica.Core.Peers.Any(peer => !world.Leader.Replica.Core.IsActive(peer)));
        TestChange asked = world.Leader!.Change(new MemberRemoval(new NodeId(followers[1].Id)));
        world.Until(() => asked.IsDone);
        (asked.Outcome, asked.Reason).ShouldBe((ChangeOutcome.TooFewVoters, "of the 2 voters that there would be, fewer than a majority answer at the moment"));
        Refusal(world, new MemberRemoval(new NodeId(followers[0].Id))).ShouldBeNull();
        world.Until(() => world.Votes([.. new[] { world.Leader!.Id, followers[1].Id }.Order()]));
    }

    [Fact]
    public void The_last_voter_stays()
    {
        var world = new World(seed: 9, nodes: 1);
        world.StartAndElect();
        Refusal(world, new MemberRemoval(new NodeId(1))).ShouldBe("node 1 is the last voter: without it nobody could decide anything; add another node first");
    }

    [Fact]
    public void A_cluster_has_at_most_nine_voters()
    {
        var world = new World(seed: 10, nodes: 9);
        world.StartAndElect();
        Refusal(world, new MemberAddition(World.MemberOf(10))).ShouldBe("there are 9 members beside it already, and a cluster has at most 9; remove one first: raftmq cluster remove");
        Refusal(world, new MemberReplacement(new NodeId(1), World.MemberOf(10))).ShouldBeNull();
    }

    [Fact]
    public void Whom_a_node_has_links_with_follows_the_configuration_and_who_leaves_is_told_first()
    {
        World world = StartThreeOf(seed: 11, nodes: 4);
        WorldNode leader = world.Leader!;
        leader.Replica.Peers.ShouldNotContainKey(new NodeId(4));
        world.Change(new MemberAddition(World.MemberOf(4)));
        world.Until(() => world.Running.All(node => node.Replica.Peers.GetValueOrDefault(new NodeId(4)) == "peer4:1"));

        world.Change(new MemberMove(new NodeId(4), "elsewhere:1", "client4:1"));
        world.Until(() => world.Running.All(node => node.Replica.Peers.GetValueOrDefault(new NodeId(4)) == "elsewhere:1"));

        uint leaves = world.Running.First(node => node != leader).Id;
        world.Isolate(leaves);
        TestCommand passedOn = world.Submit(leaves, QueueCommandCodec.Publish("orders", "never comes"u8));
        world.Change(new MemberRemoval(new NodeId(leaves)));
        world.Pass();
        leader.Replica.Peers.ShouldContainKey(new NodeId(leaves), "it does not know yet");
        world.Heal();
        world.Until(() => world[leaves].Reports.Any(report => report.Contains("no longer a member", StringComparison.Ordinal)));
        passedOn.Result.Outcome.ShouldBe(RequestOutcome.OutcomeUnknown, "what is decided elsewhere does not come here any more, and it is not waited for");
        world.Until(() => world.Running.All(node => node.Id == leaves || !node.Replica.Peers.ContainsKey(new NodeId(leaves))));
    }

    [Fact]
    public void Who_is_of_this_cluster_and_asks_for_a_link_has_one_for_half_a_minute()
    {
        World world = StartThreeOf(seed: 21, nodes: 3);
        WorldNode node = world.Running.First(node => node != world.Leader);
        node.Handle(new PeerMetInput(OfCluster(node, 7), "peer7:1"));
        node.Handle(new PeerMetInput(new ServerIdentity(new ClusterId(77), new ServerId(new NodeId(8), 8)), "peer8:1"));
        node.Handle(new PeerMetInput(OfCluster(node, 9)));
        node.Handle(new PeerMetInput(OfCluster(node, node.Id), "elsewhere:1"));
        world.Pass();
        node.Replica.Peers.Where(peer => peer.Key.Value > 3).ShouldBe([new(new NodeId(7), "peer7:1")], "foreigners have none, nor who does not say where it is, nor the node itself");

        world.Pass(2_000);
        node.Handle(new PeerMetInput(OfCluster(node, 7), "elsewhere:1"));
        world.Pass(2_000);
        node.Replica.Peers[new NodeId(7)].ShouldBe("elsewhere:1", "it has asked again");
        world.Pass(1_100);
        node.Replica.Peers.Keys.ShouldBe(world.Running.Where(other => other != node).Select(other => new NodeId(other.Id)), ignoreOrder: true);
    }

    [Fact]
    public void A_member_that_calls_has_its_link_as_a_member_and_loses_it_when_it_is_removed()
    {
        World world = StartThreeOf(seed: 25, nodes: 4);
        world[4].Start();
        world.Change(new MemberAddition(World.MemberOf(4)));
        world.Until(() => world.Votes(1, 2, 3, 4));
        uint leaves = world.Running.First(node => node != world.Leader).Id;
        foreach (WorldNode node in world.Running)
        {
            foreach (WorldNode other in world.Running.Where(other => other != node))
            {
                node.Handle(new PeerMetInput(other.Replica.Identity, $"peer{other.Id}:1"));
            }
        }

        world.Change(new MemberRemoval(new NodeId(leaves)));
        world.Until(() => world.Running.All(node => node.Id == leaves || !node.Replica.Peers.ContainsKey(new NodeId(leaves))), atMostTicks: 1_000);
        world.Until(() => world[leaves].Replica.Peers.Count == 0, atMostTicks: 1_000);
    }

    [Fact]
    public void Of_those_there_are_no_more_than_a_configuration_has_members()
    {
        World world = StartThreeOf(seed: 22, nodes: 3);
        WorldNode node = world.Leader!;
        for (uint id = 100; id < 200; id++)
        {
            node.Handle(new PeerMetInput(OfCluster(node, id), $"peer{id}:1"));
        }

        world.Pass();
        node.Replica.Peers.Count.ShouldBe(2 + Membership.MaxMembers);
    }

    [Fact]
    public void A_node_with_an_empty_folder_has_links_with_the_members_that_it_was_told_of_and_with_those_of_a_cluster_that_calls_it()
    {
        var world = new World(seed: 23, nodes: 3);
        world[3].Start();
        world[3].Handle(new PeerMetInput(new ServerIdentity(new ClusterId(77), new ServerId(new NodeId(7), 7)), "peer7:1"));
        world.Pass();

        world[3].Replica.Peers.Keys.Select(node => node.Value).ShouldBe([1U, 2U, 7U], ignoreOrder: true);
    }

    [Fact]
    public void Who_was_removed_while_it_was_down_is_told_when_it_comes_back_and_calls_nobody_any_more()
    {
        World world = StartThreeOf(seed: 24, nodes: 3);
        WorldNode leaves = world.Running.First(node => node != world.Leader);
        leaves.Kill();
        world.Change(new MemberRemoval(new NodeId(leaves.Id)));
        world.Until(() => world.Running.All(node => !node.Replica.Peers.ContainsKey(new NodeId(leaves.Id))));

        leaves.Start();
        world.Until(() => leaves.Reports.Any(report => report.Contains("no longer a member", StringComparison.Ordinal)));
        world.Until(() => leaves.Replica.Peers.Count == 0);
        leaves.Reports.ShouldContain(report => report.Contains("no longer a member", StringComparison.Ordinal), 1);
    }

    /// <summary>It was no founder, and all that named it is gone with the log.</summary>
    /// <param name="atOnce">Whether all start at once, and none knows yet whether the last configuration of its log is committed.</param>
    /// <param name="wasThere">Whether it was told when it was removed, and has been restarted since: its log has the configuration without it, and not that it is committed.</param>
    [Theory]
    [InlineData(false, false)]
    [InlineData(true, false)]
    [InlineData(false, true)]
    [InlineData(true, true)]
    public void Who_was_removed_is_told_when_it_starts_although_no_log_names_it_any_more(bool atOnce, bool wasThere)
    {
        var world = new World(
            seed: 25, nodes: 4, options => options with { SnapshotLogBytes = 2_000, Raft = options.Raft with { TailBytes = 0 } }, founders: 3);
        for (uint id = 1; id <= 3; id++)
        {
            world[id].Start();
        }

        world.Until(() => world.Votes(1, 2, 3) && world.Leader is { Replica.Core.HasCommittedInOwnTerm: true });
        world[4].Start();
        world.Change(new MemberAddition(World.MemberOf(4)));
        world.Until(() => world.Votes(1, 2, 3, 4));
        if (!wasThere)
        {
            world[4].Kill();
        }

        world.Change(new MemberRemoval(new NodeId(4)));
        world.Until(() => world.Votes(1, 2, 3));
        if (wasThere)
        {
            world.Until(() => world[4].Replica.IsRemoved);
            world[4].Kill();
        }

        LogIndex removedAt = world.Leader!.Replica.Core.Log.Last.Index;
        world.Do(1, QueueCommandCodec.CreateTopic("orders", null)).Outcome.ShouldBe(RequestOutcome.Replied);
        for (int i = 0; i < 200 || world.Running.Any(node => node.Replica.Core.Log.Base.Index < removedAt); i++)
        {
            world.Do(1, QueueCommandCodec.Publish("orders", new byte[100])).Outcome.ShouldBe(RequestOutcome.Replied);
            i.ShouldBeLessThan(2_000);
        }

        // A leader that has led since before remembers it from its log; one that starts now does not.
        Refusal(world, new MemberMove(new NodeId(3), "elsewhere:1", "client3:1")).ShouldBeNull();
        foreach (WorldNode node in world.Running.ToArray())
        {
            node.Kill();
        }

        for (uint id = 1; id <= 3; id++)
        {
            world[id].Start();
        }

        if (!atOnce)
        {
            world.Until(() => world.Leader is { Replica.Core.HasCommittedInOwnTerm: true });
        }

        world[4].Start();
        TestCommand waiting = world.Submit(4, QueueCommandCodec.Publish("orders", "refused"u8));
        TestTopicRead read = world[4].AskTopics();

        world.Until(() => world[4].Replica.IsRemoved);
        world[4].Replica.IsMember.ShouldBeFalse("whatever its own log says");
        (waiting.Result.Outcome, read.Result!.Outcome).ShouldBe((RequestOutcome.NoLeader, RequestOutcome.NoLeader), "and not only when its time is over");
        world.Pass(100);
        world[4].Reports.ShouldContain(report => report.Contains("no longer a member", StringComparison.Ordinal), wasThere ? 2 : 1);
        world[4].Replica.Core.Role.ShouldBe(Role.Follower, "it disturbs nobody");
        world.Do(4, QueueCommandCodec.Publish("orders", "refused"u8)).Outcome.ShouldBe(RequestOutcome.NoLeader);
        world.Until(() => world.Running.All(node => node.Id == 4 || !node.Replica.Peers.ContainsKey(new NodeId(4))), atMostTicks: 10_000);

        world.Change(new MemberAddition(World.MemberOf(4)));
        world.Until(() => world.Votes(1, 2, 3, 4), atMostTicks: 10_000);
        world.Do(4, QueueCommandCodec.Publish("orders", "taken"u8)).Outcome.ShouldBe(RequestOutcome.Replied);
    }

    /// <summary>Whoever sent something to a leader that leaves, and had not heard of that, waits for its answer: a link that closes before it would leave the outcome unknown.</summary>
    [Fact]
    public void A_leader_that_was_removed_and_those_who_wait_for_its_answers_keep_their_links_so_long()
    {
        World world = StartThreeOf(seed: 27, nodes: 3);
        WorldNode leaves = world.Leader!;
        world.Do(leaves.Id, QueueCommandCodec.CreateTopic("orders", null)).Outcome.ShouldBe(RequestOutcome.Replied);
        WorldNode[] others = [.. world.Running.Where(node => node != leaves)];
        world.Loss = 1;
        Dictionary<WorldNode, TestCommand> lost = others.ToDictionary(node => node, node => world.Submit(node.Id, QueueCommandCodec.Publish("orders", "lost"u8)));
        world.Settle();
        world.Loss = 0;
        leaves.Change(new MemberRemoval(new NodeId(leaves.Id)));
        world.Until(() => world.Leader != leaves && leaves.Replica.IsRemoved && leaves.Replica.Core.Role != Role.Leader);

        leaves.Replica.Peers.Count.ShouldBe(2);
        WorldNode follower = others.Single(node => node != world.Leader);
        world.Until(() => follower.Replica.Core.IsMembershipCommitted && follower.Replica.Core.Membership!.Members.Count == 2);
        lost[follower].IsDone.ShouldBeFalse();
        follower.Replica.Peers.ShouldContainKey(new NodeId(leaves.Id));

        world.Until(() => leaves.Replica.Peers.Count == 0 && lost.Values.All(request => request.IsDone) && !follower.Replica.Peers.ContainsKey(new NodeId(leaves.Id)), atMostTicks: 50);
    }

    [Fact]
    public void However_many_strangers_have_called_a_newcomer_is_handed_the_birth()
    {
        World world = StartThreeOf(seed: 26, nodes: 4);
        foreach (WorldNode node in world.Running)
        {
            for (uint id = 1_000; id < 1_100; id++)
            {
                node.Handle(new PeerMetInput(new ServerIdentity(ClusterId.None, new ServerId(new NodeId(id), id))));
            }
        }

        world[4].Start();
        world.Change(new MemberAddition(World.MemberOf(4)));
        world.Until(() => world.Votes(1, 2, 3, 4));
    }

    private static ServerIdentity OfCluster(WorldNode node, uint id) => new(node.Replica.Identity.Cluster, new ServerId(new NodeId(id), id));

    [Fact]
    public void Leadership_goes_to_whom_it_is_handed_and_asking_again_changes_nothing()
    {
        World world = StartThreeOf(seed: 12, nodes: 3);
        uint first = world.Leader!.Id;
        uint heir = first % 3 + 1;
        TestChange asked = world.Leader.Change(new LeadershipTransfer(new NodeId(heir)));
        world.Until(() => asked.IsDone, atMostTicks: 5);
        (asked.Outcome, asked.Leader, world.Leader!.Id).ShouldBe((ChangeOutcome.Done, new NodeId(heir), heir));
        Refusal(world, new LeadershipTransfer(new NodeId(heir))).ShouldBeNull();
        Refusal(world, new LeadershipTransfer(new NodeId(9))).ShouldBe("node 9 is no voter of this cluster; who is one: raftmq cluster status");
        Refusal(world, new LeadershipTransfer(null)).ShouldBeNull();
        world.Leader!.Id.ShouldNotBe(heir);

        WorldNode dead = world.Running.First(node => node != world.Leader);
        dead.Kill();
        world.Until(() => world.Leader!.Replica.Core.Peers.Any(peer => !world.Leader.Replica.Core.IsActive(peer)));
        Refusal(world, new LeadershipTransfer(new NodeId(dead.Id))).ShouldBe(
            $"node {dead.Id} does not answer at the moment, or is far behind; how far: raftmq cluster status; ask again when it is there");
    }

    private static World StartThreeOf(int seed, int nodes)
    {
        var world = new World(seed, nodes, founders: 3);
        for (uint id = 1; id <= 3; id++)
        {
            world[id].Start();
        }

        world.Until(() => world.Votes(1, 2, 3) && world.Leader is { Replica.Core.HasCommittedInOwnTerm: true });
        return world;
    }

    private static string AlreadyAt(uint id) =>
        $"node {id} is a member already, at peer{id}:1 for peers and client{id}:1 for clients; to reach it elsewhere: raftmq cluster move {id}";

    private static string? Refusal(World world, ClusterChange change)
    {
        TestChange asked = world.Leader!.Change(change);
        world.Until(() => asked.IsDone);
        asked.Outcome.ShouldBe(asked.Reason is null ? ChangeOutcome.Done : ChangeOutcome.Refused);
        return asked.Reason;
    }

    private static void PublishUntil(World world, List<string> published, Func<bool> condition)
    {
        world.Until(() =>
        {
            string message = $"message {published.Count}";
            if (world.Leader is { } leader && world.Do(leader.Id, QueueCommandCodec.Publish("orders", System.Text.Encoding.UTF8.GetBytes(message), null)) is { Outcome: RequestOutcome.Replied })
            {
                published.Add(message);
            }

            return condition();
        });
    }

    private static string Pop(World world, uint node)
    {
        RequestResult result = world.Do(node, QueueCommandCodec.Pop("orders", null));
        return System.Text.Encoding.UTF8.GetString(result.Body.Span);
    }
}
