using System.Diagnostics;
using RaftMQ.Bench.Load;

namespace RaftMQ.Bench.Measures;

/// <summary>
/// What a durable write costs at best on this disk: 4 KiB written one after the other into a file that was sized and zeroed before, each followed by
/// fdatasync. That is what a log has to do for one entry, and nothing else.
/// </summary>
internal static class DiskSync
{
    private const int BlockBytes = 4096;
    private const int WarmUpBlocks = 50;
    private static readonly TimeSpan Longest = TimeSpan.FromSeconds(10);

    /// <summary>The same by several threads with a file each, at once: what the nodes of one machine have to share.</summary>
    public static LatencyHistogram MeasureAtOnce(string folder, int writers)
    {
        var each = new LatencyHistogram[writers];
        Thread[] threads = [.. Enumerable.Range(0, writers).Select(i => new Thread(() => each[i] = Measure(folder)))];
        Array.ForEach(threads, thread => thread.Start());
        Array.ForEach(threads, thread => thread.Join());
        var all = new LatencyHistogram();
        Array.ForEach(each, all.Merge);
        return all;
    }

    /// <param name="folder">On the disk in question.</param>
    /// <param name="blocks">How many writes, if ten seconds suffice.</param>
    public static LatencyHistogram Measure(string folder, int blocks = 2_000)
    {
        string path = Path.Combine(folder, $"bench-disk-sync-{Guid.NewGuid():n}");
        var latency = new LatencyHistogram();
        byte[] block = new byte[BlockBytes];
        try
        {
            using var file = new FileStream(path, FileMode.CreateNew, FileAccess.ReadWrite, FileShare.None, bufferSize: 0);
            for (int i = 0; i < blocks + WarmUpBlocks; i++)
            {
                file.Write(block);
            }

            file.Flush(flushToDisk: true);
            Random.Shared.NextBytes(block);
            long began = Stopwatch.GetTimestamp();
            for (int i = 0; i < blocks + WarmUpBlocks && Stopwatch.GetElapsedTime(began) < Longest; i++)
            {
                long started = Stopwatch.GetTimestamp();
                RandomAccess.Write(file.SafeFileHandle, block, (long)i * BlockBytes);
                Sync(file);
                if (i >= WarmUpBlocks)
                {
                    latency.Record(started, Stopwatch.GetTimestamp());
                }
            }
        }
        finally
        {
            File.Delete(path);
        }

        return latency;
    }

    /// <summary>Makes what was written durable.</summary>
    public static void Sync(FileStream file)
    {
        if (Native.FDataSync((int)file.SafeFileHandle.DangerousGetHandle()) != 0)
        {
            throw new BenchFailedException("the disk refused to sync; nothing was measured");
        }
    }
}
