using System.Diagnostics;
using System.Globalization;

namespace RaftMQ.Bench.Reports;

/// <summary>How far something is, on one line of a terminal that is removed at the end; nothing where standard error is no terminal.</summary>
internal sealed class Progress : IDisposable
{
    private const string ClearLine = "\r\u001b[K";
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(500);

    private readonly Lock _gate = new();
    private readonly Timer? _timer;
    private readonly long _began = Stopwatch.GetTimestamp();
    private bool _hasEnded;

    /// <param name="doing">What is being done.</param>
    /// <param name="total">How much of it there is; 0 if that is not known.</param>
    /// <param name="done">How much is done; asked now and then, on another thread.</param>
    public Progress(string doing, long total, Func<long> done)
    {
        if (!Console.IsErrorRedirected)
        {
            _timer = new Timer(_ => Show(doing, total, done), null, TimeSpan.Zero, Interval);
        }
    }

    public void Dispose()
    {
        if (_timer is null)
        {
            return;
        }

        _timer.Dispose();
        lock (_gate)
        {
            _hasEnded = true;
            Console.Error.Write(ClearLine);
        }
    }

    private void Show(string doing, long total, Func<long> done)
    {
        double seconds = Stopwatch.GetElapsedTime(_began).TotalSeconds;
        long now = done();
        string count = total > 0 ? $"{now:#,0} of {total:#,0} ({now * 100.0 / total:0} %), {now / Math.Max(seconds, 0.001):#,0} per second" : "";
        lock (_gate)
        {
            if (!_hasEnded && !Interruption.HasHappened)
            {
                Console.Error.Write(string.Create(CultureInfo.InvariantCulture, $"{ClearLine}  {doing}: {count} {seconds:0} s"));
            }
        }
    }
}
