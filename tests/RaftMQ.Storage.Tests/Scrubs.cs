using RaftMQ.Simulation;
using RaftMQ.Simulation.Disk;
using RaftMQ.Storage.Scrubbing;

namespace RaftMQ.Storage.Tests;

/// <summary>Everything that lies on the disk is read again now and then, and what is no longer as it was written is found.</summary>
public sealed class Scrubs
{
    [Theory]
    [InlineData(1)]
    [InlineData(300)]
    [InlineData(1_000_000)]
    public void A_sound_folder_passes_in_steps_of_any_size(int stepBytes)
    {
        using CompactedLog folder = Folder();
        Scrub scrub = folder.NewScrub();

        Pass(scrub, stepBytes);
        Pass(scrub, stepBytes);

        scrub.Passes.ShouldBe(2);
        scrub.Bytes.ShouldBeGreaterThan(2 * 10_000);
    }

    [Fact]
    public void A_bit_that_is_wrong_anywhere_in_a_full_segment_a_file_of_bodies_or_a_snapshot_is_found()
    {
        using CompactedLog folder = Folder();
        string[] segments = folder.FileNames(".wal");
        string[] names = [.. segments[..^1], .. folder.FileNames(".bodies"), .. folder.FileNames(".snapshot")];
        names.Count(name => name.EndsWith(".bodies", StringComparison.Ordinal)).ShouldBeGreaterThan(1);
        names.Count(name => name.EndsWith(".wal", StringComparison.Ordinal)).ShouldBeGreaterThan(1);
        foreach (string name in names)
        {
            ReadOnlyMemory<byte> bytes = folder.Disk.Contents(name);
            int last = bytes.Span.LastIndexOfAnyExcept((byte)0);
            foreach (int offset in Enumerable.Range(0, last + 1).Where(at => bytes.Span[at] != 0 && (at % 53 == 0 || at > last - 60)))
            {
                Scrub scrub = folder.NewScrub();
                folder.Disk.FlipBit(name, offset, offset % 8);

                Should.Throw<StorageDamagedException>(() => Pass(scrub, 4_000), $"{name} at {offset}").Message.ShouldContain(name);

                folder.Disk.FlipBit(name, offset, offset % 8);
            }
        }

        Pass(folder.NewScrub(), 4_000);
    }

    [Fact]
    public void A_last_record_that_is_gone_altogether_is_missed()
    {
        using CompactedLog folder = Folder();
        foreach (string name in (string[])[.. folder.FileNames(".wal")[..^1], .. folder.FileNames(".bodies")])
        {
            ReadOnlyMemory<byte> bytes = folder.Disk.Contents(name);
            int last = bytes.Span.LastIndexOfAnyExcept((byte)0);
            int lastUnit = last / 512 * 512;
            byte[] kept = bytes[lastUnit..Math.Min(lastUnit + 512, bytes.Length)].ToArray();
            Flip(folder.Disk, name, lastUnit, kept);

            Should.Throw<StorageDamagedException>(() => Pass(folder.NewScrub(), 4_000), name).Message.ShouldContain(name);

            Flip(folder.Disk, name, lastUnit, kept);
        }
    }

    [Fact]
    public void The_segment_that_is_written_to_is_left_alone()
    {
        using CompactedLog folder = Folder();
        folder.Disk.FlipBit(folder.FileNames(".wal")[^1], 700, 1);

        Pass(folder.NewScrub(), 4_000);
    }

    [Fact]
    public void A_sector_that_cannot_be_read_is_damage()
    {
        using CompactedLog folder = Folder();
        string name = folder.FileNames(".bodies")[0];
        folder.Disk.MakeUnreadable(name, 2);

        Should.Throw<StorageDamagedException>(() => Pass(folder.NewScrub(), 4_000)).Message.ShouldContain(name);
    }

    [Fact]
    public void A_step_reads_no_more_than_it_may_but_for_a_whole_record_and_makes_up_for_that()
    {
        using CompactedLog folder = Folder();
        Scrub scrub = folder.NewScrub();
        for (int steps = 1; !scrub.Step(100); steps++)
        {
            scrub.Bytes.ShouldBeLessThanOrEqualTo((100 * steps) + 2_100);
        }
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void What_goes_or_is_replaced_meanwhile_is_passed_over(ulong seed)
    {
        var chance = new Chance(seed);
        using CompactedLog folder = Folder();
        Scrub scrub = folder.NewScrub();
        for (int round = 0; round < 150; round++)
        {
            folder.Publish((int)chance.Between(1, 30), (int)chance.Between(10, 2_000));
            folder.ConsumeSome(chance, (int)chance.Between(0, 40));
            if (chance.Percent(50))
            {
                folder.Snapshot();
            }

            for (int step = 0; step < 4; step++)
            {
                scrub.Step((int)chance.Between(1, 5_000));
            }
        }

        scrub.Passes.ShouldBeGreaterThan(1);
        folder.RequireAllThere();
    }

    /// <summary>A log of several segments, released segments that were kept whole, others that were copied, and a snapshot.</summary>
    private static CompactedLog Folder()
    {
        var folder = new CompactedLog(new SimulatedDisk(5));
        for (int round = 0; round < 6; round++)
        {
            folder.Publish(25, 900);
            folder.Snapshot();
            if (round == 2)
            {
                folder.ConsumeFourOfFive();
            }
        }

        folder.Snapshot();
        folder.SaveNewest();
        folder.Publish(30, 900);
        return folder;
    }

    private static void Pass(Scrub scrub, int stepBytes)
    {
        while (!scrub.Step(stepBytes))
        {
        }
    }

    private static void Flip(SimulatedDisk disk, string name, int offset, byte[] bits)
    {
        for (int i = 0; i < bits.Length * 8; i++)
        {
            if ((bits[i / 8] >> (i % 8) & 1) == 1)
            {
                disk.FlipBit(name, offset + (i / 8), i % 8);
            }
        }
    }
}
