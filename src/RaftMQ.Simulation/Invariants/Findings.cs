using RaftMQ.Simulation.Histories;

namespace RaftMQ.Simulation.Invariants;

/// <summary>What was looked at, and the first thing that was wrong. The run ends with that.</summary>
internal sealed class Findings
{
    /// <summary>How often some invariant was looked at.</summary>
    public long Checks { get; set; }

    /// <summary>The first thing that was wrong, or null.</summary>
    public Finding? First { get; private set; }

    /// <summary>Something is wrong. What is wrong after that only follows from it.</summary>
    public void Report(string invariant, string message) => First ??= new Finding(invariant, message);
}
