using System.Buffers.Binary;
using RaftMQ.Consensus;
using RaftMQ.Simulation.Disk;
using RaftMQ.Storage.Checksums;
using RaftMQ.Storage.Snapshots;

namespace RaftMQ.Storage.Tests;

/// <summary>Storage rule 7: the new snapshot is durable before an older one goes, two are kept, and a damaged one is passed over.</summary>
public sealed class Snapshots
{
    [Fact]
    public void What_was_saved_is_brought_back_in_the_same_chunks()
    {
        var disk = new SimulatedDisk(1);
        SnapshotMetadata metadata = MetadataAt(42) with { Configurations = [Entry(1, EntryKind.Birth, 300), Entry(17, EntryKind.Membership, 90)] };
        byte[][] chunks = [[1], [2, 3], new byte[100_000]];

        Save(SnapshotStore.Open(disk), metadata, chunks, stepBytes: 1).ShouldBeGreaterThan(100_003);

        List<string> damaged = [];
        Loaded loaded = Load(disk, damaged)!;
        loaded.Chunks.ShouldBe(chunks);
        (loaded.Metadata.Last, loaded.Metadata.Time, loaded.Metadata.StateHash).ShouldBe((metadata.Last, metadata.Time, metadata.StateHash));
        loaded.Metadata.Configurations.Select(entry => (entry.Position, entry.Kind, entry.Time)).ShouldBe(metadata.Configurations.Select(entry => (entry.Position, entry.Kind, entry.Time)));
        loaded.Metadata.Configurations.Select(entry => entry.Payload.ToArray()).ShouldBe(metadata.Configurations.Select(entry => entry.Payload.ToArray()));
        damaged.ShouldBeEmpty();
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(3)]
    [InlineData(int.MaxValue)]
    [InlineData(-1)]
    public void A_header_that_counts_other_configurations_than_it_holds_is_damaged(int count)
    {
        SnapshotMetadata metadata = MetadataAt(42) with { Configurations = [Entry(1, EntryKind.Birth, 300), Entry(17, EntryKind.Membership, 90)] };
        byte[] header = SnapshotHeader.Write(metadata, out _);
        SnapshotHeader.Read(header, out _, out _).ShouldNotBeNull();

        BinaryPrimitives.WriteInt32LittleEndian(header.AsSpan(48), count);
        BinaryPrimitives.WriteUInt32LittleEndian(header.AsSpan(header.Length - 4), Crc32C.Compute(0, header.AsSpan(0, header.Length - 4)));

        SnapshotHeader.Read(header, out _, out _).ShouldBeNull();
    }

    [Fact]
    public void At_whatever_operation_the_power_fails_a_saved_snapshot_is_there_or_a_newer_one()
    {
        int crashes = 0;
        for (int operations = 0; operations < 120; operations++)
        {
            for (ulong seed = 1; seed <= 5; seed++)
            {
                var disk = new SimulatedDisk(seed);
                ulong saved = 0;
                disk.CrashAfter(operations);
                try
                {
                    SnapshotStore store = SnapshotStore.Open(disk);
                    for (ulong index = 10; index <= 60; index += 10)
                    {
                        Save(store, MetadataAt(index), ChunksOf(index), stepBytes: 400);
                        saved = index;
                    }
                }
                catch (SimulatedCrashException)
                {
                    crashes++;
                }

                disk.Crash();
                List<string> damaged = [];
                Loaded? loaded = Load(disk, damaged);

                damaged.ShouldBeEmpty($"after {operations} operations on disk {seed}");
                ulong index0 = loaded?.Metadata.Last.Index.Value ?? 0;
                index0.ShouldBeInRange(saved, saved + 10, $"after {operations} operations on disk {seed}");
                loaded?.Chunks.ShouldBe(ChunksOf(index0));
                disk.List().ShouldNotContain("snapshot.tmp");
            }
        }

        crashes.ShouldBeGreaterThan(200);
    }

    [Fact]
    public void Whatever_bit_of_the_newest_is_flipped_the_one_before_is_taken()
    {
        for (int bit = 0; ; bit++)
        {
            SimulatedDisk disk = WithTwo();
            string newest = disk.List()[^1];
            using (Files.IFile file = disk.Open(newest))
            {
                if (bit / 8 == file.Length)
                {
                    bit.ShouldBeGreaterThan(1_000);
                    return;
                }
            }

            disk.FlipBit(newest, bit / 8, bit % 8);
            List<string> damaged = [];
            Loaded? loaded = Load(disk, damaged);
            loaded!.Metadata.Last.Index.Value.ShouldBe(10UL, $"bit {bit}");
            damaged.ShouldHaveSingleItem().ShouldContain(newest);
        }
    }

    [Fact]
    public void A_snapshot_that_was_cut_is_passed_over_wherever_it_was_cut()
    {
        SimulatedDisk whole = WithTwo();
        string newest = whole.List()[^1];
        byte[] bytes = ReadAll(whole, newest);
        for (int length = 0; length < bytes.Length; length += 7)
        {
            SimulatedDisk disk = WithTwo();
            using (Files.IFile file = disk.Create(newest))
            {
                file.Write(0, bytes.AsSpan(0, length));
            }

            Load(disk, []).ShouldNotBeNull().Metadata.Last.Index.Value.ShouldBe(10UL);
        }
    }

    [Fact]
    public void A_snapshot_that_cannot_be_read_is_passed_over_like_a_damaged_one()
    {
        SimulatedDisk disk = WithTwo();
        string newest = disk.List()[^1];
        disk.MakeUnreadable(newest, 0);
        List<string> damaged = [];

        Load(disk, damaged).ShouldNotBeNull().Metadata.Last.Index.Value.ShouldBe(10UL);

        damaged.ShouldHaveSingleItem().ShouldContain(newest);
    }

    [Fact]
    public void What_does_not_bring_back_a_state_is_passed_over_and_without_any_there_is_none()
    {
        SimulatedDisk disk = WithTwo();
        List<string> damaged = [];

        SnapshotStore.Open(disk).Load<Loaded>((_, _, _) => throw new FormatException("no state"), damaged.Add).ShouldBeNull();

        damaged.Count.ShouldBe(2);
        damaged.ShouldAllBe(text => text.Contains("no state") && text.Contains(".snapshot"));
    }

    [Fact]
    public void A_whole_snapshot_of_another_format_is_refused_by_name()
    {
        SimulatedDisk disk = WithTwo();
        string newest = disk.List()[^1];
        byte[] bytes = ReadAll(disk, newest);
        int header = BitConverter.ToInt32(bytes, 12);
        bytes[8] = 2;
        BitConverter.GetBytes(Checksums.Crc32C.Compute(0, bytes.AsSpan(0, header - 4))).CopyTo(bytes, header - 4);
        using (Files.IFile file = disk.Open(newest))
        {
            file.Write(0, bytes);
        }

        Should.Throw<StorageRefusedException>(() => Load(disk, [])).Message.ShouldContain("format 2");
    }

    [Fact]
    public void Two_are_kept_and_a_damaged_one_goes_with_the_next()
    {
        SimulatedDisk disk = WithTwo();
        disk.FlipBit(disk.List()[^1], 100, 1);
        SnapshotStore store = SnapshotStore.Open(disk);
        store.Load((metadata, chunks, _) => new Loaded(metadata, [.. chunks.Select(chunk => chunk.ToArray())]), _ => { });

        Save(store, MetadataAt(30), ChunksOf(30), stepBytes: 1_000);
        disk.List().Where(SnapshotName.IsSnapshot).ShouldBe([SnapshotName.Of(10), SnapshotName.Of(30)]);

        Save(store, MetadataAt(40), ChunksOf(40), stepBytes: 1_000);
        disk.List().Where(SnapshotName.IsSnapshot).ShouldBe([SnapshotName.Of(30), SnapshotName.Of(40)]);
    }

    [Fact]
    public void One_that_is_on_its_way_to_another_server_is_kept_beside_the_newest_and_goes_as_soon_as_it_has_arrived()
    {
        var disk = new SimulatedDisk(1);
        SnapshotStore store = SnapshotStore.Open(disk);
        Save(store, MetadataAt(10), ChunksOf(10), stepBytes: 1_000);
        Save(store, MetadataAt(20), ChunksOf(20), stepBytes: 1_000);
        store.Keep([MetadataAt(20).Last]);
        foreach (ulong at in (ulong[])[30, 40, 50])
        {
            Save(store, MetadataAt(at), ChunksOf(at), stepBytes: 1_000);
        }

        disk.List().Where(SnapshotName.IsSnapshot).ShouldBe([SnapshotName.Of(20), SnapshotName.Of(40), SnapshotName.Of(50)], "what nobody needs is not kept for the sake of an older one");
        store.ReleasableUpTo.Value.ShouldBe(20UL);

        store.Keep([]);
        disk.List().Where(SnapshotName.IsSnapshot).ShouldBe([SnapshotName.Of(40), SnapshotName.Of(50)]);
        store.ReleasableUpTo.Value.ShouldBe(40UL);
    }

    [Fact]
    public void Those_for_want_of_room_do_not_pile_up_behind_one_that_is_on_its_way()
    {
        var disk = new SimulatedDisk(1);
        SnapshotStore store = SnapshotStore.Open(disk);
        Save(store, MetadataAt(10), ChunksOf(10), stepBytes: 1_000);
        store.Keep([MetadataAt(10).Last]);
        foreach (ulong at in (ulong[])[20, 30, 40])
        {
            store.Begin(MetadataAt(at), ChunksOf(at).Select(chunk => new ReadOnlyMemory<byte>(chunk)), alone: true);
            store.Step(100_000, out _).ShouldBeTrue();
        }

        disk.List().Where(SnapshotName.IsSnapshot).ShouldBe([SnapshotName.Of(10), SnapshotName.Of(40)]);
        store.ReleasableUpTo.Value.ShouldBe(10UL);
        store.Keep([]);
        store.ReleasableUpTo.Value.ShouldBe(40UL);
    }

    [Fact]
    public void One_for_want_of_room_replaces_the_others_and_the_log_may_go_up_to_it()
    {
        var disk = new SimulatedDisk(1);
        SnapshotStore store = SnapshotStore.Open(disk);
        Save(store, MetadataAt(10), ChunksOf(10), stepBytes: 1_000);
        store.ReleasableUpTo.Value.ShouldBe(0UL, "should it be damaged, the log has to bring back everything");
        Save(store, MetadataAt(20), ChunksOf(20), stepBytes: 1_000);

        store.Begin(MetadataAt(30), ChunksOf(30).Select(chunk => new ReadOnlyMemory<byte>(chunk)), alone: true);
        store.Step(100_000, out _).ShouldBeTrue();

        disk.List().Where(SnapshotName.IsSnapshot).ShouldBe([SnapshotName.Of(30)]);
        store.ReleasableUpTo.Value.ShouldBe(30UL);
    }

    [Fact]
    public void One_that_is_left_alone_is_so_until_the_next()
    {
        var disk = new SimulatedDisk(1);
        SnapshotStore store = SnapshotStore.Open(disk);
        store.DropOlder();
        store.ReleasableUpTo.Value.ShouldBe(0UL, "there is none");
        Save(store, MetadataAt(10), ChunksOf(10), stepBytes: 1_000);
        Save(store, MetadataAt(20), ChunksOf(20), stepBytes: 1_000);
        store.Keep([MetadataAt(10).Last]);

        store.DropOlder();
        store.ReleasableUpTo.Value.ShouldBe(10UL, "somebody is being sent it");
        store.Keep([]);
        store.ReleasableUpTo.Value.ShouldBe(20UL);
        disk.List().Where(SnapshotName.IsSnapshot).ShouldBe([SnapshotName.Of(20)]);

        Save(store, MetadataAt(30), ChunksOf(30), stepBytes: 1_000);
        store.ReleasableUpTo.Value.ShouldBe(20UL);
    }

    [Fact]
    public void A_snapshot_that_finds_no_room_is_given_up_and_the_next_is_saved()
    {
        SimulatedDisk disk = WithTwo();
        SnapshotStore store = SnapshotStore.Open(disk);
        disk.CapacityBytes = disk.UsedBytes + 700;

        Save(store, MetadataAt(30), ChunksOf(30), stepBytes: 300).ShouldBe(0);

        store.IsSaving.ShouldBeFalse();
        disk.List().ShouldNotContain("snapshot.tmp");
        disk.CapacityBytes = long.MaxValue;
        Save(store, MetadataAt(31), ChunksOf(31), stepBytes: 300).ShouldBeGreaterThan(0);
        Load(disk, [])!.Metadata.Last.Index.Value.ShouldBe(31UL);
    }

    [Fact]
    public void One_that_was_removed_does_not_come_back_with_a_crash_since_the_log_may_be_released_behind_it()
    {
        for (ulong seed = 1; seed <= 20; seed++)
        {
            var disk = new SimulatedDisk(seed);
            SnapshotStore store = SnapshotStore.Open(disk);
            for (ulong index = 10; index <= 40; index += 10)
            {
                Save(store, MetadataAt(index), ChunksOf(index), stepBytes: 10_000);
            }

            disk.Crash();

            disk.List().ShouldBe([SnapshotName.Of(30), SnapshotName.Of(40)]);
        }
    }

    private static SimulatedDisk WithTwo()
    {
        var disk = new SimulatedDisk(1);
        SnapshotStore store = SnapshotStore.Open(disk);
        Save(store, MetadataAt(10), ChunksOf(10), stepBytes: 10_000);
        Save(store, MetadataAt(20), [[1, 2, 3], [4]], stepBytes: 10_000);
        return disk;
    }

    private static long Save(SnapshotStore store, SnapshotMetadata metadata, IEnumerable<byte[]> chunks, int stepBytes)
    {
        store.Begin(metadata, chunks.Select(chunk => new ReadOnlyMemory<byte>(chunk)));
        long bytes;
        while (!store.Step(stepBytes, out bytes))
        {
            store.IsSaving.ShouldBeTrue();
        }

        return bytes;
    }

    private static Loaded? Load(SimulatedDisk disk, List<string> damaged) =>
        SnapshotStore.Open(disk).Load((metadata, chunks, _) => new Loaded(metadata, [.. chunks.Select(chunk => chunk.ToArray())]), damaged.Add);

    private static SnapshotMetadata MetadataAt(ulong index) =>
        new(new LogPosition(new LogIndex(index), new Term(3)), new LogTime((long)index), 1_000 + index, [Entry(1, EntryKind.Birth, 20)]);

    private static LogEntry Entry(ulong index, EntryKind kind, int bytes) => new(new LogIndex(index), new Term(1), kind, new LogTime(7), new byte[bytes]);

    private static byte[][] ChunksOf(ulong index) => [.. Enumerable.Range(1, 12).Select(i => Enumerable.Repeat((byte)index, i * 20).ToArray())];

    private static byte[] ReadAll(SimulatedDisk disk, string name)
    {
        using Files.IFile file = disk.Open(name);
        byte[] bytes = new byte[file.Length];
        file.Read(0, bytes);
        return bytes;
    }

    private sealed record Loaded(SnapshotMetadata Metadata, byte[][] Chunks);
}
