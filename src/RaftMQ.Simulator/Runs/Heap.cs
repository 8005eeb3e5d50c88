namespace RaftMQ.Simulator.Runs;

/// <summary>What was alive on the managed heap while no run was under way: what runs leave behind, which must not grow with their number.</summary>
/// <param name="Runs">After how many runs.</param>
/// <param name="Bytes">How many bytes.</param>
internal sealed record Heap(int Runs, long Bytes)
{
    /// <summary>Collects all garbage, and measures what is left.</summary>
    public static Heap After(int runs) => new(runs, GC.GetTotalMemory(forceFullCollection: true));
}
