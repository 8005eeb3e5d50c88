using System.Globalization;

namespace RaftMQ.Cluster.Tests.Chaos;

/// <summary>
/// A wall clock of a node's own, which can be set while it runs (libfaketime). Its monotonic clock goes on as it does when somebody sets a clock: so the library is told to leave that alone,
/// also where a thread waits by it, without which it makes every wait end at once.
/// </summary>
internal sealed class SteppedClock : IDisposable
{
    private static readonly string[] Places = ["/usr/lib/x86_64-linux-gnu/faketime", "/usr/lib/aarch64-linux-gnu/faketime", "/usr/lib64/faketime", "/usr/lib/faketime", "/usr/local/lib/faketime"];
    private static readonly string? Library = Places.Select(place => Path.Combine(place, "libfaketime.so.1")).FirstOrDefault(File.Exists);

    private readonly string _file = Path.GetTempFileName();

    public SteppedClock() => Step(TimeSpan.Zero);

    /// <summary>Whether the library is there; without it clocks stay as they are.</summary>
    public static bool IsThere => Library is not null;

    /// <summary>What a process needs in its environment to go by it.</summary>
    public IReadOnlyDictionary<string, string> Environment => Library is null ? new Dictionary<string, string>() : new Dictionary<string, string>
    {
        ["LD_PRELOAD"] = Library,
        ["FAKETIME_TIMESTAMP_FILE"] = _file,
        ["FAKETIME_NO_CACHE"] = "1",
        ["FAKETIME_DONT_FAKE_MONOTONIC"] = "1",
        ["FAKETIME_FORCE_MONOTONIC_FIX"] = "0",
        ["NO_FAKE_STAT"] = "1",
    };

    /// <summary>Sets it so far from the right time.</summary>
    public void Step(TimeSpan offset)
    {
        // It is read with every look at the clock, and must be whole then.
        string written = _file + ".new";
        File.WriteAllText(written, offset.TotalSeconds.ToString("+0;-0;+0", CultureInfo.InvariantCulture));
        File.Move(written, _file, overwrite: true);
    }

    public void Dispose()
    {
        File.Delete(_file);

        // What the library leaves behind of processes that were killed.
        string[] left = Directory.Exists("/dev/shm") ? Directory.GetFiles("/dev/shm", "*faketime_s*") : [];
        foreach (string path in left.Where(path => !Directory.Exists("/proc/" + path.Split('_')[^1])))
        {
            File.Delete(path);
        }
    }
}
