namespace RaftMQ.Server.Http;

/// <summary>How many bytes of large bodies may be received at a time. Small ones are not worth counting: the number of connections bounds
/// them.</summary>
internal sealed class BodyBudget(long limit)
{
    private long _taken;

    /// <summary>What is taken at the moment.</summary>
    public long Taken => Volatile.Read(ref _taken);

    /// <summary>Takes <paramref name="bytes"/>, or nothing.</summary>
    public bool TryTake(long bytes)
    {
        if (Interlocked.Add(ref _taken, bytes) <= limit)
        {
            return true;
        }

        Interlocked.Add(ref _taken, -bytes);
        return false;
    }

    /// <summary>Gives back what was taken.</summary>
    public void Return(long bytes) => Interlocked.Add(ref _taken, -bytes);
}
