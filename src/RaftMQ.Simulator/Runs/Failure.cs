using RaftMQ.Simulation.Histories;
using RaftMQ.Simulation.Runs;

namespace RaftMQ.Simulator.Runs;

/// <summary>A run that failed.</summary>
/// <param name="Options">What it was told.</param>
/// <param name="Finding">What was wrong.</param>
/// <param name="LastLines">The last lines of its trace.</param>
internal sealed record Failure(RunOptions Options, Finding Finding, IReadOnlyList<string> LastLines);
