using System.Diagnostics;

namespace RaftMQ.Bench.Load;

/// <summary>So many messages, published by so many connections.</summary>
/// <param name="Port">The node that is asked.</param>
/// <param name="Topic">Where they go.</param>
/// <param name="Messages">How many.</param>
/// <param name="MessageBytes">The size of each.</param>
/// <param name="Connections">How many requests are under way at a time.</param>
internal sealed record TrafficPlan(int Port, string Topic, long Messages, int MessageBytes, int Connections)
{
    /// <summary>Whether each connection pops a message after each that it has published: what waits stays what it was.</summary>
    public bool Pops { get; init; }

    /// <summary>An epoch that tells publishes apart; see <see cref="Measures.SnapshotWatch"/>.</summary>
    public Func<int> Epoch { get; init; } = () => 0;
}

/// <summary>What became of it.</summary>
/// <param name="Published">Acknowledged publishes.</param>
/// <param name="Popped">Messages that came back.</param>
/// <param name="Unknown">Requests whose outcome is unknown: not repeated, or a message might be there twice.</param>
/// <param name="Refused">Definite refusals; each request was repeated until it was carried out.</param>
/// <param name="Seconds">How long all took.</param>
/// <param name="Apart">Latencies of publishes while no snapshot was written.</param>
/// <param name="Beside">Latencies of publishes that met one.</param>
internal sealed record TrafficResult(
    long Published, long Popped, long Unknown, long Refused, double Seconds, LatencyHistogram Apart, LatencyHistogram Beside)
{
    public double PublishedPerSecond => Published / Seconds;

    /// <summary>The latencies of all publishes.</summary>
    public LatencyHistogram Latency
    {
        get
        {
            var all = new LatencyHistogram();
            all.Merge(Apart);
            all.Merge(Beside);
            return all;
        }
    }
}

/// <summary>
/// A counted number of messages through as many connections, each with a thread of its own and one request under way: a closed loop, as <see cref="ClosedLoop"/>, that ends by count. The first
/// connection that fails ends all.
/// </summary>
internal sealed class Traffic(TrafficPlan plan)
{
    private const int StackBytes = 256 * 1024;

    private readonly Lock _gate = new();
    private long _taken;
    private long _published;
    private volatile string? _failure;

    /// <summary>How many have been acknowledged so far.</summary>
    public long Published => Volatile.Read(ref _published);

    /// <summary>Runs to the end.</summary>
    /// <exception cref="BenchFailedException">A request was answered as it must not be, or for long with refusals only.</exception>
    public TrafficResult Run()
    {
        long began = Stopwatch.GetTimestamp();
        TrafficLane[] lanes = [.. Enumerable.Range(0, plan.Connections).Select(_ => new TrafficLane(plan))];
        Thread[] threads = [.. lanes.Select(lane => new Thread(() => Run(lane), StackBytes) { IsBackground = true })];
        Array.ForEach(threads, thread => thread.Start());
        Array.ForEach(threads, thread => thread.Join());
        double seconds = Stopwatch.GetElapsedTime(began).TotalSeconds;
        if (_failure is not null)
        {
            throw new BenchFailedException($"after {Published} of {plan.Messages} messages: {_failure}");
        }

        var apart = new LatencyHistogram();
        var beside = new LatencyHistogram();
        foreach (TrafficLane lane in lanes)
        {
            apart.Merge(lane.Apart);
            beside.Merge(lane.Beside);
        }

        return new TrafficResult(Published, lanes.Sum(lane => lane.Popped), lanes.Sum(lane => lane.Unknown), lanes.Sum(lane => lane.Refused), seconds, apart, beside);
    }

    private void Run(TrafficLane lane)
    {
        try
        {
            while (_failure is null && Interlocked.Increment(ref _taken) <= plan.Messages)
            {
                if (lane.Publish())
                {
                    Interlocked.Increment(ref _published);
                }

                if (plan.Pops)
                {
                    lane.Pop();
                }
            }
        }
        catch (Exception failure)
        {
            // On a thread of its own: told to the one who waits for all of them.
            lock (_gate)
            {
                _failure ??= failure.Message;
            }
        }
        finally
        {
            lane.Dispose();
        }
    }
}
