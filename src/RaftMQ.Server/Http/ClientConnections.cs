using System.Buffers;
using System.Globalization;
using System.IO.Pipelines;
using System.Text;
using Microsoft.AspNetCore.Connections;
using RaftMQ.Contracts;

namespace RaftMQ.Server.Http;

/// <summary>
/// The connections of clients, counted and bounded. One too many is told so and closed: a client that meets a closed connection alone would not know that it is to come back later. Only a
/// few are told at a time; the web server underneath closes what comes beyond those at once.
/// </summary>
/// <param name="options">How many there may be, and what else clients may take.</param>
internal sealed class ClientConnections(HttpOptions options)
{
    private int _count;
    private bool _isFarewell;

    /// <summary>What clients may take.</summary>
    public HttpOptions Options => options;

    /// <summary>Whether the node is about to stop: each answer then says that it is the last on its connection, so that the client goes on elsewhere and loses no request.</summary>
    public bool IsFarewell
    {
        get => Volatile.Read(ref _isFarewell);
        set => Volatile.Write(ref _isFarewell, value);
    }

    /// <summary>Connections at the moment.</summary>
    public int Count => Volatile.Read(ref _count);

    /// <summary>To be put before everything else.</summary>
    public ConnectionDelegate Bound(ConnectionDelegate next) => async connection =>
    {
        try
        {
            if (Interlocked.Increment(ref _count) <= options.MaxConnections)
            {
                await next(connection);
                return;
            }
        }
        finally
        {
            Interlocked.Decrement(ref _count);
        }

        await RefuseAsync(connection);
    };

    private async Task RefuseAsync(ConnectionContext connection)
    {
        using var patience = new CancellationTokenSource(HttpLimits.RefusalPatience);
        using CancellationTokenRegistration end = patience.Token.Register(() => connection.Abort());
        try
        {
            // The first request, or its beginning, is taken in before the connection is closed: closed over unread bytes the answer might get lost.
            PipeReader input = connection.Transport.Input;
            ReadResult read = await input.ReadAsync(patience.Token);
            input.AdvanceTo(read.Buffer.End);
            connection.Transport.Output.Write(Text());
            await connection.Transport.Output.FlushAsync(patience.Token);
        }
        catch (Exception gone) when (gone is OperationCanceledException or IOException or ConnectionAbortedException)
        {
            // It was not to stay anyway.
        }
    }

    private byte[] Text()
    {
        var refusal = Refusal.Because(Reason.Overloaded, $"{options.MaxConnections} connections are open (http.maxConnections)");
        string body = $$$"""{"success":false,"error":{"code":"{{{refusal.Reason.Token}}}","message":"{{{refusal.Detail}}}"}}""";
        return Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture, $"""
            HTTP/1.1 {refusal.Reason.Status} Too Many Requests
            {HeaderNames.Reason}: {refusal.Reason.Token}
            Retry-After: {refusal.Reason.RetryAfterSeconds}
            Cache-Control: no-store
            Connection: close
            Content-Type: {MediaType.Json}
            Content-Length: {body.Length}

            {body}
            """).ReplaceLineEndings("\r\n"));
    }
}
