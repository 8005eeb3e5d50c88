using System.Buffers;
using System.Diagnostics;
using System.Net.Sockets;
using System.Threading.Channels;

namespace RaftMQ.Cluster.Tests.Chaos;

/// <summary>
/// A connection that one node dialled to another, with the proxy between: two sockets, and what is under way from one to the other. When one side ends, the other does, after what was sent
/// before.
/// </summary>
internal sealed class ProxiedConnection(Socket dialler, Socket dialled, Link forward, Link backward)
{
    private const int PieceBytes = 16 * 1024;

    /// <summary>What is under way at most; beyond it the sender has to wait.</summary>
    private const int MostPieces = 256;

    /// <summary>As nodes have it (RFC 5482): a side that takes nothing for so long is given up, and so is one that has not been there for about as long (keep-alive).</summary>
    private const int UserTimeoutMilliseconds = 10_000;
    private const int KeepAliveIdleSeconds = 5;
    private const int KeepAliveProbes = 5;
    private const int LevelTcp = 6;
    private const int TcpUserTimeout = 18;

    // Never disposed: it owns no timer, and whoever breaks the connection may still look at it.
    private readonly CancellationTokenSource _end = new();

    /// <summary>Until one side ends.</summary>
    public async Task RunAsync(CancellationToken stop)
    {
        using CancellationTokenRegistration stopped = stop.Register(Break);
        forward.Add(this);
        foreach (Socket socket in new[] { dialler, dialled })
        {
            socket.NoDelay = true;
            socket.SetRawSocketOption(LevelTcp, TcpUserTimeout, BitConverter.GetBytes(UserTimeoutMilliseconds));
            socket.SetSocketOption(SocketOptionLevel.Socket, SocketOptionName.KeepAlive, true);
            socket.SetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveTime, KeepAliveIdleSeconds);
            socket.SetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveInterval, 1);
            socket.SetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveRetryCount, KeepAliveProbes);
        }

        Task[] ways = [PassAsync(dialler, dialled, forward), PassAsync(dialled, dialler, backward)];
        await Task.WhenAny(ways);
        await _end.CancelAsync();
        await Task.WhenAll(ways);
        forward.Remove(this);
        dialler.Dispose();
        dialled.Dispose();
    }

    /// <summary>Ends both sides with a reset.</summary>
    public void Break()
    {
        _end.Cancel();
        dialler.Close(0);
        dialled.Close(0);
    }

    private async Task PassAsync(Socket from, Socket to, Link link)
    {
        var underWay = Channel.CreateBounded<Piece>(new BoundedChannelOptions(MostPieces) { SingleReader = true, SingleWriter = true });
        await Task.WhenAll(TakeAsync(from, link, underWay.Writer), GiveAsync(to, link, underWay.Reader));
    }

    private async Task TakeAsync(Socket from, Link link, ChannelWriter<Piece> underWay)
    {
        long due = 0;
        try
        {
            while (true)
            {
                byte[] bytes = ArrayPool<byte>.Shared.Rent(PieceBytes);
                int length = await from.ReceiveAsync(bytes, SocketFlags.None, _end.Token);
                if (length == 0)
                {
                    break;
                }

                due = Math.Max(due, Stopwatch.GetTimestamp() + (long)(link.Draw().TotalSeconds * Stopwatch.Frequency));
                await underWay.WriteAsync(new Piece(bytes, length, due), _end.Token);
            }
        }
        catch (Exception ended) when (IsEnd(ended))
        {
            // As if it had ended its side: what it had sent before still arrives.
        }

        underWay.TryComplete();
    }

    private async Task GiveAsync(Socket to, Link link, ChannelReader<Piece> underWay)
    {
        try
        {
            await foreach (Piece piece in underWay.ReadAllAsync(_end.Token))
            {
                long now = Stopwatch.GetTimestamp();
                if (piece.Due > now)
                {
                    using var timer = new PeriodicTimer(Stopwatch.GetElapsedTime(now, piece.Due) + TimeSpan.FromMilliseconds(1));
                    await timer.WaitForNextTickAsync(_end.Token);
                }

                await link.WhileClosedAsync(_end.Token);
                for (int sent = 0; sent < piece.Length;)
                {
                    sent += await to.SendAsync(piece.Bytes.AsMemory(sent, piece.Length - sent), SocketFlags.None, _end.Token);
                }

                ArrayPool<byte>.Shared.Return(piece.Bytes);
            }
        }
        catch (Exception ended) when (IsEnd(ended))
        {
            // Nobody is there to take it.
        }
    }

    private static bool IsEnd(Exception ended) => ended is SocketException or OperationCanceledException or ObjectDisposedException or ChannelClosedException;

    private readonly record struct Piece(byte[] Bytes, int Length, long Due);
}
