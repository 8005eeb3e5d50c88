using System.Globalization;
using RaftMQ.Storage.Wal;

namespace RaftMQ.Server.Inspection;

/// <summary>One line of a terminal that says how far a long reading has come, and how fast. A short one says nothing.</summary>
/// <param name="terminal">Where to.</param>
/// <param name="time">The clock.</param>
internal sealed class ProgressLine(TextWriter terminal, TimeProvider time) : IDisposable
{
    private const string EraseLine = "\r\u001b[K";
    private const double BytesPerMebibyte = 1024 * 1024;

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan BetweenLines = TimeSpan.FromMilliseconds(200);

    private readonly long _begin = time.GetTimestamp();
    private TimeSpan _shown;

    public void Report(RecoveryProgress progress)
    {
        TimeSpan elapsed = time.GetElapsedTime(_begin);
        if (elapsed < Patience || elapsed - _shown < BetweenLines)
        {
            return;
        }

        _shown = elapsed;
        double read = progress.BytesRead / BytesPerMebibyte;

        // How much there is to come may not be known.
        string share = progress.BytesTotal == 0
            ? string.Create(CultureInfo.InvariantCulture, $"{read:N0} MiB")
            : string.Create(CultureInfo.InvariantCulture, $"{progress.BytesRead * 100.0 / progress.BytesTotal:0} % of {progress.BytesTotal / BytesPerMebibyte:N0} MiB read");
        terminal.Write(string.Create(CultureInfo.InvariantCulture, $"{EraseLine}{share}, {read / elapsed.TotalSeconds:N0} MiB/s"));
        terminal.Flush();
    }

    /// <summary>Takes the line away.</summary>
    public void Dispose()
    {
        if (_shown > TimeSpan.Zero)
        {
            terminal.Write(EraseLine);
            terminal.Flush();
        }
    }
}
