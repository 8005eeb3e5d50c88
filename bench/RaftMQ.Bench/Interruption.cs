using System.Runtime.InteropServices;

namespace RaftMQ.Bench;

/// <summary>
/// What has to be undone when the benchmark is interrupted: processes that it started end, folders that it made are removed. Undone once, the latest first.
/// </summary>
internal static class Interruption
{
    private static readonly Lock Gate = new();
    private static readonly Stack<IDisposable> Pending = [];
    private static readonly List<PosixSignalRegistration> Signals = [];
    private static volatile bool _hasHappened;

    /// <summary>Whether the benchmark has been interrupted: whatever fails from here on fails because of that.</summary>
    public static bool HasHappened => _hasHappened;

    /// <summary>Listens for Ctrl-C and termination; to be called once.</summary>
    public static void Listen()
    {
        foreach (PosixSignal signal in (PosixSignal[])[PosixSignal.SIGINT, PosixSignal.SIGTERM, PosixSignal.SIGHUP])
        {
            Signals.Add(PosixSignalRegistration.Create(signal, context =>
            {
                context.Cancel = true;
                _hasHappened = true;
                Console.Error.WriteLine("bench: interrupted; ending what was started");
                UndoAll();
                Environment.Exit(1);
            }));
        }
    }

    /// <summary>Makes something that is undone at the latest when the benchmark is interrupted or ends. Nothing is made between the two.</summary>
    public static T Undo<T>(Func<T> make)
        where T : IDisposable
    {
        lock (Gate)
        {
            if (_hasHappened)
            {
                throw new BenchFailedException("interrupted");
            }

            T disposable = make();
            Pending.Push(disposable);
            return disposable;
        }
    }

    /// <summary>Undoes everything that was not yet.</summary>
    public static void UndoAll()
    {
        lock (Gate)
        {
            while (Pending.TryPop(out IDisposable? disposable))
            {
                disposable.Dispose();
            }
        }
    }
}
