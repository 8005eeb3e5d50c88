using System.Numerics;

namespace RaftMQ.Simulation;

/// <summary>Chance from a seed: the same numbers on every machine (SplitMix64: Steele, Lea, Flood, 2014). Integers only: logarithms differ between libraries.</summary>
public sealed class Chance
{
    private const long Ln2PerMillion = 693_147;

    private readonly ulong _seed;
    private ulong _state;

    /// <summary>Chance that begins at a seed.</summary>
    public Chance(ulong seed)
    {
        _seed = seed;
        _state = seed;
    }

    /// <summary>The next 64 bits.</summary>
    public ulong Next()
    {
        _state += 0x9E3779B97F4A7C15;
        return Mix(_state);
    }

    /// <summary>A number from 0 to less than <paramref name="bound"/>, which is at least 1.</summary>
    public int Below(int bound) => (int)Math.BigMul(Next(), (ulong)bound, out _);

    /// <summary>A number from <paramref name="low"/> to <paramref name="high"/>, both included.</summary>
    public long Between(long low, long high) => low + (long)Math.BigMul(Next(), (ulong)(high - low + 1), out _);

    /// <summary>True in so many of a hundred cases.</summary>
    public bool Percent(int share) => Below(100) < share;

    /// <summary>True in so many of a million cases.</summary>
    public bool PerMillion(int share) => share > 0 && Below(1_000_000) < share;

    /// <summary>A waiting time of this mean, exponentially distributed (a straight line between powers of two: at most 9 % off).</summary>
    public long Exponential(long mean)
    {
        ulong bits = Next() | 1;
        int zeros = BitOperations.LeadingZeroCount(bits);
        ulong fraction = (bits << zeros << 1) >> 44;
        long logarithm = (zeros * 1_000_000L) + (1_000_000L - (long)(fraction * 1_000_000 >> 20));
        return (long)((Int128)mean * logarithm / 1_000_000 * Ln2PerMillion / 1_000_000);
    }

    /// <summary>One of several.</summary>
    public T OneOf<T>(ReadOnlySpan<T> choices) => choices[Below(choices.Length)];

    /// <summary>
    /// Chance of its own for one purpose, which depends on the seed alone and not on what was drawn since: leaving one purpose out leaves the others as they were.
    /// </summary>
    public Chance Fork(ulong purpose) => new(Mix(_seed ^ Mix(purpose + 0xD1B54A32D192ED03)));

    private static ulong Mix(ulong value)
    {
        ulong mixed = (value ^ (value >> 30)) * 0xBF58476D1CE4E5B9;
        mixed = (mixed ^ (mixed >> 27)) * 0x94D049BB133111EB;
        return mixed ^ (mixed >> 31);
    }
}
