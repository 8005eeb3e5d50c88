using System.Diagnostics;

namespace RaftMQ.Bench.Measures;

/// <summary>What the disk takes at best: a new file written from its beginning to its end, then made durable with one fdatasync.</summary>
internal static class SequentialWrite
{
    private const int BlockBytes = 1024 * 1024;

    /// <param name="folder">On the disk in question.</param>
    /// <param name="bytes">How much is written.</param>
    /// <returns>How long it took until all was durable.</returns>
    public static TimeSpan Measure(string folder, long bytes)
    {
        string path = Path.Combine(folder, $"bench-sequential-{Guid.NewGuid():n}");
        byte[] block = new byte[BlockBytes];
        Random.Shared.NextBytes(block);
        try
        {
            using var file = new FileStream(path, FileMode.CreateNew, FileAccess.Write, FileShare.None, bufferSize: 0);
            long began = Stopwatch.GetTimestamp();
            for (long at = 0; at < bytes; at += BlockBytes)
            {
                RandomAccess.Write(file.SafeFileHandle, block.AsSpan(0, (int)Math.Min(BlockBytes, bytes - at)), at);
            }

            DiskSync.Sync(file);
            return Stopwatch.GetElapsedTime(began);
        }
        finally
        {
            File.Delete(path);
        }
    }
}
