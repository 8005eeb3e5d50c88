using System.Diagnostics;

namespace RaftMQ.Bench.Measures;

/// <summary>
/// Sees from outside when a node writes a snapshot: while it does, its folder holds a file of that name (Storage/FORMAT.md). Whoever takes the epoch before and after something knows whether
/// a snapshot was being written meanwhile.
/// </summary>
internal sealed class SnapshotWatch : IDisposable
{
    private const string Unfinished = "snapshot.tmp";

    private readonly FileSystemWatcher _watcher;
    private long _began;
    private long _writing;
    private int _epoch;

    public SnapshotWatch(string folder)
    {
        _watcher = new FileSystemWatcher(folder) { NotifyFilter = NotifyFilters.FileName };
        _watcher.Created += (_, file) => Begin(file.Name);
        _watcher.Deleted += (_, file) => End(file.Name);
        _watcher.Renamed += (_, file) => End(file.OldName);
        _watcher.EnableRaisingEvents = true;
    }

    /// <summary>Odd while a snapshot is being written; grows by one when that begins and when it ends.</summary>
    public int Epoch => Volatile.Read(ref _epoch);

    /// <summary>How many were written.</summary>
    public int Count => Epoch / 2;

    /// <summary>For how long they were being written, together.</summary>
    public TimeSpan Writing => Stopwatch.GetElapsedTime(0, Volatile.Read(ref _writing));

    /// <summary>Whether one was being written at some moment between two epochs, the ends included.</summary>
    public static bool Met(int before, int after) => before != after || before % 2 == 1;

    public void Dispose() => _watcher.Dispose();

    // The watcher tells one thing after the other.
    private void Begin(string? name)
    {
        if (name == Unfinished && Epoch % 2 == 0)
        {
            _began = Stopwatch.GetTimestamp();
            Interlocked.Increment(ref _epoch);
        }
    }

    private void End(string? name)
    {
        if (name == Unfinished && Epoch % 2 == 1)
        {
            Interlocked.Add(ref _writing, Stopwatch.GetTimestamp() - _began);
            Interlocked.Increment(ref _epoch);
        }
    }
}
