using System.Globalization;
using RaftMQ.Consensus;
using RaftMQ.Storage.Wal;

namespace RaftMQ.Node;

/// <summary>
/// Says how far a start has come and how fast: first with reading the log, then with carrying out again what is committed in it. Only what takes longer than a second is spoken of, and
/// then once a second.
/// </summary>
/// <param name="time">The clock.</param>
/// <param name="say">Where to.</param>
public sealed class StartProgress(TimeProvider time, Action<string> say)
{
    /// <summary>How a line about the first part begins.</summary>
    public const string Reading = "reading the log: ";

    /// <summary>How a line about the second part begins.</summary>
    public const string Replaying = "replaying the log: ";

    private const double BytesPerMebibyte = 1024 * 1024;

    private static readonly TimeSpan BetweenLines = TimeSpan.FromSeconds(1);

    private long _begin = time.GetTimestamp();
    private long _lastLine = time.GetTimestamp();
    private ulong _first;
    private ulong _last;
    private ulong _counted;
    private bool _hasBegun;

    /// <summary>Whether entries that were in the log at the start are still to be carried out.</summary>
    public bool IsReplaying => _counted < _last;

    /// <summary>So much of the log is read.</summary>
    public void OnRead(RecoveryProgress progress)
    {
        if (IsDue(out double seconds))
        {
            (long read, long total) = (progress.BytesRead, progress.BytesTotal);
            Say($"{Reading}{Size(read)} of {Size(total)}, {Percent(read, total)} %, {read / BytesPerMebibyte / seconds:N0} MiB/s");
        }
    }

    /// <summary>The log is read.</summary>
    /// <param name="restored">Up to where a snapshot has brought the state back.</param>
    /// <param name="last">The end of the log.</param>
    public void OnRecovered(LogIndex restored, LogIndex last) => (_counted, _last) = (restored.Value, last.Value);

    /// <summary>The state has come to an entry.</summary>
    /// <param name="applied">Which.</param>
    /// <param name="last">Where the log ends now: what was taken back is not carried out again.</param>
    public void OnApplied(LogIndex applied, LogIndex last)
    {
        _last = Math.Min(_last, last.Value);
        if (!IsReplaying || applied.Value == _counted)
        {
            return;
        }

        _counted = applied.Value;
        if (!_hasBegun)
        {
            // What came before was waiting: for a leader, who knows what is committed.
            (_begin, _first, _hasBegun) = (time.GetTimestamp(), applied.Value, true);
        }
        else if (IsReplaying && IsDue(out double seconds))
        {
            Say($"{Replaying}up to entry {_counted:N0} of {_last:N0}, {Percent((long)_counted, (long)_last)} %, {(_counted - _first) / seconds:N0} entries/s");
        }
    }

    private bool IsDue(out double seconds)
    {
        TimeSpan elapsed = time.GetElapsedTime(_begin);
        seconds = elapsed.TotalSeconds;
        if (elapsed < BetweenLines || time.GetElapsedTime(_lastLine) < BetweenLines)
        {
            return false;
        }

        _lastLine = time.GetTimestamp();
        return true;
    }

    private void Say(FormattableString text) => say(text.ToString(CultureInfo.InvariantCulture));

    private static long Percent(long part, long whole) => 100 * part / Math.Max(1, whole);

    private static string Size(long bytes) => bytes < 1024 * BytesPerMebibyte
        ? (bytes / BytesPerMebibyte).ToString("N0", CultureInfo.InvariantCulture) + " MiB"
        : (bytes / BytesPerMebibyte / 1024).ToString("N1", CultureInfo.InvariantCulture) + " GiB";
}
