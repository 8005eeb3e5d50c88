namespace RaftMQ.Simulation.World;

/// <summary>The two clocks of a machine. The monotonic one runs at a rate of its own and goes on while processes stand still; the wall clock is off, drifts and jumps.</summary>
internal sealed class NodeClock(Chance chance)
{
    private const long EpochMs = 1_700_000_000_000;
    private const long Million = 1_000_000;

    private readonly long _baseUs = chance.Between(1, 1_000) * Million;

    /// <summary>Monotonic microseconds per million of virtual ones.</summary>
    public long RatePerMillion { get; set; } = Million;

    /// <summary>How far off the wall clock is now.</summary>
    public long WallOffsetMs { get; set; }

    /// <summary>How fast that grows.</summary>
    public long WallDriftPerMillion { get; set; }

    /// <summary>How far two readings of the wall clock may differ for no reason.</summary>
    public long WallNoiseMs { get; set; }

    public long MonotonicMs(long now) => (_baseUs + (now * RatePerMillion / Million)) / 1_000;

    /// <summary>The first virtual time at which the monotonic clock shows this.</summary>
    public long WhenMonotonic(long ms) => (((ms * 1_000) - _baseUs) * Million / RatePerMillion) + 1;

    public long WallMs(long now) =>
        EpochMs + (now / 1_000) + WallOffsetMs + (now / 1_000 * WallDriftPerMillion / Million) + (WallNoiseMs > 0 ? chance.Between(-WallNoiseMs, WallNoiseMs) : 0);
}
