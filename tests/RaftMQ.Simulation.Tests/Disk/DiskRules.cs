using RaftMQ.Simulation.Disk;
using RaftMQ.Storage.Files;

namespace RaftMQ.Simulation.Tests.Disk;

/// <summary>What the simulated disk may do to data, and what it may not.</summary>
public sealed class DiskRules
{
    private const int Sector = 512;

    [Fact]
    public void What_was_synced_survives_a_loss_of_power()
    {
        for (ulong seed = 1; seed <= 20; seed++)
        {
            SimulatedDisk disk = WithFile(seed, out IFile file);
            file.Write(0, Filled(3 * Sector, 1));
            file.SyncData();

            disk.Crash();

            disk.Contents("a").ToArray().ShouldBe(Filled(3 * Sector, 1));
        }
    }

    [Fact]
    public void An_unsynced_sector_is_kept_or_lost_or_garbage()
    {
        var fates = new HashSet<string>();
        for (ulong seed = 1; seed <= 60; seed++)
        {
            SimulatedDisk disk = WithFile(seed, out IFile file);
            file.Write(0, Filled(2 * Sector, 1));
            file.SyncData();
            file.Write(Sector, Filled(Sector, 2));

            disk.Crash();

            byte[] after = disk.Contents("a").ToArray();
            after[..Sector].ShouldBe(Filled(Sector, 1));
            fates.Add(after[Sector..].All(single => single == 2) ? "kept" : after[Sector..].All(single => single == 1) ? "lost" : "garbage");
        }

        fates.ShouldBe(["kept", "lost", "garbage"], ignoreOrder: true);
    }

    [Fact]
    public void What_was_not_synced_is_still_there_when_only_the_process_ended()
    {
        SimulatedDisk disk = WithFile(1, out IFile file);
        file.Write(0, Filled(Sector, 1));

        disk.RestartProcess();

        disk.Contents("a").ToArray().ShouldBe(Filled(Sector, 1));
    }

    [Fact]
    public void A_name_is_durable_only_after_the_folder_was_synced()
    {
        var seen = new HashSet<bool>();
        for (ulong seed = 1; seed <= 40; seed++)
        {
            SimulatedDisk disk = WithFile(seed, out _);
            disk.Rename("a", "b");
            disk.Crash();
            seen.Add(disk.List().Contains("b"));
            disk.List().Count.ShouldBe(1);
        }

        seen.Count.ShouldBe(2);
    }

    [Fact]
    public void Names_that_were_not_synced_are_lost_each_by_itself_and_those_of_one_file_in_their_order()
    {
        var seen = new HashSet<string>();
        for (ulong seed = 1; seed <= 100; seed++)
        {
            SimulatedDisk disk = WithFile(seed, out _);
            disk.Rename("a", "c");
            disk.Create("b");
            disk.Rename("b", "d");

            disk.Crash();

            seen.Add(string.Concat(disk.List()));
        }

        seen.ShouldBe(["a", "c", "ab", "bc", "ad", "cd"], ignoreOrder: true);
    }

    [Fact]
    public void A_change_of_a_name_that_fails_changes_nothing()
    {
        SimulatedDisk disk = WithFile(1, out _);
        disk.FailedNameChangesPerMillion = 1_000_000;

        Should.Throw<IOException>(() => disk.Create("b"));
        Should.Throw<IOException>(() => disk.Rename("a", "b"));
        Should.Throw<IOException>(() => disk.Delete("a"));
        Should.Throw<IOException>(disk.SyncFolder);

        disk.List().ShouldBe(["a"]);
    }

    [Fact]
    public void A_failed_sync_marks_pages_clean_that_are_gone_when_the_power_goes()
    {
        SimulatedDisk disk = WithFile(3, out IFile file);
        file.Write(0, Filled(Sector, 1));
        file.SyncData();
        file.Write(0, Filled(Sector, 2));
        disk.FailNextSync();

        Should.Throw<IOException>(file.SyncData);
        disk.RestartProcess();
        file.SyncData();
        disk.Contents("a").ToArray().ShouldBe(Filled(Sector, 2));

        disk.Crash();
        disk.Contents("a").ToArray().ShouldBe(Filled(Sector, 1));
    }

    [Fact]
    public void A_sector_that_is_written_again_after_a_failed_sync_can_be_made_durable()
    {
        SimulatedDisk disk = WithFile(4, out IFile file);
        file.Write(0, Filled(Sector, 1));
        disk.FailNextSync();
        Should.Throw<IOException>(file.SyncData);

        file.Write(0, Filled(Sector, 2));
        file.SyncData();
        disk.Crash();

        disk.Contents("a").ToArray().ShouldBe(Filled(Sector, 2));
    }

    [Fact]
    public void A_short_write_leaves_a_beginning_and_says_so()
    {
        SimulatedDisk disk = WithFile(5, out IFile file);
        file.Write(0, new byte[Sector]);
        disk.ShortenNextWrite();

        Should.Throw<IOException>(() => file.Write(0, Filled(Sector, 1)));

        int written = disk.Contents("a").Span.LastIndexOf((byte)1) + 1;
        written.ShouldBeLessThan(Sector);
        disk.Contents("a").Span[..written].IndexOfAnyExcept((byte)1).ShouldBe(-1);
    }

    [Fact]
    public void A_full_disk_refuses_growth_and_takes_what_has_room()
    {
        SimulatedDisk disk = WithFile(6, out IFile file);
        file.Allocate(4 * Sector);
        disk.CapacityBytes = 4 * Sector;

        Should.Throw<DiskFullException>(() => file.Allocate(5 * Sector));
        file.Write(0, Filled(4 * Sector, 1));

        disk.CapacityBytes = long.MaxValue;
        file.Allocate(5 * Sector);
    }

    [Fact]
    public void A_crash_point_stops_everything_until_the_process_starts_again()
    {
        SimulatedDisk disk = WithFile(7, out IFile file);
        disk.CrashAfter(1);

        file.Write(0, Filled(Sector, 1));
        Should.Throw<SimulatedCrashException>(file.SyncData);
        Should.Throw<SimulatedCrashException>(() => disk.Create("b"));

        disk.RestartProcess();
        file.SyncData();
    }

    private static SimulatedDisk WithFile(ulong seed, out IFile file)
    {
        var disk = new SimulatedDisk(seed);
        file = disk.Create("a");
        disk.SyncFolder();
        return disk;
    }

    private static byte[] Filled(int length, byte value)
    {
        byte[] bytes = new byte[length];
        bytes.AsSpan().Fill(value);
        return bytes;
    }
}
