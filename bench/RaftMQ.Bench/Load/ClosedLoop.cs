using System.Diagnostics;
using System.Net.Sockets;

namespace RaftMQ.Bench.Load;

/// <summary>What a closed loop measured.</summary>
/// <param name="Connections">How many requests were under way at a time.</param>
/// <param name="Seconds">How long it ran.</param>
/// <param name="Latency">The latencies of the requests that were answered as expected.</param>
/// <param name="Statuses">All other answers by status, and lost connections as 0.</param>
internal sealed record LoadResult(int Connections, double Seconds, LatencyHistogram Latency, IReadOnlyDictionary<int, long> Statuses)
{
    public double PerSecond => Latency.Count / Seconds;

    public long Errors => Statuses.Values.Sum();
}

/// <summary>
/// So many connections, each with a thread of its own, each sending its next request when it has the answer to the last: a closed loop. A server
/// that stalls is therefore asked less, and the percentiles say nothing of requests that would have come meanwhile (coordinated omission).
/// </summary>
internal static class ClosedLoop
{
    private const int StackBytes = 256 * 1024;
    private static readonly TimeSpan RequestTimeout = TimeSpan.FromSeconds(15);

    /// <param name="ports">The ports, taken in turn by the connections.</param>
    /// <param name="request">What each of them sends.</param>
    /// <param name="expected">The status that counts as done.</param>
    /// <param name="connections">How many.</param>
    /// <param name="warmUp">Run before anything is counted.</param>
    /// <param name="duration">How long is counted.</param>
    public static LoadResult Run(IReadOnlyList<int> ports, byte[] request, int expected, int connections, TimeSpan warmUp, TimeSpan duration)
    {
        long begin = Stopwatch.GetTimestamp() + (long)(warmUp.TotalSeconds * Stopwatch.Frequency);
        long end = begin + (long)(duration.TotalSeconds * Stopwatch.Frequency);
        Lane[] lanes = [.. Enumerable.Range(0, connections).Select(i => new Lane(ports[i % ports.Count], request, expected, begin, end))];
        Thread[] threads = [.. lanes.Select(lane => new Thread(lane.Run, StackBytes) { IsBackground = true })];
        foreach (Thread thread in threads)
        {
            thread.Start();
        }

        foreach (Thread thread in threads)
        {
            thread.Join();
        }

        var latency = new LatencyHistogram();
        var statuses = new SortedDictionary<int, long>();
        foreach (Lane lane in lanes)
        {
            latency.Merge(lane.Latency);
            foreach ((int status, long count) in lane.Statuses)
            {
                statuses[status] = statuses.GetValueOrDefault(status) + count;
            }
        }

        return new LoadResult(connections, duration.TotalSeconds, latency, statuses);
    }

    /// <summary>One connection and its thread.</summary>
    private sealed class Lane(int port, byte[] request, int expected, long begin, long end)
    {
        /// <summary>After a lost connection or a refusal, so that an error does not become a busy loop.</summary>
        private static readonly TimeSpan PauseAfterError = TimeSpan.FromMilliseconds(10);

        private HttpConnection? _connection;

        public LatencyHistogram Latency { get; } = new();

        public Dictionary<int, long> Statuses { get; } = [];

        public void Run()
        {
            long started;
            while ((started = Stopwatch.GetTimestamp()) < end)
            {
                int status = Exchange();
                long now = Stopwatch.GetTimestamp();
                bool counts = started >= begin && now <= end;
                if (status != expected)
                {
                    Statuses[status] = Statuses.GetValueOrDefault(status) + (counts ? 1 : 0);
                    Thread.Sleep(PauseAfterError);
                }
                else if (counts)
                {
                    Latency.Record(started, now);
                }
            }

            _connection?.Dispose();
        }

        private int Exchange()
        {
            try
            {
                _connection ??= new HttpConnection(port, RequestTimeout);
                return _connection.Exchange(request).Status;
            }
            catch (Exception lost) when (lost is SocketException or IOException)
            {
                _connection?.Dispose();
                _connection = null;
                return 0;
            }
        }
    }
}
