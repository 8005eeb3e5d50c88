using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;

namespace RaftMQ.Transport.Links;

/// <summary>Sockets as peers use them: no waiting to fill packets, and a dead other end noticed within seconds.</summary>
internal static class PeerSocket
{
    /// <summary>Where nothing is under way it is asked whether the other end is there; the third question in a row without an answer is the last.</summary>
    private const int KeepAliveIdleSeconds = 1;
    private const int KeepAliveIntervalSeconds = 1;
    private const int KeepAliveProbes = 3;

    /// <summary>
    /// What is not acknowledged is sent again after 0.2 s, 0.4 s, 0.8 s and so on: after a cut of some seconds a connection stands still for about as long again, where a new one goes on
    /// at once. So it is given up before the waits become long; lower, and a few losses in a row on a bad link would end it.
    /// </summary>
    private const int UserTimeoutMilliseconds = 4_000;

    private const int LinuxTcpLevel = 6;
    private const int LinuxTcpUserTimeout = 18;

    /// <summary>Dials.</summary>
    /// <returns>Null if nobody answered in time.</returns>
    public static async Task<Socket?> ConnectAsync(EndPoint address, TimeSpan timeout, CancellationToken stopping)
    {
        Socket socket = address is IPEndPoint ip
            ? new Socket(ip.AddressFamily, SocketType.Stream, ProtocolType.Tcp)
            : new Socket(SocketType.Stream, ProtocolType.Tcp);
        try
        {
            using var limit = CancellationTokenSource.CreateLinkedTokenSource(stopping);
            limit.CancelAfter(timeout);
            await socket.ConnectAsync(address, limit.Token).ConfigureAwait(false);

            // A free port of this machine that is dialled often enough is dialled from itself one day, and TCP then connects the socket to
            // itself, which also takes the port away from the peer that shall listen there.
            if (Equals(socket.LocalEndPoint, socket.RemoteEndPoint))
            {
                socket.Dispose();
                return null;
            }

            Prepare(socket);
            return socket;
        }
        catch (Exception failure) when (failure is SocketException or OperationCanceledException or IOException)
        {
            socket.Dispose();
            return null;
        }
    }

    /// <summary>Sets the options of a connected socket.</summary>
    public static void Prepare(Socket socket)
    {
        socket.NoDelay = true;
        socket.SetSocketOption(SocketOptionLevel.Socket, SocketOptionName.KeepAlive, true);
        socket.SetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveTime, KeepAliveIdleSeconds);
        socket.SetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveInterval, KeepAliveIntervalSeconds);
        socket.SetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveRetryCount, KeepAliveProbes);
        if (OperatingSystem.IsLinux())
        {
            // RFC 5482: data that stays unacknowledged for this long ends the connection; keep-alive alone does not while data is under way.
            Span<byte> value = stackalloc byte[sizeof(int)];
            BinaryPrimitives.WriteInt32LittleEndian(value, UserTimeoutMilliseconds);
            socket.SetRawSocketOption(LinuxTcpLevel, LinuxTcpUserTimeout, value);
        }
    }
}
