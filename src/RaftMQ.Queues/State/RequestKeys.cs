namespace RaftMQ.Queues.State;

/// <summary>
/// Which requests were carried out, and with what result (thesis §6.3 in spirit): a key is remembered for a window of log time, never forgotten earlier, and forgotten
/// on every node at the same entry.
/// </summary>
internal sealed class RequestKeys
{
    private readonly Dictionary<ReadOnlyMemory<byte>, Carried> _byKey = new(ByNameBytes.Instance);
    private readonly Queue<Carried> _byAge = new();

    /// <summary>A request that was carried out.</summary>
    /// <param name="Key">Its key; an array of its own, so that it holds on to nothing else.</param>
    /// <param name="RequestHash">What was asked.</param>
    /// <param name="Reply">What was answered.</param>
    /// <param name="ExpiresAt">The log time from which the key is new again, in milliseconds.</param>
    internal sealed record Carried(byte[] Key, UInt128 RequestHash, QueueReply Reply, long ExpiresAt);

    public int Count => _byKey.Count;

    /// <summary>Body bytes kept for retried pops.</summary>
    public long Bytes { get; private set; }

    public IEnumerable<Carried> InOrder => _byAge;

    public Carried? Find(ReadOnlyMemory<byte> key) => _byKey.GetValueOrDefault(key);

    public Carried Add(ReadOnlySpan<byte> key, UInt128 requestHash, in QueueReply reply, long expiresAt)
    {
        var carried = new Carried(key.ToArray(), requestHash, reply, expiresAt);
        _byKey.Add(carried.Key, carried);
        _byAge.Enqueue(carried);
        Bytes += reply.Body.Length;
        return carried;
    }

    /// <summary>Forgets the oldest key whose window is over.</summary>
    public bool TryExpire(long now, out Carried expired)
    {
        if (!_byAge.TryPeek(out Carried? oldest) || oldest.ExpiresAt > now)
        {
            expired = null!;
            return false;
        }

        expired = _byAge.Dequeue();
        _byKey.Remove(expired.Key);
        Bytes -= expired.Reply.Body.Length;
        return true;
    }
}
