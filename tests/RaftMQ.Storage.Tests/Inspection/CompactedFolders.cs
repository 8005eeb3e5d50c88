using RaftMQ.Consensus;
using RaftMQ.Simulation;
using RaftMQ.Simulation.Disk;
using RaftMQ.Storage.Inspection;

namespace RaftMQ.Storage.Tests.Inspection;

/// <summary>Of whatever history a folder is, and whatever is damaged in it: an inspection and a start agree.</summary>
public sealed class CompactedFolders
{
    [Theory]
    [InlineData(1, false)]
    [InlineData(2, false)]
    [InlineData(3, true)]
    [InlineData(4, true)]
    public void What_is_called_sound_is_read_back_right_whatever_bit_is_turned_over_and_what_a_start_takes_of_the_log_is_called_sound(int first, bool smallSteps)
    {
        (int sound, int damaged) = (0, 0);
        for (ulong seed = (ulong)first * 100; seed < ((ulong)first * 100) + 4; seed++)
        {
            CompactedLog folder = Lived(new SimulatedDisk(seed), seed, smallSteps);
            folder.SaveSnapshots();
            Inspect(folder.Disk).Findings.ShouldBeEmpty();
            var chance = new Chance(seed);
            for (int flip = 0; flip < 50; flip++)
            {
                SimulatedDisk disk = folder.Disk.Copy(seed);
                string flipped = FlipBit(disk, chance);
                bool isSound = Agrees(folder, disk, flipped);
                (sound, damaged) = isSound ? (sound + 1, damaged) : (sound, damaged + 1);
            }
        }

        sound.ShouldBeGreaterThan(10);
        damaged.ShouldBeGreaterThan(80);
    }

    [Theory]
    [InlineData(5, false)]
    [InlineData(6, true)]
    public void At_whatever_operation_the_power_fails_the_folder_is_called_sound_and_a_start_takes_it(int seed, bool smallSteps)
    {
        var whole = new CompactedLog(new SimulatedDisk((ulong)seed), smallSteps);
        int operations = Compaction.Live(whole, (ulong)seed);
        int nested = 0;
        for (int crashAt = 10; crashAt < operations; crashAt += 5)
        {
            var disk = new SimulatedDisk((ulong)((seed * 100_000) + crashAt));
            var folder = new CompactedLog(disk, smallSteps);
            disk.CrashAfter(crashAt);
            Should.Throw<SimulatedCrashException>(() => Compaction.Live(folder, (ulong)seed));
            disk.Crash();
            folder.SaveSnapshots();

            FolderInspection found = Inspect(disk);

            found.Findings.ShouldAllBe(finding => finding.Kind == FindingKind.TornTail);
            found.BodyFiles.ShouldAllBe(file => file.IsSound);
            EndOf(found).ShouldBe(folder.StartWith(disk.Copy(1)));
            nested += found.BodyFiles.Count(file => file.Within is not null);
        }

        nested.ShouldBeGreaterThan(0);
    }

    /// <summary>Whether the folder is called sound: then a start reads everything back, and of the log takes as much. What is damaged in the log is damage to both.</summary>
    private static bool Agrees(CompactedLog folder, SimulatedDisk disk, string flipped)
    {
        FolderInspection found = Inspect(disk);
        try
        {
            LogIndex last = folder.StartWith(disk);
            bool mayBeUnneeded = flipped.Contains(".bodies", StringComparison.Ordinal);
            (found.IsSound || mayBeUnneeded).ShouldBeTrue($"a start takes a folder with {flipped} turned over, {found.Findings.FirstOrDefault()}");
            EndOf(found).ShouldBe(last, flipped);
        }
        catch (StorageDamagedException damage)
        {
            found.IsSound.ShouldBeFalse($"{flipped} is turned over: {damage.Message}");
        }

        return found.IsSound;
    }

    private static CompactedLog Lived(SimulatedDisk disk, ulong seed, bool smallSteps)
    {
        var folder = new CompactedLog(disk, smallSteps);
        Compaction.Live(folder, seed);
        if (seed % 2 == 0)
        {
            folder.Log.WorkInBackground(idle: true);
        }

        folder.Dispose();
        return folder;
    }

    /// <summary>Somewhere in what a file holds, or right behind.</summary>
    private static string FlipBit(SimulatedDisk disk, Chance chance)
    {
        string[] names = [.. disk.List().Where(name => Path.GetExtension(name) is ".wal" or ".bodies" or ".snapshot")];
        string name = names[chance.Below(names.Length)];
        ReadOnlySpan<byte> contents = disk.Contents(name).Span;
        int end = Math.Min(contents.Length, contents.LastIndexOfAnyExcept((byte)0) + 100);
        int bit = chance.Below(end * 8);
        disk.FlipBit(name, bit / 8, bit % 8);
        return $"bit {bit % 8} of byte {bit / 8} of {name}";
    }

    private static LogIndex EndOf(FolderInspection found) => LogIndex.Max(found.Log.Last.Index, found.Log.BeginsBehind);

    private static FolderInspection Inspect(SimulatedDisk disk) => FolderInspection.Run(disk, TestLog.SmallSteps);
}
