using System.Collections.Immutable;
using RaftMQ.Simulation.Runs;

namespace RaftMQ.Simulator.Runs;

/// <summary>
/// What the runs so far add up to. Workers finish in whatever order, so everything here is a sum or is kept by the place in the plan: the same runs give the same figures
/// with any number of workers. May be used from any thread.
/// </summary>
internal sealed class Tally
{
    /// <summary>How many failures are kept in full; the others are counted.</summary>
    public const int MaxKeptFailures = 20;

    private readonly Lock _gate = new();
    private readonly SortedDictionary<int, Failure> _failures = [];
    private readonly SortedDictionary<int, ulong> _digests = [];
    private readonly long[] _times = new long[Enum.GetValues<Situation>().Length];
    private readonly int[] _runsThatReached = new int[Enum.GetValues<Situation>().Length];
    private Figures _sums = Figures.None;

    /// <summary>Adds a run that was made.</summary>
    /// <param name="place">Its place in the plan.</param>
    /// <param name="options">What it was told.</param>
    /// <param name="result">What it came to.</param>
    public void Add(int place, RunOptions options, RunResult result)
    {
        lock (_gate)
        {
            _sums = _sums with
            {
                Runs = _sums.Runs + 1,
                Events = _sums.Events + result.Events,
                Operations = _sums.Operations + result.Operations,
                Messages = _sums.Messages + result.Messages,
                JudgedApart = _sums.JudgedApart + result.JudgedApart,
                TooLargeApart = _sums.TooLargeApart + result.TooLargeApart,
                Checks = _sums.Checks + result.Checks,
                Failed = _sums.Failed + (result.Failure is null ? 0 : 1),
                TraceHash = _sums.TraceHash + Mix(result.TraceHash + (ulong)place),
            };
            _digests.Add(place, result.Digest);
            for (int i = 0; i < result.Reached.Count; i++)
            {
                _times[i] += result.Reached[i];
                _runsThatReached[i] += result.Reached[i] > 0 ? 1 : 0;
            }

            if (result.Failure is { } finding)
            {
                _failures.Add(place, new Failure(options, finding, result.LastLines));
                if (_failures.Count > MaxKeptFailures)
                {
                    _failures.Remove(_failures.Keys.Last());
                }
            }
        }
    }

    /// <summary>The figures as of now.</summary>
    public Figures Figures
    {
        get
        {
            lock (_gate)
            {
                return _sums with { Times = [.. _times], RunsThatReached = [.. _runsThatReached], Failures = [.. _failures.Values] };
            }
        }
    }

    /// <summary>The digest of a run that was made, or null.</summary>
    public ulong? DigestAt(int place)
    {
        lock (_gate)
        {
            return _digests.TryGetValue(place, out ulong digest) ? digest : null;
        }
    }

    // The finaliser of SplitMix64, so that sums of hashes do not cancel out.
    private static ulong Mix(ulong value)
    {
        value = (value ^ (value >> 30)) * 0xBF58476D1CE4E5B9;
        value = (value ^ (value >> 27)) * 0x94D049BB133111EB;
        return value ^ (value >> 31);
    }
}

/// <summary>What runs add up to.</summary>
/// <param name="Runs">How many were made.</param>
/// <param name="Failed">How many of them failed.</param>
/// <param name="Events">Their events.</param>
/// <param name="Operations">Client operations begun.</param>
/// <param name="Messages">Messages accounted for.</param>
/// <param name="Checks">How often an invariant was looked at.</param>
/// <param name="TraceHash">A hash over all their traces.</param>
/// <param name="Times">How often each <see cref="Situation"/> was reached.</param>
/// <param name="RunsThatReached">In how many runs.</param>
/// <param name="Failures">The first failures in the order of the plan.</param>
internal sealed record Figures(
    int Runs, int Failed, long Events, long Operations, long Messages, long Checks, ulong TraceHash, ImmutableArray<long> Times, ImmutableArray<int> RunsThatReached,
    ImmutableArray<Failure> Failures)
{
    public static readonly Figures None = new(0, 0, 0, 0, 0, 0, 0, [], [], []);

    /// <summary>Topics with at least one publish judged by the independent check as well.</summary>
    public long JudgedApart { get; init; }

    /// <summary>Topics that were too large for it.</summary>
    public long TooLargeApart { get; init; }

    /// <summary>Client operations per 1,000 events.</summary>
    public double OperationsPerThousand => Events == 0 ? 0 : 1_000.0 * Operations / Events;

    /// <summary>The share of the runs that reached a situation.</summary>
    public double ShareOf(Situation situation) => Runs == 0 ? 0 : (double)RunsThatReached[(int)situation] / Runs;
}
