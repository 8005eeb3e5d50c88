using RaftMQ.Simulation.Histories;
using RaftMQ.Simulation.Traces;

namespace RaftMQ.Simulation.Runs;

/// <summary>What a run came to. Two runs of the same options are equal in everything.</summary>
public sealed record RunResult
{
    /// <summary>The seed.</summary>
    public required ulong Seed { get; init; }

    /// <summary>Handled inputs, deliveries, completions of disks and client calls, liveness phase included; ticks do not count.</summary>
    public required long Events { get; init; }

    /// <summary>Client operations that were begun.</summary>
    public required long Operations { get; init; }

    /// <summary>Messages that were accounted for at the end.</summary>
    public required long Messages { get; init; }

    /// <summary>Topics with at least one publish whose history the independent check (Wing and Gong, Lowe) has judged as well.</summary>
    public int JudgedApart { get; init; }

    /// <summary>Topics that were too large for that check, which leaves them to the others.</summary>
    public int TooLargeApart { get; init; }

    /// <summary>How often some invariant was looked at.</summary>
    public required long Checks { get; init; }

    /// <summary>How often each situation was reached, by <see cref="Situation"/>.</summary>
    public required IReadOnlyList<long> Reached { get; init; }

    /// <summary>A hash over every event: equal on every run and machine.</summary>
    public required ulong TraceHash { get; init; }

    /// <summary>The first thing that was wrong, or null.</summary>
    public required Finding? Failure { get; init; }

    /// <summary>
    /// A hash over all of this, equal for equal options on every run and machine. Of a failure's message the first line: what stands below it may be the stack of
    /// an exception, and that depends on what was compiled when.
    /// </summary>
    public ulong Digest
    {
        get
        {
            var digest = new Digest();
            foreach (long number in (long[])[Events, Operations, Messages, JudgedApart, TooLargeApart, Checks, .. Reached])
            {
                digest.Add((ulong)number);
            }

            digest.Add(Seed);
            digest.Add(TraceHash);
            digest.Add(Failure?.Invariant);
            digest.Add(Failure?.Message.Split('\n')[0]);
            return digest.Value;
        }
    }

    /// <summary>The last lines of the trace before the failure; empty if there is none.</summary>
    public required IReadOnlyList<string> LastLines { get; init; }
}
