using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using RaftMQ.Server.Commands;
using RaftMQ.Server.Http;

namespace RaftMQ.Server.Hosting;

/// <summary>The HTTP listener for clients: Kestrel with every limit set, and nothing of the framework that answering does not need.</summary>
internal sealed class ClientListener : IAsyncDisposable
{
    private readonly WebApplication _app;
    private readonly IDisposable _refusals;

    private ClientListener(WebApplication app, IDisposable refusals) => (_app, _refusals) = (app, refusals);

    /// <summary>Where it listens; tells the port if 0 was asked for.</summary>
    public Uri Address => new(_app.Services.GetRequiredService<IServer>().Features.GetRequiredFeature<IServerAddressesFeature>().Addresses.First());

    /// <summary>Starts to listen.</summary>
    /// <param name="endPoint">Where.</param>
    /// <param name="connections">Bounds the connections.</param>
    /// <param name="handler">Answers requests.</param>
    /// <param name="logs">Where events go; stays the caller's.</param>
    /// <param name="sniffer">Looks at each connection before HTTP does, or null.</param>
    /// <exception cref="CommandFailedException">The address cannot be listened on.</exception>
    public static async Task<ClientListener> StartAsync(
        IPEndPoint endPoint,
        ClientConnections connections,
        RequestDelegate handler,
        ILoggerFactory logs,
        Func<ConnectionDelegate, ConnectionDelegate>? sniffer = null)
    {
        WebApplicationBuilder builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.Services.AddSingleton(logs);
        builder.Services.AddSingleton<IHostLifetime, NoLifetime>();
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel =>
        {
            SetLimits(kestrel, connections.Options);
            kestrel.Listen(endPoint, listen =>
            {
                listen.Protocols = HttpProtocols.Http1;
                if (sniffer is not null)
                {
                    // Before clients are counted, so that they never shut out a peer that comes to the same port.
                    listen.Use(sniffer);
                }

                listen.Use(connections.Bound);
            });
        });

        WebApplication app = builder.Build();
        app.Run(handler);
        try
        {
            await app.StartAsync();
        }
        catch (Exception failure) when (failure is IOException or SocketException)
        {
            await app.DisposeAsync();
            throw ListenAddress.CannotListen(endPoint, failure);
        }

        return new ClientListener(app, ProtocolRefusals.Explain(app.Services.GetRequiredService<DiagnosticListener>(), connections.Options));
    }

    /// <summary>Takes no more requests, lets those under way end, and cuts what is left when <paramref name="patience"/> is over.</summary>
    public async Task StopAsync(TimeSpan patience)
    {
        using var limit = new CancellationTokenSource(patience);
        await _app.StopAsync(limit.Token);
    }

    public ValueTask DisposeAsync()
    {
        _refusals.Dispose();
        return _app.DisposeAsync();
    }

    private static void SetLimits(KestrelServerOptions kestrel, HttpOptions options)
    {
        kestrel.AddServerHeader = false;
        KestrelServerLimits limits = kestrel.Limits;
        limits.MaxConcurrentConnections = options.MaxConnections + HttpLimits.MaxRefusedConnections;
        limits.MaxRequestLineSize = HttpLimits.MaxRequestLineBytes;
        limits.MaxRequestHeadersTotalSize = options.MaxHeaderBytes;
        limits.MaxRequestHeaderCount = HttpLimits.MaxHeaderCount;
        limits.MaxRequestBufferSize = HttpLimits.MaxRequestBufferBytes;
        limits.MaxResponseBufferSize = HttpLimits.MaxResponseBufferBytes;
        limits.MaxRequestBodySize = HttpLimits.LargestBodyBytes;
        limits.KeepAliveTimeout = TimeSpan.FromMilliseconds(options.KeepAliveMs);
        limits.RequestHeadersTimeout = TimeSpan.FromMilliseconds(options.HeadersTimeoutMs);
        limits.MinRequestBodyDataRate = new MinDataRate(options.MinDataBytesPerSecond, HttpLimits.DataRateGrace);
        limits.MinResponseDataRate = new MinDataRate(options.MinDataBytesPerSecond, HttpLimits.DataRateGrace);
    }

    // The process handles signals itself (StopSignal); the framework's own lifetime would stop the listener behind its back.
    private sealed class NoLifetime : IHostLifetime
    {
        public Task WaitForStartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    }
}
