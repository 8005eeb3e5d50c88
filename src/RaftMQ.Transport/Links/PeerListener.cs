using System.Net;
using System.Net.Sockets;
using Microsoft.Extensions.Logging;

namespace RaftMQ.Transport.Links;

/// <summary>
/// Accepts connections on the peer port from the moment it is bound. Whoever comes before there is somebody to serve them is closed at once.
/// </summary>
internal sealed class PeerListener : IDisposable
{
    private const int Backlog = 128;

    /// <summary>After an accept that failed (too many open files, for one) the listener waits, rather than spin.</summary>
    private static readonly TimeSpan PauseAfterFailure = TimeSpan.FromMilliseconds(100);

    private readonly Socket _socket;
    private readonly ILogger _logger;

    /// <summary>Binds and listens.</summary>
    /// <exception cref="SocketException">The address cannot be bound.</exception>
    public PeerListener(IPEndPoint address, ILogger logger)
    {
        _logger = logger;
        _socket = new Socket(address.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            _socket.Bind(address);
            _socket.Listen(Backlog);
        }
        catch
        {
            _socket.Dispose();
            throw;
        }
    }

    public IPEndPoint Address => (IPEndPoint)_socket.LocalEndPoint!;

    /// <summary>Accepts until it is disposed.</summary>
    /// <param name="serve">Takes an accepted connection; must return at once.</param>
    /// <param name="stopping">Ends the wait after a failure.</param>
    public async Task RunAsync(Action<Socket> serve, CancellationToken stopping)
    {
        while (!stopping.IsCancellationRequested)
        {
            try
            {
                serve(await _socket.AcceptAsync(stopping).ConfigureAwait(false));
            }
            catch (Exception end) when (end is OperationCanceledException or ObjectDisposedException)
            {
                return;
            }
            catch (SocketException failure)
            {
                _logger.AcceptFailed(failure.Message);
                await Task.Delay(PauseAfterFailure, stopping).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }
    }

    public void Dispose() => _socket.Dispose();
}
