using RaftMQ.Consensus;
using RaftMQ.Simulation.Disk;
using RaftMQ.Storage.Files;
using RaftMQ.Storage.Wal;

namespace RaftMQ.Storage.Tests;

/// <summary>A folder with a budget behaves like one on a disk of that size: storage rule 9 holds for both, by the same means.</summary>
public sealed class Budgets
{
    private const long Reserve = 3 * TestLog.SegmentBytes;

    private static readonly WalOptions TwoSpares = new() { SegmentBytes = TestLog.SegmentBytes, MaxPayloadBytes = 3 * 1024, SpareSegments = 2 };

    [Fact]
    public void What_goes_beyond_the_budget_is_refused_as_a_full_disk_refuses_it_and_nothing_is_written()
    {
        var disk = new SimulatedDisk(1);
        var files = new BudgetedFileSystem(disk, budgetBytes: 1_000, reserveBytes: 0);
        using IFile file = files.Create("a");
        file.Write(0, new byte[600]);
        file.Allocate(1_000);
        files.FreeBytes.ShouldBe(0);
        files.BudgetInForce.ShouldBe(1_000);

        Should.Throw<DiskFullException>(() => file.Write(600, new byte[401])).Message.ShouldContain("budget of 1,000");
        Should.Throw<DiskFullException>(() => file.Allocate(1_001));

        file.Write(600, new byte[400]);
        (file.Length, disk.UsedBytes, files.UsedBytes).ShouldBe((1_000, 1_000, 1_000));
        files.Delete("a");
        (files.FreeBytes, files.UsedBytes).ShouldBe((1_000, 0));
    }

    [Fact]
    public void Where_the_disk_has_less_than_the_budget_the_disk_is_the_limit()
    {
        var files = new BudgetedFileSystem(new SimulatedDisk(1) { CapacityBytes = 500 }, budgetBytes: 1_000, reserveBytes: 0);

        files.FreeBytes.ShouldBe(500);
        files.BudgetInForce.ShouldBeNull();
    }

    [Fact]
    public void What_the_folder_takes_is_known_through_every_change_of_its_files()
    {
        var random = new Random(9);
        var disk = new SimulatedDisk(1);
        using (IFile before = disk.Create("0"))
        {
            before.Write(0, new byte[77]);
        }

        var files = new BudgetedFileSystem(disk, budgetBytes: 20_000, reserveBytes: 0);
        var open = new Dictionary<string, IFile>();
        for (int i = 0; i < 3_000; i++)
        {
            string name = random.Next(6).ToString(System.Globalization.CultureInfo.InvariantCulture);
            bool exists = files.List().Contains(name);
            try
            {
                switch (random.Next(6))
                {
                    case 0:
                        open[name] = files.Create(name);
                        break;
                    case 1 when exists:
                        open[name] = files.Open(name);
                        break;
                    case 2 when exists && files.List().Count > 2:
                        files.Delete(name);
                        open.Remove(name);
                        break;
                    case 3 when exists:
                        string other = random.Next(6).ToString(System.Globalization.CultureInfo.InvariantCulture);
                        files.Rename(name, other);
                        IFile? moved = open.GetValueOrDefault(name);
                        open.Remove(other == name ? "" : name);
                        open[other] = moved ?? files.Open(other);
                        break;
                    case 4 when open.TryGetValue(name, out IFile? file):
                        file.Write(random.Next(3_000), new byte[random.Next(3_000)]);
                        break;
                    case 5 when open.TryGetValue(name, out IFile? file):
                        file.Allocate(random.Next(6_000));
                        break;
                    default:
                        break;
                }
            }
            catch (DiskFullException)
            {
                files.UsedBytes.ShouldBeGreaterThan(10_000);
            }

            _ = files.FreeBytes;
            files.UsedBytes.ShouldBe(disk.UsedBytes, $"step {i}");
            disk.UsedBytes.ShouldBeLessThanOrEqualTo(20_000);
        }
    }

    [Fact]
    public void What_was_set_aside_of_a_damaged_folder_does_not_count_so_that_the_node_comes_back_beside_it()
    {
        var disk = new SimulatedDisk(1);
        var files = new BudgetedFileSystem(disk, budgetBytes: 4 * TestLog.SegmentBytes, reserveBytes: 0);
        (WriteAheadLog log, _) = Open(files);
        log.Dispose();
        files.UsedBytes.ShouldBe(3 * TestLog.SegmentBytes);

        DataFolder.SetAside(files, "a byte is wrong");
        files.UsedBytes.ShouldBeLessThan(TestLog.SegmentBytes);
        Open(files).Log.Dispose();
        files.UsedBytes.ShouldBe(3 * TestLog.SegmentBytes);
        disk.UsedBytes.ShouldBeGreaterThan(3 * TestLog.SegmentBytes);
        var anew = new BudgetedFileSystem(disk, files.Budget, reserveBytes: 0);
        anew.FreeBytes.ShouldBe(files.FreeBytes, "another start counts the same");
        DataFolder.RemoveAside(anew).ShouldBePositive();
        anew.FreeBytes.ShouldBe(files.FreeBytes);
    }

    [Fact]
    public void A_folder_that_has_used_its_budget_up_has_room_to_say_what_is_damaged()
    {
        var files = new BudgetedFileSystem(new SimulatedDisk(1), budgetBytes: 1_000, reserveBytes: 0);
        using (IFile file = files.Create("0000000001.wal"))
        {
            file.Write(0, new byte[1_000]);
        }

        DataFolder.SetAside(files, new string('x', 100));

        (files.UsedBytes, files.FreeBytes, files.FreeBytesOfDisk).ShouldBe((0, 1_000, long.MaxValue - 1_100));
    }

    [Fact]
    public void A_file_that_may_not_be_opened_counts_with_its_length()
    {
        var disk = new SimulatedDisk(1);
        Put(disk, "1.wal", 100);
        Put(disk, "someone else's", 50);

        var files = new BudgetedFileSystem(new Locked(disk, "someone else's"), budgetBytes: 1_000, reserveBytes: 0);

        (files.FreeBytes, files.UsedBytes).ShouldBe((850, 150));
    }

    [Fact]
    public void A_count_that_the_disk_broke_off_is_begun_anew()
    {
        var disk = new SimulatedDisk(1);
        Put(disk, "1", 100);
        Put(disk, "2", 50);
        var folder = new Locked(disk, "nothing") { FailsAt = "2" };
        var files = new BudgetedFileSystem(folder, budgetBytes: 1_000, reserveBytes: 0);
        Should.Throw<IOException>(() => files.FreeBytes);

        folder.FailsAt = null;

        (files.FreeBytes, files.UsedBytes).ShouldBe((850, 150));
    }

    [Fact]
    public void On_this_machine_too_the_length_of_a_file_is_known_that_may_not_be_opened()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "there are no modes of files here");
        string path = Directory.CreateTempSubdirectory("raftmq-budget-").FullName;
        try
        {
            File.WriteAllBytes(Path.Combine(path, "a secret"), new byte[77]);
            SetMode(Path.Combine(path, "a secret"), UnixFileMode.None);
            File.CreateSymbolicLink(Path.Combine(path, "broken link"), "nowhere");
            var files = new BudgetedFileSystem(new PhysicalFileSystem(path), budgetBytes: 1_000, reserveBytes: 0);

            files.FreeBytes.ShouldBeInRange(1_000 - 77 - "nowhere".Length, 1_000 - 77);
        }
        finally
        {
            Directory.Delete(path, recursive: true);
        }
    }

    [Fact]
    public void A_log_in_a_folder_with_a_budget_has_the_room_of_one_on_a_disk_of_that_size()
    {
        const int Bytes = 5 * TestLog.SegmentBytes;
        (WriteAheadLog onDisk, _) = Open(new SimulatedDisk(1) { CapacityBytes = Bytes });
        (WriteAheadLog withBudget, _) = Open(new BudgetedFileSystem(new SimulatedDisk(1), Bytes, reserveBytes: 0));
        var seen = new HashSet<(WalSpace, bool)>();
        for (ulong index = 1; index < 200; index++)
        {
            bool isRefused = IsRefused(onDisk, index);

            IsRefused(withBudget, index).ShouldBe(isRefused);
            (withBudget.Space, withBudget.RoomBytes).ShouldBe((onDisk.Space, onDisk.RoomBytes));
            seen.Add((onDisk.Space, isRefused));
            if (isRefused)
            {
                break;
            }
        }

        seen.ShouldContain((WalSpace.Exhausted, true));
    }

    [Fact]
    public void A_folder_above_its_budget_starts_has_no_room_and_may_not_grow_again_once_it_has_shrunk()
    {
        SimulatedDisk disk = WithLog();
        long held = disk.UsedBytes;
        var files = new BudgetedFileSystem(disk, budgetBytes: 2 * TestLog.SegmentBytes, Reserve);

        (WriteAheadLog log, RecoveredLog recovered) = Open(files);
        recovered.LastIndex.Value.ShouldBe(39UL);
        log.ReservedBytes = 1;
        (log.RoomBytes, files.FreeBytes).ShouldBe((0, 0));
        log.Append(new WalBatch(null, null, [TestLog.Entry(40, 1, 1_000)]));
        log.Sync();
        log.ReleaseOldest(null);
        log.ReleaseOldest(null);
        log.ReleaseOldest(null);

        using IFile file = files.Create("more");
        Should.Throw<DiskFullException>(() => file.Allocate(held)).Message.ShouldContain("budget");
        file.Allocate(TestLog.SegmentBytes);
    }

    [Fact]
    public void A_folder_above_its_budget_may_always_take_the_next_snapshot_whatever_the_log_has_taken()
    {
        const int SnapshotBytes = 5 * TestLog.SegmentBytes;
        SimulatedDisk disk = WithLog();
        var files = new BudgetedFileSystem(disk, budgetBytes: 2 * TestLog.SegmentBytes, Reserve);
        (WriteAheadLog log, _) = Open(files);
        ulong index = 40;
        for (int snapshot = 1; snapshot < 5; snapshot++)
        {
            while (!IsRefused(log, index))
            {
                (++index).ShouldBeLessThan(1_000UL, "the log takes none of what a snapshot needs");
            }

            using (IFile file = files.Create("snapshot.tmp"))
            {
                file.Write(0, new byte[SnapshotBytes]);
            }

            files.Rename("snapshot.tmp", $"{snapshot:D20}.snapshot");
            if (snapshot > 1)
            {
                files.Delete($"{snapshot - 1:D20}.snapshot");
            }

            log.ReleaseOldest(null);
        }

        index.ShouldBeGreaterThan(60UL, "and the log had its reserve");
    }

    private static SimulatedDisk WithLog()
    {
        var disk = new SimulatedDisk(1);
        (WriteAheadLog log, _) = Open(disk);
        log.Append(new WalBatch(new HardState(new Term(1), null), null, []));
        for (ulong index = 1; index < 40; index++)
        {
            log.Append(new WalBatch(null, null, [TestLog.Entry(index, 1, 1_000)]));
            log.Sync();
        }

        log.Dispose();
        return disk;
    }

    private static void Put(SimulatedDisk disk, string name, int bytes)
    {
        using IFile file = disk.Create(name);
        file.Write(0, new byte[bytes]);
    }

    private static void SetMode(string path, UnixFileMode mode)
    {
        if (!OperatingSystem.IsWindows())
        {
            File.SetUnixFileMode(path, mode);
        }
    }

    private static bool IsRefused(WriteAheadLog log, ulong index)
    {
        try
        {
            log.Append(new WalBatch(null, null, [TestLog.Entry(index, 1, 700)]));
            log.Sync();
            log.WorkInBackground(idle: true);
            return false;
        }
        catch (DiskFullException)
        {
            return true;
        }
    }

    private static (WriteAheadLog Log, RecoveredLog Recovered) Open(IFileSystem files)
    {
        ulong lastId = 0;
        WriteAheadLog log = WriteAheadLog.Open(files, TwoSpares, () => ++lastId * 0x9E3779B97F4A7C15, null, out RecoveredLog recovered);
        for (int i = 0; i < 50; i++)
        {
            log.WorkInBackground(idle: true);
        }

        return (log, recovered);
    }

    private sealed class Locked(IFileSystem files, string name) : PassedOnFolder(files)
    {
        public string? FailsAt { get; set; }

        public override IFile Open(string other) => other == name ? throw new UnauthorizedAccessException($"access to {name} is denied") : base.Open(other);

        public override long LengthOf(string other) => other == FailsAt ? throw new IOException("Input/output error") : base.LengthOf(other);
    }
}
