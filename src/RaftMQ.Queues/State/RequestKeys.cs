namespace RaftMQ.Queues.State;

/// <summary>
/// Which requests were carried out, and with what result (thesis §6.3 in spirit): a key is remembered for a window of log time, never forgotten earlier, and forgotten
/// on every node at the same entry.
/// </summary>
internal sealed class RequestKeys
{
    private readonly Dictionary<ReadOnlyMemory<byte>, Carried> _byKey = new(ByNameBytes.Instance);

    /// <summary>A request that was carried out.</summary>
    /// <param name="Key">Its key; an array of its own, so that it holds on to nothing else.</param>
    /// <param name="RequestHash">What was asked.</param>
    /// <param name="Reply">What was answered.</param>
    /// <param name="ExpiresAt">The log time from which the key is new again, in milliseconds.</param>
    internal sealed record Carried(byte[] Key, UInt128 RequestHash, QueueReply Reply, long ExpiresAt);

    public int Count => _byKey.Count;

    /// <summary>Body bytes kept for retried pops.</summary>
    public long Bytes { get; private set; }

    /// <summary>All that are remembered, the oldest first.</summary>
    public ChunkedQueue<Carried> InOrder { get; } = new();

    public Carried? Find(ReadOnlyMemory<byte> key) => _byKey.GetValueOrDefault(key);

    public Carried Add(ReadOnlySpan<byte> key, UInt128 requestHash, in QueueReply reply, long expiresAt)
    {
        var carried = new Carried(key.ToArray(), requestHash, reply, expiresAt);
        Put(carried);
        return carried;
    }

    public void Put(Carried carried)
    {
        _byKey.Add(carried.Key, carried);
        InOrder.Enqueue(carried);
        Bytes += carried.Reply.Body.Length;
    }

    /// <summary>Forgets the oldest key whose window is over.</summary>
    public bool TryExpire(long now, out Carried expired)
    {
        if (InOrder.Count == 0 || InOrder.Peek().ExpiresAt > now)
        {
            expired = null!;
            return false;
        }

        expired = InOrder.Dequeue();
        _byKey.Remove(expired.Key);
        Bytes -= expired.Reply.Body.Length;
        return true;
    }
}
