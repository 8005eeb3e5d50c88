namespace RaftMQ.Consensus;

/// <summary>A small generator of chance from a seed: the same numbers on every machine (Steele, Lea, Flood: "Fast splittable pseudorandom number generators", 2014).</summary>
internal sealed class SplitMix(ulong seed)
{
    private ulong _state = seed;

    /// <summary>A number from 0 to less than <paramref name="bound"/>.</summary>
    public int Next(int bound)
    {
        Invariant.Require(bound > 0, "chance is drawn from at least one number");
        _state += 0x9E3779B97F4A7C15;
        ulong mixed = (_state ^ (_state >> 30)) * 0xBF58476D1CE4E5B9;
        mixed = (mixed ^ (mixed >> 27)) * 0x94D049BB133111EB;
        mixed ^= mixed >> 31;
        return (int)Math.BigMul(mixed, (ulong)bound, out _);
    }
}
