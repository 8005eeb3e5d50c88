using System.Text;
using RaftMQ.Consensus;
using RaftMQ.Queues;
using RaftMQ.Replica.Disk;
using RaftMQ.Replica.Requests;
using RaftMQ.Simulation.Disk;
using RaftMQ.Storage.Snapshots;

namespace RaftMQ.Replica.Tests;

/// <summary>A start goes on behind the newest snapshot that is whole, as if all had been applied again (§7; design, storage rule 7).</summary>
public sealed class Snapshots
{
    private const string SnapshotEnding = ".snapshot";

    [Fact]
    public void A_start_goes_on_behind_a_snapshot_with_messages_keys_and_limits()
    {
        World world = WithSnapshots(seed: 1);
        WorldNode node = world[1];
        ulong hash = node.Replica.Machine.StateHash;
        LogIndex applied = node.Replica.AppliedIndex;
        Restart(world, node);

        LogIndex restored = node.Replica.AppliedIndex;
        restored.Value.ShouldBeGreaterThan(applied.Value / 2);
        node.Replica.Core.CommitIndex.ShouldBe(restored);
        world.Until(() => node.Replica.AppliedIndex > applied);
        node.Replica.Machine.StateHash.ShouldBe(hash);
        Encoding.UTF8.GetString(world.Do(1, QueueCommandCodec.Pop("orders", "a key")).Body.Span).ShouldBe("message 0");
        Encoding.UTF8.GetString(world.Do(1, QueueCommandCodec.Pop("orders")).Body.Span).ShouldBe("message 1");
    }

    [Fact]
    public void Two_snapshots_are_kept_and_a_damaged_newest_one_is_passed_over_aloud()
    {
        World world = WithSnapshots(seed: 2);
        WorldNode node = world[1];
        string[] kept = SnapshotsOf(node);
        kept.Length.ShouldBe(2);

        ComesBackToItsState(world, node, damaged: [kept[1]], startsAt: IndexOf(kept[0]));

        node.Reports.ShouldContain(report => report.Contains("passing over") && report.Contains(kept[1]));
    }

    [Fact]
    public void Without_a_whole_snapshot_a_log_that_still_begins_at_its_beginning_is_applied_again()
    {
        World world = WithSnapshots(seed: 3, snapshotLogBytes: 240_000);
        SnapshotsOf(world[1]).Length.ShouldBe(1);

        ComesBackToItsState(world, world[1], damaged: SnapshotsOf(world[1]), startsAt: 0);
    }

    [Fact]
    public void Without_a_whole_snapshot_a_log_that_begins_later_is_refused()
    {
        World world = WithSnapshots(seed: 8);
        WorldNode node = world[1];
        node.Kill();
        foreach (string name in SnapshotsOf(node))
        {
            node.Disk.FlipBit(name, 90, 2);
        }

        Should.Throw<Storage.StorageDamagedException>(node.Start).Message.ShouldContain("no snapshot is whole");
    }

    [Fact]
    public void A_log_that_ends_before_the_snapshot_has_lost_what_was_durable_and_is_refused()
    {
        World world = WithSnapshots(seed: 4);
        WorldNode node = world[1];
        Restart(world, node);
        node.Kill();
        foreach (string segment in node.Disk.List().Where(name => name.EndsWith(".wal", StringComparison.Ordinal)).Skip(1))
        {
            node.Disk.Delete(segment);
        }

        node.Disk.List().Count(name => name.EndsWith(".wal", StringComparison.Ordinal)).ShouldBe(1);
        Should.Throw<Storage.StorageDamagedException>(node.Start).Message.ShouldContain("snapshot up to entry");
    }

    [Fact]
    public void A_state_that_stays_small_is_pictured_after_a_quarter_of_the_log()
    {
        var world = new World(seed: 12, nodes: 1, options => options with { SnapshotLogBytes = 40_000 });
        WorldNode node = world.StartAndElect();
        world.Do(1, QueueCommandCodec.CreateTopic("orders"));
        int logged = 0;
        while (SnapshotsOf(node).Length == 0)
        {
            world.Do(1, QueueCommandCodec.Publish("orders", new byte[400]));
            world.Do(1, QueueCommandCodec.Pop("orders"));
            (logged += 500).ShouldBeLessThan(15_000);
        }

        logged.ShouldBeGreaterThan(7_000);
    }

    /// <summary>Popping takes little of the log: it is what was popped that counts.</summary>
    [Fact]
    public void A_disk_with_ample_room_follows_the_messages_that_wait()
    {
        World world = WithLargeMessages(seed: 14, nodes: 1);
        long used = world[1].Disk.UsedBytes;

        PopLargeMessages(world);

        world.Until(() => world[1].Disk.UsedBytes < used / 4);
        SnapshotsOf(world[1]).Length.ShouldBe(2);
    }

    /// <summary>The last snapshot of all may be taken in the midst of it: nothing follows that would bring another.</summary>
    [Fact]
    public void What_is_consumed_while_a_snapshot_is_written_is_given_back_although_nothing_follows()
    {
        World world = WithLargeMessages(seed: 16, nodes: 1);
        WorldNode node = world[1];
        long used = node.Disk.UsedBytes;
        node.UpkeepIsHeld = true;
        PopLargeMessages(world);
        node.UpkeepIsHeld = false;

        world.Until(() => node.Disk.UsedBytes < used / 4);
        ComesBackToItsState(world, node, damaged: [], startsAt: IndexOf(SnapshotsOf(node)[^1]));
    }

    [Fact]
    public void What_was_consumed_is_given_back_as_soon_as_there_is_room_for_the_snapshot_that_gives_it_back()
    {
        World world = WithLargeMessages(seed: 17, nodes: 1);
        WorldNode node = world[1];
        long used = node.Disk.UsedBytes;
        LogIndex last = node.Replica.AppliedIndex;
        node.Disk.CapacityBytes = used - 10_000;
        PopLargeMessages(world);
        int asked = node.SnapshotsAsked;
        world.Pass(1_000);

        SnapshotsOf(node).ShouldHaveSingleItem("room counts for more than a second copy");
        (node.SnapshotsAsked - asked).ShouldBeInRange(1, 11, "one a second");
        IndexOf(SnapshotsOf(node)[0]).ShouldBeLessThanOrEqualTo(last.Value, "there was room for none");
        node.Disk.CapacityBytes = long.MaxValue;
        world.Until(() => node.Disk.UsedBytes < used / 4);
    }

    /// <summary>Something else takes the room that was left for the snapshot: then what the older one of two holds has to do, though it is next to nothing.</summary>
    [Fact]
    public void A_full_disk_is_freed_by_consuming_although_there_is_no_room_for_a_second_snapshot()
    {
        World world = WithLargeMessages(seed: 19, nodes: 1);
        WorldNode node = world[1];
        world.Do(1, QueueCommandCodec.CreateTopic("others"));
        long used = node.Disk.UsedBytes;
        node.Disk.CapacityBytes = used;
        PopLargeMessages(world);

        world.Until(() =>
        {
            node.RestDisk();
            return node.Disk.UsedBytes < used / 4;
        });
        world.Until(() => world.Do(1, QueueCommandCodec.Publish("others", new byte[1_000])).Outcome == RequestOutcome.Replied);
    }

    /// <summary>A life may end between any two steps of giving back, and the next may have nothing to do.</summary>
    [Fact]
    public void What_one_life_did_not_come_to_give_back_the_next_gives_back()
    {
        for (int steps = 0; steps < 24; steps++)
        {
            World world = WithLargeMessages(seed: 20, nodes: 1);
            WorldNode node = world[1];
            long used = node.Disk.UsedBytes;
            node.UpkeepIsHeld = true;
            PopLargeMessages(world);
            for (int step = 0; step < steps; step++)
            {
                if (step % 2 == 0)
                {
                    node.RestDisk();
                }
                else
                {
                    node.EndTurn();
                }
            }

            node.Kill();
            node.UpkeepIsHeld = false;
            node.Start();
            world.Until(() => world.Leader is not null);
            world.Pass(50);
            node.Disk.UsedBytes.ShouldBeLessThan(used / 4, $"killed after {steps} steps");
        }
    }

    /// <summary>A retried pop is answered with the body that the first one took.</summary>
    [Fact]
    public void What_was_popped_with_a_key_is_given_back_when_the_key_is_forgotten_and_until_then_nothing_is_tried()
    {
        World world = WithLargeMessages(seed: 18, nodes: 1);
        WorldNode node = world[1];
        long used = node.Disk.UsedBytes;
        string[] before = SnapshotsOf(node);
        PopLargeMessages(world, withKeys: true);
        world.Pass(1_000);
        SnapshotsOf(node).ShouldBe(before);
        Encoding.UTF8.GetString(world.Do(1, QueueCommandCodec.Pop("orders", "key 0")).Body.Span).Length.ShouldBe(10_000);

        world.Pass((int)(new QueueLimits().RequestKeyWindowMilliseconds / 10));
        world.Do(1, QueueCommandCodec.Publish("orders", "of a later time"u8));

        world.Until(() => node.Disk.UsedBytes < used / 4);
    }

    /// <summary>The snapshots from before would bring all that was popped since, for which there is no room; and what came by the log and has none, either, is replaced by the newest.</summary>
    [Fact]
    public void A_full_follower_that_was_away_comes_back_when_what_it_missed_is_consumed()
    {
        World world = WithLargeMessages(seed: 15, nodes: 3, away: 3);
        WorldNode follower = world[3];
        follower.Disk.CapacityBytes = follower.Disk.UsedBytes + (world[1].Disk.UsedBytes / 4);
        follower.Start();
        world.Until(() => follower.Reports.Exists(report => report.Contains("reserve is used up", StringComparison.Ordinal)));
        PopLargeMessages(world);

        world.Until(() => follower.Replica.AppliedIndex == world[1].Replica.AppliedIndex);
        follower.Replica.Machine.StateHash.ShouldBe(world[1].Replica.Machine.StateHash);
        world.Do(3, QueueCommandCodec.Publish("orders", "taken"u8)).Reply.Outcome.ShouldBe(QueueOutcome.Done);
    }

    [Theory]
    [InlineData(3)]
    [InlineData(4)]
    [InlineData(5)]
    [InlineData(9)]
    public void A_full_disk_is_freed_by_consuming_what_is_on_it(int segments)
    {
        var world = new World(seed: 6, nodes: 1);
        WorldNode node = world.StartAndElect();
        world.Do(1, QueueCommandCodec.CreateTopic("orders"));
        node.Disk.CapacityBytes = node.Disk.UsedBytes + (segments * WorldNode.WalOptions.SegmentBytes);
        int published = 0;
        while (world.Do(1, QueueCommandCodec.Publish("orders", new byte[10_000])).Outcome == RequestOutcome.Replied)
        {
            published++;
        }

        published.ShouldBeInRange(3, 50);
        for (int i = 0; i < published; i++)
        {
            world.Do(1, QueueCommandCodec.Pop("orders")).Body.Length.ShouldBe(10_000);
        }

        world.Until(() => world.Do(1, QueueCommandCodec.Publish("orders", new byte[10_000])).Outcome == RequestOutcome.Replied);
        ulong hash = node.Replica.Machine.StateHash;
        LogIndex applied = node.Replica.AppliedIndex;
        node.Kill();
        node.Start();
        world.Until(() => node.Replica.AppliedIndex > applied);
        node.Replica.Machine.StateHash.ShouldBe(hash);
    }

    [Fact]
    public void What_was_consumed_is_given_back_before_the_disk_is_full()
    {
        var world = new World(seed: 6, nodes: 1);
        WorldNode node = world.StartAndElect();
        world.Do(1, QueueCommandCodec.CreateTopic("orders"));
        node.Disk.CapacityBytes = node.Disk.UsedBytes + (6 * WorldNode.WalOptions.SegmentBytes);
        for (int i = 0; i < 20; i++)
        {
            world.Do(1, QueueCommandCodec.Publish("orders", new byte[10_000])).Outcome.ShouldBe(RequestOutcome.Replied);
        }

        long used = node.Disk.UsedBytes;
        for (int i = 0; i < 20; i++)
        {
            world.Do(1, QueueCommandCodec.Pop("orders")).Body.Length.ShouldBe(10_000);
        }

        world.Until(() => node.Disk.UsedBytes < used - 100_000);
    }

    [Fact]
    public void A_body_that_is_waited_for_is_not_given_up_however_many_snapshots_would_be_due_meanwhile()
    {
        var world = new World(seed: 10, nodes: 1, options => options with { SnapshotLogBytes = 1, BodyLoadBytes = 1, Raft = options.Raft with { TailBytes = 0 } });
        WorldNode node = world.StartAndElect();
        world.Do(1, QueueCommandCodec.CreateTopic("orders"));
        world.Do(1, QueueCommandCodec.CreateTopic("others"));
        for (int i = 0; i < 40; i++)
        {
            world.Do(1, QueueCommandCodec.Publish("orders", new byte[10_000 + i]));
        }

        // All are popped at once; their bodies are read one in each round, and between the rounds there is always something new to take a snapshot of.
        TestCommand[] pops = [.. Enumerable.Range(0, 40).Select(_ => world.Submit(1, QueueCommandCodec.Pop("orders")))];
        for (int round = 0; round < 400 && !Array.TrueForAll(pops, pop => pop.IsDone); round++)
        {
            world.Submit(1, QueueCommandCodec.Publish("others", new byte[5_000]));
            node.EndTurn();
        }

        pops.Select(pop => pop.Result.Body.Length).ShouldBe(Enumerable.Range(0, 40).Select(i => 10_000 + i));
    }

    [Fact]
    public void On_a_full_disk_too_a_body_that_is_waited_for_is_handed_out_before_a_snapshot_makes_room()
    {
        var world = new World(seed: 11, nodes: 1, options => options with { BodyLoadBytes = 1, Raft = options.Raft with { TailBytes = 0 } });
        WorldNode node = world.StartAndElect();
        world.Do(1, QueueCommandCodec.CreateTopic("orders"));
        node.Disk.CapacityBytes = node.Disk.UsedBytes + (5 * WorldNode.WalOptions.SegmentBytes);
        int published = 0;
        while (world.Do(1, QueueCommandCodec.Publish("orders", new byte[10_000])).Outcome == RequestOutcome.Replied)
        {
            published++;
        }

        world.Pass(200);
        TestCommand[] pops = [.. Enumerable.Range(0, published).Select(_ => world.Submit(1, QueueCommandCodec.Pop("orders")))];
        for (int i = 0; i < 2 * published; i++)
        {
            node.EndTurn();
        }

        published.ShouldBeGreaterThan(15);
        pops.ShouldAllBe(pop => pop.IsDone && pop.Result.Body.Length == 10_000);
    }

    [Fact]
    public void A_leader_whose_disk_is_full_hands_over_to_one_that_has_room()
    {
        var world = new World(seed: 9, nodes: 3);
        WorldNode full = world.StartAndElect();
        world.Do(1, QueueCommandCodec.CreateTopic("orders"));
        full.Disk.CapacityBytes = full.Disk.UsedBytes;

        for (int i = 0; i < 60; i++)
        {
            world.Do(1 + (uint)(i % 3), QueueCommandCodec.Publish("orders", new byte[10_000]));
        }

        world.Until(() => full.Replica.Core.Role != Role.Leader);
        full.Reports.ShouldContain(report => report.Contains("handing leadership over"));
        world.Until(() => world.Do(1, QueueCommandCodec.Publish("orders", "more"u8)).Outcome == RequestOutcome.Replied);
    }

    [Fact]
    public void While_one_is_on_its_way_to_somebody_what_others_refer_to_is_forgotten_as_they_go()
    {
        ulong id = 0;
        using ReplicaFolder folder = ReplicaFolder.Open(new SimulatedDisk(1), new NodeId(1), WorldNode.WalOptions, () => ++id, null);
        var upkeep = new SnapshotUpkeep(folder);
        Save(upkeep, 1);
        upkeep.Keep([PositionOf(1)]);

        for (int index = 2; index < 10; index++)
        {
            Save(upkeep, index);
        }

        upkeep.Lists.ShouldBe(1 + SnapshotStore.Kept);
        upkeep.LiveOf(PositionOf(1)).ShouldNotBeNull();
        upkeep.Keep([]);
        upkeep.Lists.ShouldBe(SnapshotStore.Kept);
    }

    [Fact]
    public void What_is_left_of_an_unfinished_snapshot_makes_room_for_a_start()
    {
        World world = WithSnapshots(seed: 7);
        WorldNode node = world[1];
        node.Kill();
        using (Storage.Files.IFile left = node.Disk.Create("snapshot.tmp"))
        {
            left.Write(0, new byte[3 * WorldNode.WalOptions.SegmentBytes]);
        }

        foreach (string spare in node.Disk.List().Where(name => name.EndsWith(".spare", StringComparison.Ordinal)))
        {
            node.Disk.Delete(spare);
        }

        node.Disk.CapacityBytes = node.Disk.UsedBytes;

        node.Start();

        node.Disk.List().ShouldNotContain("snapshot.tmp");
    }

    private static void ComesBackToItsState(World world, WorldNode node, string[] damaged, ulong startsAt)
    {
        ulong hash = node.Replica.Machine.StateHash;
        LogIndex applied = node.Replica.AppliedIndex;
        node.Kill();
        foreach (string name in damaged)
        {
            node.Disk.FlipBit(name, 90, 2);
        }

        node.Start();
        node.Replica.AppliedIndex.Value.ShouldBe(startsAt);
        world.Until(() => node.Replica.AppliedIndex > applied);
        node.Replica.Machine.StateHash.ShouldBe(hash);
    }

    private static World WithSnapshots(int seed, long snapshotLogBytes = 2_000)
    {
        var world = new World(seed, nodes: 3, options => options with { SnapshotLogBytes = snapshotLogBytes, Raft = options.Raft with { TailBytes = 0 } });
        world.StartAndElect();
        world.Do(1, QueueCommandCodec.CreateTopic("orders"));
        for (int i = 0; i < 900; i++)
        {
            world.Do(1, QueueCommandCodec.Publish("orders", Encoding.UTF8.GetBytes("message " + i))).Reply.Outcome.ShouldBe(QueueOutcome.Done);
            if (i == 5)
            {
                world.Do(1, QueueCommandCodec.Pop("orders", "a key"));
            }
        }

        world.Settle();
        world.Pass(50);
        return world;
    }

    /// <summary>A hundred messages of 10 kB wait, and a node knows nothing of them.</summary>
    private static World WithLargeMessages(int seed, int nodes, uint? away = null)
    {
        var world = new World(seed, nodes, options => options with { SnapshotLogBytes = 100_000, Raft = options.Raft with { TailBytes = 0 } });
        world.StartAndElect();
        world.Do(1, QueueCommandCodec.CreateTopic("orders"));
        if (away is { } node)
        {
            world.Settle();
            world[node].Kill();
        }

        for (int i = 0; i < 100; i++)
        {
            world.Do(1, QueueCommandCodec.Publish("orders", new byte[10_000])).Reply.Outcome.ShouldBe(QueueOutcome.Done);
        }

        return world;
    }

    private static void PopLargeMessages(World world, bool withKeys = false)
    {
        for (int i = 0; i < 100; i++)
        {
            world.Do(1, QueueCommandCodec.Pop("orders", withKeys ? $"key {i}" : null)).Body.Length.ShouldBe(10_000);
        }
    }

    private static LogPosition PositionOf(int index) => new(new LogIndex((ulong)index), new Term(1));

    private static void Save(SnapshotUpkeep upkeep, int index)
    {
        var birth = new LogEntry(new LogIndex(1), new Term(1), EntryKind.Birth, new LogTime(1), new byte[10]);
        upkeep.Begin(new SnapshotSave(new SnapshotMetadata(PositionOf(index), new LogTime(index), 0, [birth]), new QueueMachine().Capture(), FreesRoom: false), 1_000);
        while (upkeep.Step(1_000) is null)
        {
        }
    }

    private static void Restart(World world, WorldNode node)
    {
        node.Kill();
        node.Start();
        world.Running.Count().ShouldBe(3);
    }

    private static string[] SnapshotsOf(WorldNode node) => [.. node.Disk.List().Where(name => name.EndsWith(SnapshotEnding, StringComparison.Ordinal))];

    private static ulong IndexOf(string snapshot) => ulong.Parse(snapshot[..^SnapshotEnding.Length], System.Globalization.CultureInfo.InvariantCulture);
}
