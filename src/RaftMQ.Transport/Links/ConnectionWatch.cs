using System.Collections.Concurrent;

namespace RaftMQ.Transport.Links;

/// <summary>
/// Closes connections that hang. One timer looks at all of them, so that no read and no write needs a timer of its own; a limit is kept to within a
/// quarter.
/// </summary>
internal sealed class ConnectionWatch(PeerTimeouts timeouts)
{
    private readonly ConcurrentDictionary<PeerConnection, byte> _connections = [];

    public int Count => _connections.Count;

    public void Add(PeerConnection connection) => _connections.TryAdd(connection, 0);

    public void Remove(PeerConnection connection) => _connections.TryRemove(connection, out _);

    /// <summary>Closes everything: the network ends.</summary>
    public void CloseAll()
    {
        foreach (PeerConnection connection in _connections.Keys)
        {
            connection.Close("the node stops");
        }
    }

    public async Task RunAsync(CancellationToken stopping)
    {
        TimeSpan shortest = timeouts.Handshake < timeouts.Stall ? timeouts.Handshake : timeouts.Stall;
        using var timer = new PeriodicTimer(shortest / 4);
        try
        {
            while (await timer.WaitForNextTickAsync(stopping).ConfigureAwait(false))
            {
                foreach (PeerConnection connection in _connections.Keys)
                {
                    connection.CloseIfStalled(timeouts);
                }
            }
        }
        catch (OperationCanceledException)
        {
            // The network ends.
        }
    }
}
