using System.Diagnostics;
using RaftMQ.Simulation.Runs;

namespace RaftMQ.Simulator.Runs;

/// <summary>Makes the runs of a plan, several at a time, each on one thread from beginning to end.</summary>
/// <param name="make">Makes one run.</param>
/// <param name="plan">The runs, in order.</param>
internal sealed class Runner(Func<RunOptions, RunResult> make, IReadOnlyList<RunOptions> plan)
{
    private static readonly TimeSpan Glance = TimeSpan.FromMilliseconds(200);

    /// <summary>How long runs under way may take to finish after a request to stop; what hangs is reported instead of waited for.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    /// <summary>The heap is measured after the first tenth of the runs, or after so many, so that a short time at many runs comes to it as well.</summary>
    private const int MostFirstRuns = 100;

    private readonly long _began = Stopwatch.GetTimestamp();
    private long _busyTicks;
    private int _nextPlace;
    private RunUnderWay?[] _underWay = [];

    /// <summary>How many runs are made at a time.</summary>
    public int Workers { get; init; } = 1;

    /// <summary>When no more runs are begun; null for never.</summary>
    public TimeSpan? Limit { get; init; }

    /// <summary>Whether no more runs are begun after one has failed.</summary>
    public bool StopAtFailure { get; init; }

    /// <summary>What the runs so far add up to.</summary>
    public Tally Tally { get; } = new();

    /// <summary>How many runs are planned.</summary>
    public int Planned => plan.Count;

    /// <summary>How long it has been running.</summary>
    public TimeSpan Elapsed => Stopwatch.GetElapsedTime(_began);

    /// <summary>How long the workers made runs, all taken together.</summary>
    public TimeSpan Busy => Stopwatch.GetElapsedTime(0, Volatile.Read(ref _busyTicks));

    /// <summary>The runs that were still under way when waiting for them was given up; none after an undisturbed run.</summary>
    public IReadOnlyList<RunUnderWay> Abandoned { get; private set; } = [];

    /// <summary>What was alive after the first runs; null if it did not come to that.</summary>
    public Heap? FirstHeap { get; private set; }

    /// <summary>What was alive at the end; null if some run was still under way.</summary>
    public Heap? LastHeap { get; private set; }

    /// <summary>Makes the runs.</summary>
    /// <param name="stop">No more runs are begun, and soon nothing is waited for.</param>
    /// <param name="glance">Called now and then.</param>
    public void Run(CancellationToken stop, Action<Runner> glance)
    {
        // So few that some workers would stand idle are not worth it.
        int first = Math.Min(plan.Count / 10, MostFirstRuns);
        first = first < Workers ? 0 : first;
        bool areMade = Make(0, first, stop, glance);
        FirstHeap = areMade && first > 0 && Tally.Figures.Runs == first ? Heap.After(first) : null;
        areMade = areMade && Make(first, plan.Count, stop, glance);
        LastHeap = areMade ? Heap.After(Tally.Figures.Runs) : null;
    }

    /// <summary>Makes the runs of some places of the plan.</summary>
    /// <returns>False if some of them did not end.</returns>
    private bool Make(int first, int end, CancellationToken stop, Action<Runner> glance)
    {
        _nextPlace = first;
        _underWay = new RunUnderWay?[Workers];
        Thread[] threads = [.. Enumerable.Range(0, Workers).Select(worker => new Thread(() => Work(worker, end, stop)) { IsBackground = true, Name = $"worker-{worker + 1}" })];
        foreach (Thread thread in threads)
        {
            thread.Start();
        }

        long? askedToStop = null;
        foreach (Thread thread in threads)
        {
            while (!thread.Join(Glance))
            {
                glance(this);
                if (stop.IsCancellationRequested && Stopwatch.GetElapsedTime(askedToStop ??= Stopwatch.GetTimestamp()) > Patience)
                {
                    Abandoned = [.. _underWay.OfType<RunUnderWay>()];
                    return false;
                }
            }
        }

        return true;
    }

    private void Work(int worker, int end, CancellationToken stop)
    {
        while (!stop.IsCancellationRequested && !(Limit < Elapsed) && !(StopAtFailure && Tally.Figures.Failed > 0))
        {
            int place = Interlocked.Increment(ref _nextPlace) - 1;
            if (place >= end)
            {
                return;
            }

            RunOptions options = plan[place];
            long began = Stopwatch.GetTimestamp();
            Volatile.Write(ref _underWay[worker], new RunUnderWay(options.Seed, began));
            RunResult result = Attempt.Make(make, options);
            Interlocked.Add(ref _busyTicks, Stopwatch.GetTimestamp() - began);
            Tally.Add(place, options, result);
            Volatile.Write(ref _underWay[worker], null);
        }
    }
}

/// <summary>A run that is being made.</summary>
/// <param name="Seed">Its seed.</param>
/// <param name="Began">When it began, as a timestamp of the stopwatch.</param>
internal sealed record RunUnderWay(ulong Seed, long Began)
{
    /// <summary>For how long.</summary>
    public TimeSpan Elapsed => Stopwatch.GetElapsedTime(Began);
}
