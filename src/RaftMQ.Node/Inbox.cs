namespace RaftMQ.Node;

/// <summary>
/// Where other threads leave work for one dedicated thread. The owner takes everything that waits in one go; it sleeps on a monitor, not on the
/// thread pool, whose delays under load would stop elections (measured: 964 ms against 0.2 ms).
/// </summary>
internal sealed class Inbox<T>
{
    /// <summary>
    /// How often the owner lets others run before it sleeps, when it has just had work: the next piece (an acknowledgement, a finished sync) is often
    /// microseconds away, and waking a sleeper costs more than that (measured: a PUT's median falls by a quarter). An idle node never does this.
    /// </summary>
    private const int YieldsBeforeSleep = 20;

    private readonly Lock _gate = new();
    private readonly AutoResetEvent _arrived = new(false);
    private List<T> _waiting = [];
    private bool _ownerSleeps;
    private bool _ownerIsBusy;

    /// <summary>How many wait; may be out of date at once.</summary>
    public int Count => _waiting.Count;

    /// <summary>Leaves something. Never blocks for longer than the owner needs to swap two lists.</summary>
    public void Post(T item)
    {
        bool wake;
        lock (_gate)
        {
            _waiting.Add(item);
            wake = _ownerSleeps;
            _ownerSleeps = false;
        }

        if (wake)
        {
            _arrived.Set();
        }
    }

    /// <summary>Lets the owner look up although nothing came.</summary>
    public void Wake() => _arrived.Set();

    /// <summary>Takes everything that waits, or waits for something to come.</summary>
    /// <param name="taken">An empty list, which is exchanged for the one that waits.</param>
    /// <param name="timeoutMs">How long to wait if there is nothing; 0 not at all.</param>
    public void Take(ref List<T> taken, int timeoutMs)
    {
        for (int i = 0; i < YieldsBeforeSleep && _ownerIsBusy && timeoutMs > 0 && Count == 0; i++)
        {
            Thread.Yield();
        }

        bool any = TrySwap(ref taken, willSleep: timeoutMs > 0);
        if (!any && timeoutMs > 0)
        {
            _arrived.WaitOne(timeoutMs);
            any = TrySwap(ref taken, willSleep: false);
        }

        _ownerIsBusy = any;
    }

    private bool TrySwap(ref List<T> taken, bool willSleep)
    {
        lock (_gate)
        {
            _ownerSleeps = false;
            if (_waiting.Count == 0)
            {
                _ownerSleeps = willSleep;
                return false;
            }

            (taken, _waiting) = (_waiting, taken);
            return true;
        }
    }
}
