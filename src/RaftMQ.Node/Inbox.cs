namespace RaftMQ.Node;

/// <summary>
/// Where other threads leave work for one dedicated thread. The owner takes everything that waits in one go; it sleeps on a monitor, not on the
/// thread pool, whose delays under load would stop elections (measured: 964 ms against 0.2 ms).
/// </summary>
internal sealed class Inbox<T>
{
    private readonly Lock _gate = new();
    private readonly AutoResetEvent _arrived = new(false);
    private List<T> _waiting = [];
    private bool _ownerSleeps;

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
        if (TrySwap(ref taken, willSleep: timeoutMs > 0))
        {
            return;
        }

        if (timeoutMs > 0)
        {
            _arrived.WaitOne(timeoutMs);
            TrySwap(ref taken, willSleep: false);
        }
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
