using System.Runtime.InteropServices;

namespace RaftMQ.Simulator.Runs;

/// <summary>Whether somebody has asked the program to stop. The first time it ends in an orderly way, with the table so far; the second time at once.</summary>
internal sealed class StopRequest : IDisposable
{
    private readonly CancellationTokenSource _source = new();
    private readonly List<PosixSignalRegistration> _signals = [];

    public CancellationToken Token => _source.Token;

    /// <summary>Listens for Ctrl-C and for termination.</summary>
    public static StopRequest OfProcess()
    {
        var stop = new StopRequest();
        foreach (PosixSignal signal in (PosixSignal[])[PosixSignal.SIGINT, PosixSignal.SIGTERM])
        {
            stop._signals.Add(PosixSignalRegistration.Create(signal, context =>
            {
                // What is not cancelled ends the process.
                context.Cancel = !stop._source.IsCancellationRequested;
                stop.Ask();
            }));
        }

        return stop;
    }

    public void Ask() => _source.Cancel();

    public void Dispose()
    {
        _signals.ForEach(signal => signal.Dispose());
        _source.Dispose();
    }
}
