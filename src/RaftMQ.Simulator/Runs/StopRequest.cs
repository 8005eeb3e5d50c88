using System.Diagnostics;
using System.Runtime.InteropServices;

namespace RaftMQ.Simulator.Runs;

/// <summary>Whether somebody has asked the program to stop. The first time it ends in an orderly way, with the table so far; asked again, at once.</summary>
internal sealed class StopRequest : IDisposable
{
    /// <summary>One request may come twice within a moment: timeout(1) signals the process and then its whole group.</summary>
    private static readonly TimeSpan OneRequest = TimeSpan.FromSeconds(1);

    private readonly CancellationTokenSource _source = new();
    private readonly List<PosixSignalRegistration> _signals = [];
    private long _askedAt;

    public CancellationToken Token => _source.Token;

    /// <summary>Listens for Ctrl-C and for termination.</summary>
    public static StopRequest OfProcess()
    {
        var stop = new StopRequest();
        foreach (PosixSignal signal in (PosixSignal[])[PosixSignal.SIGINT, PosixSignal.SIGTERM])
        {
            // What is not cancelled ends the process.
            stop._signals.Add(PosixSignalRegistration.Create(signal, context => context.Cancel = stop.Ask()));
        }

        return stop;
    }

    /// <summary>Asks it to stop.</summary>
    /// <returns>Whether it may take its time.</returns>
    public bool Ask()
    {
        long before = Interlocked.CompareExchange(ref _askedAt, Stopwatch.GetTimestamp(), 0);
        _source.Cancel();
        return before == 0 || Stopwatch.GetElapsedTime(before) < OneRequest;
    }

    public void Dispose()
    {
        _signals.ForEach(signal => signal.Dispose());
        _source.Dispose();
    }
}
