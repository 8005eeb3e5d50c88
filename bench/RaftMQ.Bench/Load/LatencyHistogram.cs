using System.Diagnostics;
using System.Numerics;

namespace RaftMQ.Bench.Load;

/// <summary>
/// Latencies in buckets of at most 1 % width (128 to each power of two of nanoseconds), so that memory is bounded and percentiles are exact enough.
/// One thread records; another may merge when it has ended.
/// </summary>
internal sealed class LatencyHistogram
{
    private const int SubBits = 7;
    private const int Sub = 1 << SubBits;

    private readonly long[] _counts = new long[(64 - SubBits + 1) * Sub];

    public long Count { get; private set; }

    public TimeSpan Max { get; private set; }

    public void Record(long startedTimestamp, long endedTimestamp)
    {
        TimeSpan took = Stopwatch.GetElapsedTime(startedTimestamp, endedTimestamp);
        Max = took > Max ? took : Max;
        Count++;
        _counts[BucketOf((ulong)Math.Max(0, took.Ticks * 100))]++;
    }

    public void Merge(LatencyHistogram other)
    {
        for (int i = 0; i < _counts.Length; i++)
        {
            _counts[i] += other._counts[i];
        }

        Count += other.Count;
        Max = other.Max > Max ? other.Max : Max;
    }

    /// <summary>The latency that this share of all did not exceed; zero if there are none.</summary>
    public TimeSpan Percentile(double share)
    {
        long wanted = Math.Max(1, (long)Math.Ceiling(Count * share));
        long seen = 0;
        for (int i = 0; i < _counts.Length; i++)
        {
            seen += _counts[i];
            if (seen >= wanted)
            {
                var middle = TimeSpan.FromTicks((long)(MiddleOf(i) / 100));
                return middle < Max ? middle : Max;
            }
        }

        return TimeSpan.Zero;
    }

    private static int BucketOf(ulong nanoseconds)
    {
        if (nanoseconds < Sub)
        {
            return (int)nanoseconds;
        }

        int shift = BitOperations.Log2(nanoseconds) - SubBits;
        return ((shift + 1) << SubBits) + (int)((nanoseconds >> shift) - Sub);
    }

    private static double MiddleOf(int bucket)
    {
        if (bucket < Sub)
        {
            return bucket;
        }

        int shift = (bucket >> SubBits) - 1;
        return ((double)((ulong)(bucket & (Sub - 1)) + Sub) + 0.5) * Math.Pow(2, shift);
    }
}
