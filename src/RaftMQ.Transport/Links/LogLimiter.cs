using System.Diagnostics;

namespace RaftMQ.Transport.Links;

/// <summary>Keeps strangers from filling the log: ten lines in ten seconds, and the next one says how many were left out.</summary>
internal sealed class LogLimiter
{
    private const int LinesPerWindow = 10;
    private static readonly TimeSpan Window = TimeSpan.FromSeconds(10);

    private readonly Lock _gate = new();
    private long _windowBegan = Stopwatch.GetTimestamp();
    private int _lines;
    private int _suppressed;

    /// <summary>Whether a line may be written now.</summary>
    /// <param name="suppressed">How many were left out since the last one.</param>
    public bool MayLog(out int suppressed)
    {
        lock (_gate)
        {
            if (Stopwatch.GetElapsedTime(_windowBegan) > Window)
            {
                _windowBegan = Stopwatch.GetTimestamp();
                _lines = 0;
            }

            if (_lines == LinesPerWindow)
            {
                _suppressed++;
                suppressed = 0;
                return false;
            }

            _lines++;
            suppressed = _suppressed;
            _suppressed = 0;
            return true;
        }
    }
}
