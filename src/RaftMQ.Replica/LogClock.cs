using RaftMQ.Consensus;

namespace RaftMQ.Replica;

/// <summary>
/// The leader's stamp for entries. It starts from the last entry of the log and goes on with the monotonic clock, drawn towards the wall clock:
/// at most twice as fast while behind it, half as fast while ahead. A wall clock that jumps by an hour neither expires everything nor stops time.
/// </summary>
public sealed class LogClock
{
    private bool _started;
    private long _monotonicMs;

    /// <summary>The stamp for an entry made now.</summary>
    public LogTime Now { get; private set; }

    /// <summary>Both clocks have moved on.</summary>
    public void Advance(long monotonicMs, long wallMs)
    {
        if (!_started)
        {
            _started = true;
            _monotonicMs = monotonicMs;
            return;
        }

        long elapsed = Math.Max(0, monotonicMs - _monotonicMs);
        _monotonicMs = Math.Max(_monotonicMs, monotonicMs);
        long behind = wallMs - Now.Milliseconds;
        long step = behind >= elapsed ? Math.Min(2 * elapsed, behind) : Math.Max((elapsed + 1) / 2, behind);
        Now = new LogTime(Now.Milliseconds + step);
    }

    /// <summary>An entry with this stamp is in the log: time is never earlier than that again.</summary>
    public void Observe(LogTime entry)
    {
        if (entry.Milliseconds > Now.Milliseconds)
        {
            // What has passed since the last tick is in that stamp already, as far as its leader saw it: counted again it would make time run faster than twice.
            Now = entry;
            _started = false;
        }
    }

    /// <summary>There is no log yet: time begins with the wall clock.</summary>
    public void BeginAt(long wallMs) => Now = new LogTime(Math.Max(0, wallMs));
}
