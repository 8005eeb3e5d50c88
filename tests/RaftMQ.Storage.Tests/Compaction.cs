using RaftMQ.Consensus;
using RaftMQ.Simulation;
using RaftMQ.Simulation.Disk;
using RaftMQ.Storage.Snapshots;
using RaftMQ.Storage.Tests.Inspection;
using RaftMQ.Storage.Wal;

namespace RaftMQ.Storage.Tests;

/// <summary>What the oldest kept snapshot does not need is given back, and what it needs is there, whatever happens (design, storage rule 6).</summary>
public sealed class Compaction
{
    [Fact]
    public void A_log_that_was_worked_off_gives_its_disk_back_and_begins_behind_the_oldest_snapshot()
    {
        var folder = new CompactedLog(new SimulatedDisk(1));
        for (int round = 0; round < 50; round++)
        {
            folder.Publish(count: 100, bytes: 200);
            folder.Consume(100);
            folder.Snapshot();
        }

        folder.FileNames(".bodies").ShouldBeEmpty();
        folder.FileNames(".wal").Length.ShouldBeLessThan(12);
        folder.Log.FirstIndex.Value.ShouldBeInRange(4_500UL, 4_901UL);
        folder.Reopen();
        folder.RequireAllThere();
        folder.Recovered.Base.Index.Value.ShouldBe(4_900UL);
        folder.Recovered.LastIndex.Value.ShouldBe(5_000UL);
        folder.Recovered.Terms.ShouldHaveSingleItem().First.Value.ShouldBe(4_901UL);
        folder.Recovered.Configurations.ShouldHaveSingleItem();
        folder.Recovered.Tail[0].Index.Value.ShouldBe(4_901UL);
    }

    [Fact]
    public void A_full_segment_stays_as_it_is_for_the_bodies_in_it_and_goes_when_they_are_gone()
    {
        var folder = new CompactedLog(new SimulatedDisk(2));
        folder.Publish(count: 200, bytes: 300);
        folder.Snapshot();
        folder.Publish(count: 1, bytes: 10);
        folder.Snapshot();

        folder.CopiedBytes.ShouldBe(0);
        folder.FileNames(".bodies").Length.ShouldBeGreaterThan(5);
        folder.Reopen();
        folder.RequireAllThere();

        folder.Consume(200);
        folder.Snapshot();
        folder.Snapshot();
        folder.FileNames(".bodies").ShouldBeEmpty();
    }

    [Fact]
    public void Of_an_entry_that_was_overwritten_the_one_that_counts_is_kept()
    {
        var folder = new CompactedLog(new SimulatedDisk(8));
        folder.Publish(count: 10, bytes: 300);
        folder.Overwrite(count: 2);
        folder.Publish(count: 60, bytes: 300);
        folder.Snapshot();
        folder.Snapshot();

        folder.Log.FirstIndex.Value.ShouldBeGreaterThan(20UL);
        folder.RequireAllThere();
        folder.Reopen();
        folder.RequireAllThere();
    }

    [Fact]
    public void One_old_message_among_many_holds_no_more_than_itself()
    {
        var folder = new CompactedLog(new SimulatedDisk(3));
        for (int round = 0; round < 40; round++)
        {
            folder.Publish(count: 100, bytes: 200);
            folder.ConsumeAllBut(index: (ulong)(round * 100) + 50);
            folder.Snapshot();
        }

        folder.LiveCount.ShouldBe(40);
        folder.FileNames(".bodies").Length.ShouldBeLessThan(6);
        folder.BodyFileBytes.ShouldBeLessThan(40 * 512L);
        folder.Reopen();
        folder.RequireAllThere();
    }

    [Theory]
    [InlineData(1, false)]
    [InlineData(2, false)]
    [InlineData(3, true)]
    [InlineData(4, true)]
    public void At_whatever_operation_the_power_fails_everything_that_a_snapshot_needs_is_there(int seed, bool smallSteps)
    {
        int operations = Live(new CompactedLog(new SimulatedDisk((ulong)seed), smallSteps), (ulong)seed);
        for (int crashAt = 10; crashAt < operations; crashAt += 3)
        {
            var disk = new SimulatedDisk((ulong)((seed * 100_000) + crashAt));
            var folder = new CompactedLog(disk, smallSteps);
            disk.CrashAfter(crashAt);
            Should.Throw<SimulatedCrashException>(() => Live(folder, (ulong)seed));
            disk.Crash();
            folder.Reopen();
            folder.RequireAllThere();
            folder.Publish(count: 30, bytes: 100);
            folder.Snapshot();
            folder.Snapshot();
            folder.RequireAllThere();
        }
    }

    [Fact]
    public void Without_room_for_a_copy_a_segment_stays_and_nothing_is_lost()
    {
        var folder = new CompactedLog(new SimulatedDisk(5));
        folder.Publish(count: 300, bytes: 300);
        folder.Snapshot();
        folder.ConsumeFourOfFive();
        folder.Snapshot();
        folder.Disk.CapacityBytes = folder.Disk.UsedBytes;
        folder.Snapshot();
        folder.Disk.List().ShouldNotContain("bodies.tmp");
        folder.RequireAllThere();
        long before = folder.Disk.UsedBytes;

        folder.Disk.CapacityBytes = long.MaxValue;
        folder.Snapshot();

        folder.RequireAllThere();
        folder.Disk.UsedBytes.ShouldBeLessThan(before);
    }

    [Fact]
    public void A_log_with_a_gap_behind_its_snapshot_is_refused()
    {
        var folder = new CompactedLog(new SimulatedDisk(6));
        folder.Publish(count: 200, bytes: 300);
        folder.Snapshot();
        folder.Publish(count: 100, bytes: 300);
        folder.Dispose();
        foreach (string name in folder.FileNames(".wal")[..^1])
        {
            folder.Disk.Delete(name);
        }

        Should.Throw<StorageDamagedException>(folder.Reopen).Message.ShouldContain("entries that were durable are lost");
    }

    [Fact]
    public void A_log_of_which_nothing_says_where_it_stands_is_refused_without_a_snapshot_and_goes_on_behind_one()
    {
        var disk = new SimulatedDisk(9);
        HandWritten.Write(disk, "0000000007.wal", new SegmentHeader(TestLog.SegmentBytes, 77, 7, default), HandWritten.Hard(3));
        var log = new TestLog(disk);
        var snapshot = new SnapshotMetadata(new LogPosition(new LogIndex(60), new Term(3)), new LogTime(600), 0, [Folder.BirthEntry]);

        Should.Throw<StorageDamagedException>(() => log.Log.BeginBehind(null, log.Recovered)).Message.ShouldContain("entries that were durable are lost");
        log.Log.Dispose();
        log.Reopen();
        log.Log.BeginBehind(snapshot, log.Recovered).LastIndex.Value.ShouldBe(60UL);
    }

    [Fact]
    public void A_file_of_bodies_of_a_newer_format_is_refused_by_name()
    {
        var folder = new CompactedLog(new SimulatedDisk(10));
        folder.Publish(count: 200, bytes: 300);
        folder.Snapshot();
        folder.Snapshot();
        folder.Reopen();
        string name = folder.FileNames(".bodies")[0];
        HandWritten.MakeNewer(folder.Disk, name);

        Should.Throw<StorageRefusedException>(folder.RequireAllThere).Message.ShouldContain($"{name} in the simulated disk is of format 2");
    }

    [Fact]
    public void A_damaged_body_is_never_handed_out()
    {
        var folder = new CompactedLog(new SimulatedDisk(7));
        folder.Publish(count: 200, bytes: 300);
        folder.Snapshot();
        folder.Snapshot();
        folder.Reopen();
        string name = folder.FileNames(".bodies")[0];
        folder.Disk.FlipBit(name, 4_000, 3);

        Should.Throw<StorageDamagedException>(folder.RequireAllThere).Message.ShouldContain(name);
    }

    /// <summary>Publishes, consumes, overwrites what is not committed, takes snapshots; the same for the same seed.</summary>
    internal static int Live(CompactedLog folder, ulong seed)
    {
        var chance = new Chance(seed);
        int before = folder.Disk.Operations;
        for (int round = 0; round < 12; round++)
        {
            folder.Publish((int)chance.Below(60) + 1, (int)chance.Below(500) + 1);
            if (chance.Below(2) == 0)
            {
                folder.Overwrite((int)chance.Below(20) + 1);
            }

            folder.ConsumeSome(chance, (int)chance.Below(80));
            if (chance.Below(3) > 0)
            {
                folder.Snapshot();
            }
        }

        return folder.Disk.Operations - before;
    }
}
