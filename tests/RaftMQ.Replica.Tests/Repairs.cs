using RaftMQ.Consensus;
using RaftMQ.Queues;
using RaftMQ.Replica.Disk;
using RaftMQ.Simulation.Disk;
using RaftMQ.Storage;
using RaftMQ.Storage.Files;
using RaftMQ.Storage.Identity;
using RaftMQ.Storage.Wal;

namespace RaftMQ.Replica.Tests;

/// <summary>A node whose damaged folder was set aside is brought up by the others and admitted by them, or waits; it never helps to forget.</summary>
public sealed class Repairs
{
    private static readonly byte[] CreateOrders = QueueCommandCodec.CreateTopic("orders");

    [Fact]
    public void A_set_aside_node_comes_back_as_another_incarnation_with_all_that_it_had_and_only_then_removes_what_was_set_aside()
    {
        var world = new World(seed: 1, nodes: 3);
        WorldNode leader = world.StartAndElect();
        world.Do(leader.Id, CreateOrders);
        world.Do(leader.Id, QueueCommandCodec.Publish("orders", "kept"u8));
        WorldNode damaged = world.Nodes.First(node => node != leader);
        ServerIdentity before = damaged.Replica.Identity;
        damaged.Kill();

        damaged.SetAside().ShouldBeNull();
        damaged.Start();

        damaged.Replica.Identity.Joins.ShouldBe(before.Cluster);
        damaged.Replica.Identity.Server.Incarnation.ShouldNotBe(before.Server.Incarnation);
        world.Until(() =>
        {
            (HasAside(damaged) || damaged.Replica.IsMember).ShouldBeTrue("it is removed when there is a seat");
            return !HasAside(damaged);
        });
        damaged.Reports.ShouldContain(report => report.Contains("set aside are removed"));
        leader.Kill();
        world.Until(() => world.Leader is not null);
        world.Do(damaged.Id, QueueCommandCodec.Pop("orders")).Reply.Outcome.ShouldBe(QueueOutcome.Done);
    }

    [Fact]
    public void As_long_as_nobody_can_admit_it_what_was_set_aside_stays()
    {
        var world = new World(seed: 2, nodes: 3);
        WorldNode leader = world.StartAndElect();
        WorldNode damaged = world.Nodes.First(node => node != leader);
        WorldNode other = world.Nodes.First(node => node != leader && node != damaged);
        damaged.Kill();
        other.Kill();
        damaged.SetAside().ShouldBeNull();
        damaged.Start();

        world.Pass(1_000);

        damaged.Replica.IsMember.ShouldBeFalse();
        HasAside(damaged).ShouldBeTrue();
        other.Start();
        world.Until(() => damaged.Replica.IsMember && !HasAside(damaged));
    }

    [Fact]
    public void Two_damaged_nodes_of_three_found_nothing_and_wait_with_what_they_had_also_when_they_start_again()
    {
        var world = new World(seed: 3, nodes: 3);
        WorldNode leader = world.StartAndElect();
        world.Do(leader.Id, CreateOrders);
        ClusterId cluster = leader.Replica.Identity.Cluster;
        foreach (WorldNode node in world.Nodes)
        {
            node.Kill();
        }

        foreach (uint id in (uint[])[1, 2, 1])
        {
            world[id].SetAside().ShouldBeNull();
            world[id].Start();
            world.Pass(300);
            world[id].Kill();
        }

        world[1].Start();
        world[2].Start();
        world.Pass(500);
        world[1].Replica.Identity.Cluster.IsBorn.ShouldBeFalse();
        world[1].Replica.Identity.Joins.ShouldBe(cluster);
        world[1].Reports.ShouldContain(report => report.Contains("waiting for the leader of cluster"));
        world[3].Start();
        world.Pass(500);

        world.Nodes.Count(node => node.Replica.IsMember).ShouldBeLessThanOrEqualTo(1);
        world.Leader.ShouldBeNull();
        HasAside(world[1]).ShouldBeTrue();
        HasAside(world[2]).ShouldBeTrue();
    }

    [Fact]
    public void A_set_aside_node_does_not_come_into_a_cluster_of_those_who_lost_their_disks()
    {
        var world = new World(seed: 4, nodes: 3);
        WorldNode leader = world.StartAndElect();
        world.Do(leader.Id, CreateOrders);
        ClusterId former = leader.Replica.Identity.Cluster;
        foreach (WorldNode node in world.Nodes)
        {
            node.Kill();
        }

        world[1].Wipe();
        world[2].SetAside().ShouldBeNull();
        world[1].Start();
        world[2].Start();
        world.Pass(1_000);

        world[1].Replica.Core.CommitIndex.ShouldBe(LogIndex.Zero);
        world[2].Replica.Identity.Cluster.IsBorn.ShouldBeFalse();
        world[2].Replica.Identity.Joins.ShouldBe(former);
        world[2].Reports.Count(report => report.Contains("not coming into cluster")).ShouldBe(1);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public void A_folder_is_not_set_aside_where_the_others_are_no_majority(int nodes)
    {
        var world = new World(seed: 5, nodes: nodes);
        world.StartAndElect();
        world[1].Kill();

        world[1].SetAside()!.ShouldContain("no majority");

        IsUntouched(world[1]).ShouldBeTrue();
    }

    [Fact]
    public void A_folder_is_not_set_aside_if_it_may_be_anothers_or_where_a_minority_may_found_anew()
    {
        var world = new World(seed: 6, nodes: 3);
        world.StartAndElect();
        WorldNode node = world[1];
        node.Kill();

        SetAside(node, id: 2, BirthPolicy.Once)!.ShouldContain("not this node's");
        SetAside(node, id: 1, BirthPolicy.MajorityDecides)!.ShouldContain("found anew");
        node.Disk.FlipBit("identity", 20, 1);
        node.SetAside()!.ShouldContain("cannot be told");
        IsUntouched(node).ShouldBeTrue();
    }

    [Fact]
    public void A_folder_is_not_set_aside_if_nothing_has_room_beside_it()
    {
        var world = new World(seed: 7, nodes: 3);
        world.StartAndElect();
        WorldNode node = world[1];
        node.Kill();
        foreach (string spare in node.Disk.List().Where(name => name.EndsWith(".spare", StringComparison.Ordinal)))
        {
            node.Disk.Delete(spare);
        }

        node.Disk.CapacityBytes = node.Disk.UsedBytes + (2 * WorldNode.WalOptions.SegmentBytes) - 1;
        node.SetAside()!.ShouldContain("no room");
        IsUntouched(node).ShouldBeTrue();

        node.Disk.CapacityBytes += 5_000;
        node.SetAside().ShouldBeNull();
        node.Start();
    }

    [Fact]
    public void A_folder_that_has_used_its_budget_up_is_set_aside_since_what_is_aside_does_not_count()
    {
        var world = new World(seed: 8, nodes: 3);
        world.StartAndElect();
        WorldNode node = world[1];
        node.Kill();
        foreach (string spare in node.Disk.List().Where(name => name.EndsWith(".spare", StringComparison.Ordinal)).Skip(1))
        {
            node.Disk.Delete(spare);
        }

        var files = new BudgetedFileSystem(node.Disk, node.Disk.UsedBytes, reserveBytes: 0);
        node.Disk.CapacityBytes = node.Disk.UsedBytes + WorldNode.WalOptions.SegmentBytes - 1;
        SetAside(files)!.ShouldContain("no room");
        IsUntouched(node).ShouldBeTrue();

        node.Disk.CapacityBytes += 5_000;
        SetAside(files).ShouldBeNull();
        ReplicaFolder.Open(files, new NodeId(1), WorldNode.WalOptions, world.DrawId, null).IsNew.ShouldBeTrue();
    }

    [Fact]
    public void The_disk_reads_everything_again_in_idle_moments_and_then_rests()
    {
        var files = new SimulatedDisk(1);
        ulong id = 0;
        ReplicaFolder folder = ReplicaFolder.Open(files, new NodeId(1), WorldNode.WalOptions, () => ++id, null);
        var disk = new ReplicaDisk(files, folder) { ScrubRestMoments = 3 };
        var told = new List<ReplicaInput>();
        var batch = new WalBatch(new HardState(new Term(1), null), null, [.. Enumerable.Range(1, 10).Select(EntryAt)]);
        disk.Do([new PersistBatch(1, batch, null)], told);
        while (disk.WorkInBackground(idle: false, told))
        {
        }

        disk.WorkInBackground(idle: true, told);
        files.FlipBit("0000000001.wal", 5_000, 1);
        int reads = files.Reads;

        for (int moment = 0; moment < 3; moment++)
        {
            disk.WorkInBackground(idle: false, told);
            disk.WorkInBackground(idle: true, told);
            files.Reads.ShouldBe(reads);
        }

        Should.Throw<StorageDamagedException>(() => disk.WorkInBackground(idle: true, told)).Message.ShouldContain("0000000001.wal at offset");
    }

    [Fact]
    public void A_disk_that_is_never_idle_reads_everything_again_too()
    {
        var files = new SimulatedDisk(1);
        ulong id = 0;
        ReplicaFolder folder = ReplicaFolder.Open(files, new NodeId(1), WorldNode.WalOptions, () => ++id, null);
        var disk = new ReplicaDisk(files, folder);
        var told = new List<ReplicaInput>();
        disk.Do([new PersistBatch(1, new WalBatch(new HardState(new Term(1), null), null, [.. Enumerable.Range(1, 10).Select(EntryAt)]), null)], told);
        files.FlipBit("0000000001.wal", 5_000, 1);

        Should.Throw<StorageDamagedException>(() =>
        {
            for (int batch = 0; batch < 200; batch++)
            {
                disk.WorkInBackground(idle: false, told);
            }
        }).Message.ShouldContain("0000000001.wal at offset");
    }

    private static LogEntry EntryAt(int index) =>
        new(new LogIndex((ulong)index), new Term(1), EntryKind.Command, new LogTime(index), Enumerable.Repeat((byte)7, 12_000).ToArray());

    private static string? SetAside(WorldNode node, uint id, BirthPolicy policy) => SetAside(node.Disk, id, policy);

    private static string? SetAside(IFileSystem files, uint id = 1, BirthPolicy policy = BirthPolicy.Once)
    {
        Member[] members = [.. Enumerable.Range(1, 3).Select(number => new Member(new NodeId((uint)number), 0, $"p{number}:1", $"c{number}:1"))];
        var options = new ReplicaOptions { Members = members, Seed = 0, FreshCluster = ClusterId.None, Birth = policy };
        return DamagedFolder.SetAside(files, new NodeId(id), options, WorldNode.WalOptions, "a byte is wrong");
    }

    private static bool HasAside(WorldNode node) => node.Disk.List().Any(DataFolder.IsAside);

    private static bool IsUntouched(WorldNode node) => !HasAside(node) && !DataFolder.IsBeingSetAside(node.Disk) && node.Disk.List().Contains("identity");
}
