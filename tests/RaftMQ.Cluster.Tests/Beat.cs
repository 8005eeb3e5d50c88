using System.Diagnostics;

namespace RaftMQ.Cluster.Tests;

/// <summary>How fast clients ask, all of them together, and when they were told that what they published is kept: the pauses between that are how long a cluster was silent.</summary>
/// <param name="requestsPerSecond">How many requests are begun in a second, if there are clients that are free to.</param>
internal sealed class Beat(int requestsPerSecond)
{
    /// <summary>Shorter pauses are nobody's fault.</summary>
    private static readonly TimeSpan ShortestPause = TimeSpan.FromMilliseconds(50);

    /// <summary>Longer ones are silence: not the way of a long link, on which acknowledgements come in batches.</summary>
    private static readonly TimeSpan Silence = TimeSpan.FromMilliseconds(500);

    /// <summary>What a pause has held up is not made up for beyond this.</summary>
    private static readonly long MostBehind = Stopwatch.Frequency / 4;

    private readonly long _interval = Stopwatch.Frequency / requestsPerSecond;
    private readonly List<(long From, long To)> _pauses = [];
    private readonly Lock _gate = new();
    private long _next = Stopwatch.GetTimestamp();
    private long _last = Stopwatch.GetTimestamp();

    /// <summary>Waits until it is time for the next request.</summary>
    public async Task TurnAsync()
    {
        long now = Stopwatch.GetTimestamp();
        long due;
        lock (_gate)
        {
            due = _next = Math.Max(_next + _interval, now - MostBehind);
        }

        if (due > now)
        {
            using var timer = new PeriodicTimer(Stopwatch.GetElapsedTime(now, due) + TimeSpan.FromMilliseconds(1));
            await timer.WaitForNextTickAsync();
        }
    }

    /// <summary>A publish was acknowledged.</summary>
    public void Acknowledged()
    {
        long now = Stopwatch.GetTimestamp();
        lock (_gate)
        {
            if (Stopwatch.GetElapsedTime(_last, now) > ShortestPause)
            {
                _pauses.Add((_last, now));
            }

            _last = now;
        }
    }

    /// <summary>Whether anything was acknowledged behind this moment.</summary>
    public bool HasGoneOnSince(long moment)
    {
        lock (_gate)
        {
            return _last > moment;
        }
    }

    /// <summary>The longest time without an acknowledgement that reaches into this span.</summary>
    public TimeSpan LongestPause(long from, long to)
    {
        lock (_gate)
        {
            return _pauses.Append((From: _last, To: to)).Where(pause => pause.To > from && pause.From < to)
                .Select(pause => Stopwatch.GetElapsedTime(pause.From, Math.Max(pause.From, pause.To))).DefaultIfEmpty().Max();
        }
    }

    /// <summary>All the time in which it was silent.</summary>
    public TimeSpan Silent
    {
        get
        {
            lock (_gate)
            {
                return _pauses.Select(pause => Stopwatch.GetElapsedTime(pause.From, pause.To)).Where(pause => pause > Silence).Aggregate(TimeSpan.Zero, (sum, pause) => sum + pause);
            }
        }
    }

    /// <summary>How long after this moment the first acknowledgement came, with a grain of the shortest pause.</summary>
    public TimeSpan PauseAfter(long moment)
    {
        lock (_gate)
        {
            return _pauses.Where(pause => pause.From <= moment && pause.To > moment).Select(pause => Stopwatch.GetElapsedTime(moment, pause.To)).FirstOrDefault();
        }
    }
}
