using RaftMQ.Simulation.Disk;
using RaftMQ.Storage.Files;

namespace RaftMQ.Simulation.Tests.Disk;

/// <summary>What happens to data that was durable, and what is spared: the last write of the log without a successor.</summary>
public sealed class DiskDecay
{
    private const int Sector = 512;
    private const string Log = "0000000001.wal";

    [Fact]
    public void Rot_spares_the_last_write_of_the_last_segment()
    {
        for (ulong seed = 1; seed <= 30; seed++)
        {
            SimulatedDisk disk = WithLog(seed, out IFile file);
            byte[] before = disk.Contents(Log).ToArray();

            disk.Rot().ShouldNotBeNull();

            byte[] after = disk.Contents(Log).ToArray();
            after.ShouldNotBe(before);
            after[(3 * Sector)..].ShouldBe(before[(3 * Sector)..]);
            disk.IsHarmed.ShouldBeTrue();
            file.Dispose();
        }
    }

    [Fact]
    public void Rot_takes_the_last_write_too_once_a_mark_must_stand_behind_it()
    {
        bool isTaken = false;
        for (ulong seed = 1; seed <= 30; seed++)
        {
            SimulatedDisk disk = WithLog(seed, out IFile file);
            file.Allocate(6 * Sector);
            disk.NoteLogEnd();
            file.Write(4 * Sector, Filled(1));
            file.SyncData();
            byte[] before = disk.Contents(Log).ToArray();
            disk.SparesLastWrite = false;

            disk.Rot().ShouldNotBeNull();

            byte[] after = disk.Contents(Log).ToArray();
            after[(4 * Sector)..].ShouldBe(before[(4 * Sector)..]);
            isTaken |= !after.AsSpan(3 * Sector, Sector).SequenceEqual(before.AsSpan(3 * Sector, Sector));
        }

        isTaken.ShouldBeTrue();
    }

    [Fact]
    public void A_log_with_one_write_is_not_harmed()
    {
        var disk = new SimulatedDisk(1);
        IFile file = disk.Create(Log);
        file.Write(0, Filled(2));
        file.SyncData();
        disk.SyncFolder();

        disk.Rot().ShouldBeNull();
        disk.MisdirectWrite().ShouldBeNull();
        disk.IsHarmed.ShouldBeFalse();
    }

    [Fact]
    public void A_lost_sector_cannot_be_read_until_it_is_written_again()
    {
        SimulatedDisk disk = WithLog(2, out IFile file);
        byte[] buffer = new byte[3 * Sector];

        disk.LoseSector().ShouldNotBeNull();

        Should.Throw<IOException>(() => file.Read(0, buffer));
        file.Read(3 * Sector, buffer).ShouldBe(Sector);
        file.Write(0, Filled(3));
        file.Read(0, buffer).ShouldBe(buffer.Length);
    }

    [Fact]
    public void A_misdirected_write_leaves_a_hole_and_its_bytes_elsewhere()
    {
        for (ulong seed = 1; seed <= 10; seed++)
        {
            SimulatedDisk disk = WithLog(seed, out _);

            disk.MisdirectWrite().ShouldNotBeNull();

            disk.Contents(Log).Span[(3 * Sector)..].IndexOfAnyExcept((byte)4).ShouldBe(-1);
            disk.IsHarmed.ShouldBeTrue();
        }
    }

    [Fact]
    public void A_misdirected_read_happens_once()
    {
        SimulatedDisk disk = WithLog(3, out IFile file);
        byte[] whole = disk.Contents(Log).ToArray();
        byte[] buffer = new byte[Sector];
        disk.MisdirectNextRead();

        int wrong = 0;
        for (int i = 0; i < 20; i++)
        {
            file.Read(i % 3 * Sector, buffer);
            wrong += buffer.AsSpan().SequenceEqual(whole.AsSpan(i % 3 * Sector, Sector)) ? 0 : 1;
        }

        wrong.ShouldBeLessThanOrEqualTo(1);
        disk.Contents(Log).ToArray().ShouldBe(whole);
        disk.IsHarmed.ShouldBeTrue();
    }

    [Fact]
    public void A_stale_read_happens_once_and_harms_nothing_on_the_disk()
    {
        SimulatedDisk disk = WithLog(3, out IFile file);
        byte[] whole = disk.Contents(Log).ToArray();
        byte[] buffer = new byte[Sector];
        disk.MakeNextReadStale();

        file.Read(Sector, buffer);
        buffer.ShouldAllBe(value => value == 0);
        disk.IsHarmed.ShouldBeTrue();

        file.Read(Sector, buffer);
        buffer.ShouldBe(whole[Sector..(2 * Sector)]);
        disk.Contents(Log).ToArray().ShouldBe(whole);
    }

    [Fact]
    public void A_read_that_went_astray_excuses_nothing_after_the_next_opening()
    {
        SimulatedDisk disk = WithLog(3, out IFile file);
        disk.MisdirectNextRead();
        for (int i = 0; i < 20 && !disk.IsHarmed; i++)
        {
            file.Read(i % 3 * Sector, new byte[Sector]);
        }

        disk.IsHarmed.ShouldBeTrue();
        disk.NoteOpened();

        disk.IsHarmed.ShouldBeFalse();
    }

    [Fact]
    public void A_file_that_was_harmed_excuses_nothing_once_it_is_gone_for_certain()
    {
        SimulatedDisk disk = WithLog(1, out _);
        disk.Rot().ShouldNotBeNull();
        disk.Delete(Log);
        disk.IsHarmed.ShouldBeTrue();

        disk.SyncFolder();

        disk.IsHarmed.ShouldBeFalse();
    }

    /// <summary>Three writes of a sector each, synced one after another, and a fourth that has no successor.</summary>
    private static SimulatedDisk WithLog(ulong seed, out IFile file)
    {
        var disk = new SimulatedDisk(seed);
        file = disk.Create(Log);
        disk.SyncFolder();
        for (int i = 0; i < 4; i++)
        {
            byte[] bytes = new byte[Sector];
            bytes.AsSpan().Fill((byte)(i + 1));
            file.Write(i * Sector, bytes);
            file.SyncData();
        }

        return disk;
    }

    private static byte[] Filled(int sectors)
    {
        byte[] bytes = new byte[sectors * Sector];
        bytes.AsSpan().Fill(9);
        return bytes;
    }
}
