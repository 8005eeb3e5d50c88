using System.Buffers;
using System.IO.Pipelines;
using System.Net;
using Microsoft.AspNetCore.Connections;
using RaftMQ.Server.Http;
using RaftMQ.Transport;

namespace RaftMQ.Server.Hosting;

/// <summary>
/// One port for clients and peers, as the assignment has it where a node has no port of its own for peers: the first bytes of a connection tell
/// what it is.
/// Every connection is looked at by itself, so one that stays silent holds up nobody else, and is closed after a while.
/// </summary>
/// <param name="accept">Takes a peer's connection, with nothing of it consumed; ends when the connection ends.</param>
/// <param name="logger">Where events go.</param>
internal sealed partial class SharedPort(Func<Stream, EndPoint?, CancellationToken, Task> accept, ILogger logger)
{
    private enum Kind
    {
        Undecided,
        Http,
        Peer,
        Gone,
    }

    /// <summary>To be put before HTTP.</summary>
    public ConnectionDelegate Sniff(ConnectionDelegate http) => async connection =>
    {
        Kind kind = await WaitForFirstBytesAsync(connection);
        switch (kind)
        {
            case Kind.Http:
                await http(connection);
                break;
            case Kind.Peer:
                await using (var stream = new ConnectionStream(connection.Transport))
                {
                    await accept(stream, connection.RemoteEndPoint, connection.ConnectionClosed);
                }

                break;
            default:
                connection.Abort();
                break;
        }
    };

    private async Task<Kind> WaitForFirstBytesAsync(ConnectionContext connection)
    {
        PipeReader input = connection.Transport.Input;
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(connection.ConnectionClosed);
        limit.CancelAfter(HttpLimits.SniffTimeout);
        try
        {
            while (true)
            {
                ReadResult read = await input.ReadAsync(limit.Token);
                Kind kind = KindOf(read.Buffer);
                if (kind != Kind.Undecided)
                {
                    // Nothing is consumed: whoever takes the connection reads from its first byte.
                    input.AdvanceTo(read.Buffer.Start);
                    return kind;
                }

                input.AdvanceTo(read.Buffer.Start, read.Buffer.End);
                if (read.IsCompleted)
                {
                    return Kind.Gone;
                }
            }
        }
        catch (OperationCanceledException)
        {
            LogSilent(logger, connection.RemoteEndPoint?.ToString() ?? "unknown");
            return Kind.Gone;
        }
        catch (IOException)
        {
            return Kind.Gone;
        }
    }

    private static Kind KindOf(in ReadOnlySequence<byte> buffer)
    {
        ReadOnlySpan<byte> magic = PeerNetwork.Magic;
        Span<byte> first = stackalloc byte[magic.Length];
        int length = (int)Math.Min(buffer.Length, first.Length);
        buffer.Slice(0, length).CopyTo(first);
        bool matches = magic.StartsWith(first[..length]);
        return !matches ? Kind.Http : length == magic.Length ? Kind.Peer : Kind.Undecided;
    }

    [LoggerMessage(Level = LogLevel.Debug, EventName = "SilentConnection", Message = "a connection from {Remote} ended before it said what it is")]
    private static partial void LogSilent(ILogger logger, string remote);
}
