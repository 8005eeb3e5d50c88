using RaftMQ.Consensus;
using RaftMQ.Queues;
using RaftMQ.Replica.Disk;
using RaftMQ.Replica.Requests;
using RaftMQ.Storage.Wal;

namespace RaftMQ.Replica.Tests;

/// <summary>Storage rule 8: how a cluster is founded, and how a node without a past comes into one.</summary>
public sealed class Births
{
    private static readonly byte[] CreateOrders = QueueCommandCodec.CreateTopic("orders");

    /// <summary>Whoever hears from a server takes it for born: one that lost its birth to a crash would never be handed it again.</summary>
    [Fact]
    public void Before_its_birth_is_on_its_disk_a_server_says_nothing_in_the_name_of_its_cluster()
    {
        var world = new World(seed: 71, nodes: 3);
        WorldNode newborn = world[3];
        newborn.DiskIsHeld = true;
        world.StartAll();
        world.Until(() => world.Leader is { Replica.Core.HasCommittedInOwnTerm: true } && newborn.Replica.Core.Leader is not null);
        TestCommand early = world.Submit(3, QueueCommandCodec.CreateTopic("orders"));
        TestTopicRead read = newborn.AskTopics();
        world.Pass(50);
        (world.Leader!.Replica.Machine.TopicCount, early.IsDone, read.Result).ShouldBe((0, false, null));

        newborn.Kill();
        newborn.DiskIsHeld = false;
        newborn.Start();
        world.Until(() => newborn.Replica.IsMember && newborn.Replica.AppliedIndex == world.Leader!.Replica.AppliedIndex);
    }

    [Fact]
    public void Three_empty_nodes_found_one_cluster_and_elect_a_leader()
    {
        var world = new World(seed: 1, nodes: 3);

        world.StartAndElect();

        world.Nodes.Select(node => node.Replica.Identity.Cluster).Distinct().Count().ShouldBe(1);
        world.Leader!.Id.ShouldBe(1u);
    }

    [Fact]
    public void A_founder_whose_birth_was_torn_behind_its_term_founds_again()
    {
        var world = new World(seed: 10, nodes: 3);
        world[1].Start();
        ServerId founder = world[1].Replica.Identity.Server;
        world[1].Kill();
        using (var log = WriteAheadLog.Open(world[1].Disk, WorldNode.WalOptions, world.DrawId, null, out _))
        {
            log.Append(new WalBatch(new HardState(new Term(1), founder), null, []));
            log.Sync();
        }

        world.StartAndElect();

        world[1].Replica.Identity.Server.ShouldBe(founder);
        world.Do(2, CreateOrders).Reply.Outcome.ShouldBe(QueueOutcome.Done);
    }

    [Fact]
    public void A_birth_that_was_lost_on_a_link_that_stays_up_is_handed_on_again()
    {
        var world = new World(seed: 11, nodes: 3);
        world.StartAll();
        world.Loss = 1;
        world.Until(() => world[1].Replica.Identity.Cluster.IsBorn);
        world.Pass(20);
        world[2].Replica.Identity.Cluster.IsBorn.ShouldBeFalse();

        world.Loss = 0;
        world.Until(() => world.Running.All(node => node.Replica.IsMember));

        world.Do(2, CreateOrders).Reply.Outcome.ShouldBe(QueueOutcome.Done);
    }

    [Fact]
    public void A_late_word_of_a_former_life_does_not_show_that_the_newcomer_has_its_birth()
    {
        var world = new World(seed: 17, nodes: 3);
        WorldNode leader = world.StartAndElect();
        WorldNode wiped = world.Nodes.First(node => node != leader);
        ServerId formerLife = wiped.Replica.Identity.Server;
        wiped.Kill();
        wiped.Wipe();
        wiped.Start();
        world.Loss = 1;
        world.Pass(2);

        leader.Handle(new PeerMessageInput(
            leader.Replica.Identity.Cluster,
            new Peers.RaftPeerMessage(new Consensus.Messages.ReadIndexRequest(formerLife, leader.Replica.Identity.Server, leader.Replica.Core.CurrentTerm, new Consensus.Messages.ReadId(1)))));
        world.Loss = 0;

        world.Until(() => wiped.Replica.IsMember);
    }

    [Fact]
    public void A_birth_is_handed_on_no_more_once_its_receiver_has_shown_that_it_has_it()
    {
        var world = new World(seed: 12, nodes: 5);
        world.StartAndElect();

        world.SentDuring(() => world.Pass(500)).ShouldNotContain(message => message is Peers.BirthCertificate);
    }

    [Fact]
    public void A_newcomer_whose_birth_was_torn_behind_a_later_term_joins_again()
    {
        var world = new World(seed: 14, nodes: 3);
        world.StartAndElect();
        world[3].Kill();
        world[3].Wipe();
        using (WriteAheadLog log = ReplicaFolder.Open(world[3].Disk, new NodeId(3), WorldNode.WalOptions, world.DrawId, null).Log)
        {
            log.Append(new WalBatch(new HardState(new Term(26), null), null, []));
            log.Sync();
        }

        world[3].Start();
        world.Until(() => world[3].Replica.IsMember);

        world[3].Replica.Core.CurrentTerm.Value.ShouldBeGreaterThanOrEqualTo(26UL);
        world.Do(3, CreateOrders).Reply.Outcome.ShouldBe(QueueOutcome.Done);
    }

    [Fact]
    public void A_lone_node_founds_and_leads_at_once()
    {
        var world = new World(seed: 2, nodes: 1);

        world.StartAndElect();

        world.Do(1, CreateOrders).Reply.Outcome.ShouldBe(QueueOutcome.Done);
    }

    [Fact]
    public void A_founder_that_meets_only_a_majority_founds_after_its_grace_and_admits_the_last_one_later()
    {
        var world = new World(seed: 3, nodes: 3);
        world[1].Start();
        world[2].Start();

        world.Pass(50);
        world.Leader.ShouldBeNull();
        world.Until(() => world.Leader is not null);
        world[3].Start();
        world.Until(() => world[3].Replica.IsMember);

        world[3].Reports.ShouldContain(report => report.Contains("admitted"));
        world[3].Replica.Identity.Cluster.ShouldBe(world[1].Replica.Identity.Cluster);
    }

    [Fact]
    public void Without_the_lowest_member_nobody_founds_and_the_others_say_for_whom_they_wait()
    {
        var world = new World(seed: 4, nodes: 3);
        world[2].Start();
        world[3].Start();

        world.Pass(1_000);

        world.Running.ShouldAllBe(node => !node.Replica.Identity.Cluster.IsBorn);
        world[2].Reports.ShouldContain(report => report.Contains("node 1"));
    }

    [Fact]
    public void Nobody_founds_beside_a_member_of_a_cluster()
    {
        var world = new World(seed: 20, nodes: 3);
        world[1].Start();
        world[2].Start();
        world.Until(() => world.Leader is not null && world[2].Replica.Identity.Cluster.IsBorn);
        world[1].Kill();
        world[1].Wipe();
        world[1].Start();
        world[3].Start();

        // Nodes 1 and 3 are a majority without a past, and node 2 has one.
        world.Pass(1_000);

        world[1].Replica.Identity.Cluster.IsBorn.ShouldBeFalse();
        world[3].Replica.Identity.Cluster.IsBorn.ShouldBeFalse();
        world[1].Reports.ShouldContain(report => report.Contains("belongs to a cluster already"));
    }

    [Fact]
    public void A_wiped_node_does_not_vote_before_it_is_admitted()
    {
        var world = new World(seed: 5, nodes: 3);
        world.StartAndElect();
        world.Do(1, CreateOrders);
        world[1].Kill();
        world[3].Kill();
        world[3].Wipe();
        world[3].Start();

        // Node 2 alone is no majority, and node 3 has forgotten what it promised.
        world.Pass(1_000);
        world.Leader.ShouldBeNull();
        world[3].Replica.IsMember.ShouldBeFalse();

        world[1].Start();
        world.Until(() => world[3].Replica.IsMember);
        world[1].Kill();
        world.Until(() => world.Leader is { Id: 2 or 3 });
        world.Do(2, QueueCommandCodec.CreateTopic("orders")).Reply.Outcome.ShouldBe(QueueOutcome.TopicExists);
    }

    [Fact]
    public void A_seat_is_vacated_before_the_new_incarnation_takes_it()
    {
        var world = new World(seed: 6, nodes: 3);
        world.StartAndElect();
        world[3].Kill();
        world[3].Wipe();
        world[3].Start();
        world.Until(() => world[3].Replica.IsMember);

        world[1].Reports.Concat(world[2].Reports).ShouldContain(report => report.Contains("vacating"));
        world[1].Reports.Concat(world[2].Reports).ShouldContain(report => report.Contains("admitting"));
    }

    [Fact]
    public void After_a_full_restart_the_cluster_goes_on_with_everything()
    {
        var world = new World(seed: 7, nodes: 3);
        world.StartAndElect();
        world.Do(2, CreateOrders);
        world.Do(3, QueueCommandCodec.Publish("orders", "one"u8));
        foreach (WorldNode node in world.Nodes)
        {
            node.Kill();
        }

        world.StartAll();

        RequestResult popped = world.Do(2, QueueCommandCodec.Pop("orders"));
        popped.Body.ToArray().ShouldBe("one"u8.ToArray());
    }

    [Fact]
    public void A_birth_that_never_reached_a_majority_is_given_up_when_the_majority_is_born_elsewhere()
    {
        var world = new World(seed: 8, nodes: 3);
        world[1].Start();
        world[1].DiskIsHeld = true;
        world[2].Start();
        world.Until(() => world[1].Replica.Identity.Cluster.IsBorn);

        // It is cut off before its birth is durable, so it cannot hand it on.
        world.Isolate(1);
        world[1].DiskIsHeld = false;
        world.Pass(10);
        world[1].Kill();
        world.Heal();
        world[2].Replica.Identity.Cluster.IsBorn.ShouldBeFalse();
        Simulation.Disk.SimulatedDisk oldDisk = world[1].Disk;
        world[1].Wipe();
        world[1].Start();
        world[3].Start();
        world.Until(() => world.Leader is not null && world[3].Replica.IsMember);
        ClusterId born = world[2].Replica.Identity.Cluster;

        world[1].Kill();
        world[1].UseDisk(oldDisk);
        world[1].Start();
        world.Until(() => world[1].Replica.IsMember && world[1].Replica.Identity.Cluster == born);

        world[1].Reports.ShouldContain(report => report.Contains("giving up") && report.Contains("nothing that was acknowledged is lost"));
    }

    [Fact]
    public void By_the_assignments_rule_an_unborn_majority_founds_anew_and_the_born_minority_gives_up()
    {
        var world = new World(seed: 9, nodes: 3, options => options with { Birth = BirthPolicy.MajorityDecides });
        world.StartAndElect();
        world.Do(1, CreateOrders);
        ClusterId old = world[3].Replica.Identity.Cluster;
        foreach (uint id in new uint[] { 1, 2 })
        {
            world[id].Kill();
            world[id].Wipe();
        }

        world.Pass(100);
        world[1].Start();
        world[2].Start();
        world.Until(() => world.Leader is not null && world.Running.All(node => node.Replica.IsMember && node.Replica.Identity.Cluster != old));

        world[3].Reports.ShouldContain(report => report.Contains("giving up") && report.Contains("lost"));
        world.Do(3, CreateOrders).Reply.Outcome.ShouldBe(QueueOutcome.Done);
    }

    [Fact]
    public void A_folder_restored_from_a_copy_that_lacks_acknowledged_entries_is_refused()
    {
        var world = new World(seed: 11, nodes: 3);
        uint leader = world.StartAndElect().Id;
        uint follower = world.Nodes.First(node => node.Id != leader).Id;
        world.Do(leader, CreateOrders);
        Simulation.Disk.SimulatedDisk copy = world[follower].Disk.Copy(1);
        world.Do(leader, QueueCommandCodec.Publish("orders", "one"u8));
        world.Pass(10);
        LogIndex acknowledged = world[follower].Replica.Core.Log.Last.Index;

        world[follower].Kill();
        world[follower].UseDisk(copy);
        world[follower].Start();
        world.Until(() => !world[follower].IsRunning);

        world[follower].Reports.ShouldContain(report => report.Contains($"acknowledged entry {acknowledged}") && report.Contains("older copy"));
        world.Do(leader, QueueCommandCodec.Pop("orders")).Reply.Outcome.ShouldBe(QueueOutcome.Done);
    }

    /// <summary>Its disk was lost, an empty one began to catch up, and then somebody puts yesterday's copy back: the seat is still that of its incarnation.</summary>
    [Fact]
    public void A_folder_restored_from_a_copy_is_refused_although_another_incarnation_of_its_node_has_spoken_since()
    {
        var world = new World(seed: 11, nodes: 3);
        uint leader = world.StartAndElect().Id;
        uint follower = world.Nodes.First(node => node.Id != leader).Id;
        world.Do(leader, CreateOrders);
        Simulation.Disk.SimulatedDisk copy = world[follower].Disk.Copy(1);
        ServerId restored = world[follower].Replica.Identity.Server;
        world.Do(leader, QueueCommandCodec.Publish("orders", "one"u8));
        world.Pass(10);
        world[follower].Kill();
        world[follower].Wipe();
        world[follower].Start();
        world.Until(() => world.Leader!.Replica.Core.Peers.Any(peer => peer.Server.Node.Value == follower && peer.Server != restored && peer.MatchIndex > LogIndex.Zero));
        world.Leader!.Replica.Core.Membership!.Counts(restored).ShouldBeTrue();

        world[follower].Kill();
        world[follower].UseDisk(copy);
        world[follower].Start();
        world.Until(() => !world[follower].IsRunning);

        world[follower].Reports.ShouldContain(report => report.Contains("older copy"));
    }

    [Fact]
    public void A_folder_restored_from_a_copy_of_an_earlier_term_is_refused_by_whoever_remembers_the_later()
    {
        var world = new World(seed: 12, nodes: 3);
        uint leader = world.StartAndElect().Id;
        Simulation.Disk.SimulatedDisk copy = world[leader].Disk.Copy(1);
        world[leader].Kill();
        world.Until(() => world.Leader is { Replica.Core.HasCommittedInOwnTerm: true });
        world[leader].Start();
        world.Until(() => world[leader].Replica.Core.Leader is not null);
        world.Pass(10);
        world[leader].Kill();

        world[leader].UseDisk(copy);
        world[leader].Start();
        world.Pass(1);

        world[leader].IsRunning.ShouldBeFalse("the leader of term 2 has heard it in that term");
        world[leader].Reports.ShouldContain(report => report.Contains("reached term 2") && report.Contains("holds term 1"));
    }

    [Fact]
    public void A_folder_that_holds_all_it_promised_is_welcome_whoever_remembers()
    {
        var world = new World(seed: 13, nodes: 3);
        world.StartAndElect();
        world.Do(1, CreateOrders);
        foreach (uint id in new uint[] { 1, 2, 3, 1, 2, 3 })
        {
            world[id].Kill();
            world.Until(() => world.Leader is { Replica.Core.HasCommittedInOwnTerm: true });
            world[id].Start();
            world.Until(() => world[id].Replica.Core.Leader is not null);
            world.Pass(5);
        }

        world.Running.Count().ShouldBe(3);
    }

    [Fact]
    public void By_the_assignments_rule_one_foreigner_outvotes_nobody()
    {
        var world = new World(seed: 15, nodes: 3, options => options with { Birth = BirthPolicy.MajorityDecides });
        world.StartAndElect();
        world.Do(1, CreateOrders);
        ClusterId cluster = world[1].Replica.Identity.Cluster;

        for (uint id = 1; id <= 3; id++)
        {
            var foreigner = new ServerId(new NodeId(id % 3 + 1), 99);
            world[id].Handle(new PeerMetInput(new Storage.Identity.ServerIdentity(new ClusterId(77), foreigner)));
        }

        world.Pass(50);
        world.Running.ShouldAllBe(node => node.Replica.Identity.Cluster == cluster);
        world.Do(2, QueueCommandCodec.Publish("orders", "one"u8)).Reply.Outcome.ShouldBe(QueueOutcome.Done);
    }

    [Fact]
    public void What_is_said_in_another_cluster_is_not_listened_to()
    {
        var world = new World(seed: 16, nodes: 3);
        WorldNode leader = world.StartAndElect();
        ServerId other = world.Nodes.First(node => node != leader).Replica.Identity.Server;

        leader.Handle(new PeerMessageInput(
            new ClusterId(77),
            new Peers.RaftPeerMessage(new Consensus.Messages.AppendEntriesResponse(other, leader.Replica.Identity.Server, new Term(99), true, LogIndex.Zero, LogPosition.Zero, 0, true))));
        world.Pass(5);

        leader.Replica.Core.Role.ShouldBe(Role.Leader);
        leader.Replica.Core.CurrentTerm.ShouldBe(new Term(1));
    }

    [Fact]
    public void A_folder_that_was_being_emptied_when_the_power_went_is_emptied_at_the_next_start()
    {
        for (ulong seed = 1; seed <= 30; seed++)
        {
            int steps = 0;
            while (!EmptyUntilThePowerGoes(seed, ++steps))
            {
                steps.ShouldBeLessThan(100);
            }

            steps.ShouldBeGreaterThan(2);
        }
    }

    private static bool EmptyUntilThePowerGoes(ulong seed, int steps)
    {
        var files = new Simulation.Disk.SimulatedDisk(seed);
        ulong lastId = 0;
        ReplicaFolder folder = ReplicaFolder.Open(files, new NodeId(1), WorldNode.WalOptions, () => ++lastId, null);
        ServerId before = folder.Identity.Server;
        folder.Log.Append(new WalBatch(new HardState(new Term(3), null), null, []));
        folder.Log.Sync();
        folder.Log.Dispose();
        files.CrashAfter(steps);
        bool isDone = false;
        try
        {
            Storage.DataFolder.Discard(files);
            isDone = true;
        }
        catch (Simulation.Disk.SimulatedCrashException)
        {
            files.Crash();
        }

        files.RestartProcess();
        ReplicaFolder after = ReplicaFolder.Open(files, new NodeId(1), WorldNode.WalOptions, () => ++lastId, null);
        bool isWhole = after.Identity.Server == before;
        after.Recovered.HardState.CurrentTerm.Value.ShouldBe(
            isWhole ? 3UL : 0UL, $"a folder is emptied whole or not at all, also with the power gone after step {steps} on disk {seed}");
        return isDone;
    }

    [Fact]
    public void An_unborn_copy_of_a_folder_that_has_promised_something_is_refused()
    {
        var world = new World(seed: 18, nodes: 3);
        world[1].Start();
        world.Pass(1);
        var other = new ServerId(new NodeId(2), 99);

        world[1].Handle(new PeerMessageInput(
            new ClusterId(77),
            new Peers.RaftPeerMessage(new Consensus.Messages.Reminder(other, world[1].Replica.Identity.Server, new Term(3), new LogIndex(5), LogPosition.Zero))));
        world.Pass(1);

        world[1].IsRunning.ShouldBeFalse();
        world[1].Reports.ShouldContain(report => report.Contains("older copy"));
    }

    [Fact]
    public void An_identity_beside_no_log_or_another_clusters_is_refused()
    {
        var world = new World(seed: 21, nodes: 1);
        WorldNode node = world.StartAndElect();
        Storage.Identity.ServerIdentity identity = node.Replica.Identity;
        node.Kill();

        Storage.Identity.IdentityFile.Write(node.Disk, identity with { Cluster = new ClusterId(77) });
        Should.Throw<Storage.StorageDamagedException>(node.Start).Message.ShouldContain("files of two folders are mixed");

        Storage.Identity.IdentityFile.Write(node.Disk, identity);
        foreach (string segment in node.Disk.List().Where(name => name.EndsWith(".wal", StringComparison.Ordinal)))
        {
            node.Disk.Delete(segment);
        }

        Should.Throw<Storage.StorageDamagedException>(node.Start).Message.ShouldContain("it was lost");
    }

    [Fact]
    public void Log_time_begins_with_the_founders_wall_clock()
    {
        var world = new World(seed: 20, nodes: 3);
        WorldNode leader = world.StartAndElect();

        leader.Replica.Core.Log.TryGet(new LogIndex(1), out LogEntry birth).ShouldBeTrue();
        birth.Time.Milliseconds.ShouldBeInRange(world.Clocks.WallMs - 60_000, world.Clocks.WallMs);
    }

    [Fact]
    public void No_seat_changes_for_a_newcomer_that_has_not_answered()
    {
        var world = new World(seed: 21, nodes: 3);
        WorldNode leader = world.StartAndElect();
        WorldNode wiped = world.Nodes.First(node => node != leader);
        wiped.Kill();
        wiped.Wipe();
        wiped.Start();
        LogIndex before = leader.Replica.Core.Log.Last.Index;
        world.Loss = 1;

        world.Pass(5);

        leader.Replica.Core.Log.Last.Index.ShouldBe(before);
    }

    [Fact]
    public void A_birth_that_a_majority_may_still_have_is_kept()
    {
        var world = new World(seed: 22, nodes: 3);
        world.StartAll();
        world.Loss = 1;
        world.Until(() => world[1].Replica.Identity.Cluster.IsBorn);
        world.Pass(2);

        world[1].Handle(new PeerMetInput(new Storage.Identity.ServerIdentity(new ClusterId(77), world[2].Replica.Identity.Server)));
        world.Pass(2);

        world[1].Reports.ShouldNotContain(report => report.Contains("giving up"));
        world[1].Replica.Identity.Cluster.IsBorn.ShouldBeTrue();
    }

    [Fact]
    public void A_birth_is_not_given_up_for_what_others_say_in_new_lives()
    {
        var world = new World(seed: 23, nodes: 3);
        world.StartAll();
        world.Loss = 1;
        world.Until(() => world[1].Replica.Identity.Cluster.IsBorn);
        world.Pass(2);

        foreach (uint id in new uint[] { 2, 3 })
        {
            world[1].Handle(new PeerMetInput(new Storage.Identity.ServerIdentity(new ClusterId(77), new ServerId(new NodeId(id), 99))));
        }

        world.Pass(2);
        world[1].Reports.ShouldNotContain(report => report.Contains("giving up"));
        world[1].Replica.Identity.Cluster.IsBorn.ShouldBeTrue();
    }
}
