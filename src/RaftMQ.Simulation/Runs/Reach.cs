namespace RaftMQ.Simulation.Runs;

/// <summary>How often a run has come into each of the situations.</summary>
internal sealed class Reach
{
    private readonly long[] _counts = new long[Enum.GetValues<Situation>().Length];

    public IReadOnlyList<long> Counts => _counts;

    public void Count(Situation situation, long times = 1) => _counts[(int)situation] += times;
}
