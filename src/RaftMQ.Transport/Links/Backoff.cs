using System.Diagnostics;

namespace RaftMQ.Transport.Links;

/// <summary>
/// How long to wait before dialling again. After a failure 20 ms, then twice as long each time, up to 500 ms, each with up to a quarter of jitter,
/// so that nodes that started together do not knock together. After a link was lost: at once, but not twice within a second, or else two ends that
/// keep closing on each other would spin.
/// </summary>
internal sealed class Backoff(PeerTimeouts timeouts)
{
    private static readonly TimeSpan ImmediateAtMostEvery = TimeSpan.FromSeconds(1);

    private TimeSpan _next = timeouts.FirstRedial;
    private long _lastImmediate;

    /// <summary>The wait after a failed attempt.</summary>
    public TimeSpan AfterFailure()
    {
        TimeSpan wait = _next * (1 + (Random.Shared.NextDouble() / 4));
        _next = _next * 2 < timeouts.LongestRedial ? _next * 2 : timeouts.LongestRedial;
        return wait;
    }

    /// <summary>The wait after a link was lost.</summary>
    public TimeSpan AfterLoss()
    {
        if (_lastImmediate != 0 && Stopwatch.GetElapsedTime(_lastImmediate) < ImmediateAtMostEvery)
        {
            return AfterFailure();
        }

        _lastImmediate = Stopwatch.GetTimestamp();
        return TimeSpan.Zero;
    }

    /// <summary>An attempt has succeeded.</summary>
    public void Reset() => _next = timeouts.FirstRedial;
}
