namespace RaftMQ.Bench.Measures;

/// <summary>What a folder takes of the disk, as the sum of its files' lengths: a node's files are filled before they are used, so none has holes.</summary>
internal static class FolderSize
{
    /// <summary>The size at the moment; files come and go while it is taken.</summary>
    public static long Of(string folder)
    {
        long bytes = 0;
        foreach (FileInfo file in new DirectoryInfo(folder).EnumerateFiles("*", SearchOption.AllDirectories))
        {
            try
            {
                bytes += file.Length;
            }
            catch (FileNotFoundException)
            {
                // Removed, or renamed and counted under its new name or at the next look.
                continue;
            }
        }

        return bytes;
    }

    /// <summary>Refuses a measurement for which the disk has not the room.</summary>
    /// <param name="folder">On the disk in question.</param>
    /// <param name="bytes">What it may come to need.</param>
    public static void RequireRoom(string folder, double bytes)
    {
        double free = new DriveInfo(folder).AvailableFreeSpace;
        if (free < bytes)
        {
            throw new BenchFailedException(FormattableString.Invariant(
                $"this may need {bytes / 1e9:0.0} GB, and the disk of {folder} has {free / 1e9:0.0} GB free; choose less, or another disk with --data"));
        }
    }
}
