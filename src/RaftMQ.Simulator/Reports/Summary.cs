using RaftMQ.Simulator.Reach;
using RaftMQ.Simulator.Runs;

namespace RaftMQ.Simulator.Reports;

/// <summary>Everything that is known at the end: what the table and the file are made of.</summary>
internal sealed record Summary
{
    /// <summary>What was to be run.</summary>
    public required string Title { get; init; }

    /// <summary>How many runs were planned.</summary>
    public required int Planned { get; init; }

    /// <summary>What the runs that were made add up to.</summary>
    public required Figures Figures { get; init; }

    /// <summary>How many runs were made at a time.</summary>
    public required int Workers { get; init; }

    /// <summary>How long it took by the clock.</summary>
    public required TimeSpan Elapsed { get; init; }

    /// <summary>How long the workers made runs, all taken together.</summary>
    public required TimeSpan Busy { get; init; }

    /// <summary>What was alive after the first runs; null if it was not measured.</summary>
    public Heap? FirstHeap { get; init; }

    /// <summary>What was alive at the end; null if it was not measured.</summary>
    public Heap? LastHeap { get; init; }

    /// <summary>Whether somebody stopped it.</summary>
    public required bool Interrupted { get; init; }

    /// <summary>The runs that were still under way then.</summary>
    public IReadOnlyList<RunUnderWay> Abandoned { get; init; } = [];

    /// <summary>Whether floors are judged.</summary>
    public bool JudgesFloors { get; init; }

    /// <summary>How many runs were compared with a second process; null if none was asked for.</summary>
    public int? DoubleRuns { get; init; }

    /// <summary>What differed.</summary>
    public IReadOnlyList<string> DifferentRuns { get; init; } = [];

    /// <summary>Events per second of one worker.</summary>
    public double EventsPerSecondPerWorker => Busy > TimeSpan.Zero ? Figures.Events / Busy.TotalSeconds : 0;

    /// <summary>Events per second of all workers together.</summary>
    public double EventsPerSecond => Elapsed > TimeSpan.Zero ? Figures.Events / Elapsed.TotalSeconds : 0;

    /// <summary>The floors that were missed, as sentences.</summary>
    public IReadOnlyList<string> MissedFloors
    {
        get
        {
            var missed = new List<string>();
            if (Figures.OperationsPerThousand < Floors.OperationsPerThousandEvents)
            {
                missed.Add(FormattableString.Invariant(
                    $"client operations: {Figures.OperationsPerThousand:0.0} per 1,000 events, and {Floors.OperationsPerThousandEvents} are the floor"));
            }

            missed.AddRange(Floors.All.Where(floor => Figures.ShareOf(floor.Situation) < floor.Share).Select(floor => FormattableString.Invariant(
                $"{floor.Name}: reached in {100 * Figures.ShareOf(floor.Situation):0.00} % of the seeds, and {100 * floor.Share:0.##} % are the floor")));
            return missed;
        }
    }

    /// <summary>Whether anything that was judged is wrong.</summary>
    public bool HasFailed => Figures.Failed > 0 || DifferentRuns.Count > 0 || (JudgesFloors && MissedFloors.Count > 0);
}
