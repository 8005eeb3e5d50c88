using System.Net;
using System.Text;
using Microsoft.Extensions.Logging.Abstractions;
using RaftMQ.Consensus;
using RaftMQ.Contracts;
using RaftMQ.Node;
using RaftMQ.Queues;
using RaftMQ.Server.Hosting;
using RaftMQ.Server.Http;

namespace RaftMQ.Server.Tests.Http;

/// <summary>The course API on a real port of this machine, with a fake node behind it.</summary>
internal sealed class Service : IAsyncDisposable
{
    private readonly ClientListener _listener;
    private readonly HttpClient _client;

    private Service(FakeNode node, ClientConnections connections, ClientListener listener)
    {
        Node = node;
        Connections = connections;
        _listener = listener;
        _client = new HttpClient(new SocketsHttpHandler { AllowAutoRedirect = false }) { BaseAddress = listener.Address };
    }

    public static readonly QueueLimits SmallLimits = new()
    {
        MaxTopics = 4,
        MaxMessageBytes = BadRequestTable.MaxMessageBytes,
        MaxMessagesPerTopic = 3,
        MaxMessages = 5,
        MaxBytesPerTopic = 100_000,
        MaxBytes = 100_000,
    };

    public FakeNode Node { get; }

    public ClientConnections Connections { get; }

    public IPEndPoint Address => new(IPAddress.Loopback, _listener.Address.Port);

    public static async Task<Service> StartAsync(QueueLimits? limits = null, HttpOptions? http = null)
    {
        limits ??= SmallLimits;
        var node = new FakeNode(limits);
        var options = new NodeOptions { Node = new NodeId(1), Members = [], Limits = limits, MemoryBudgetBytes = 7_000_000 };
        var connections = new ClientConnections(http ?? new HttpOptions());
        var api = new CourseApi(node, options, connections, NullLogger.Instance);
        ClientListener listener = await ClientListener.StartAsync(
            new IPEndPoint(IPAddress.Loopback, 0), connections, api.HandleAsync, NullLoggerFactory.Instance);
        return new Service(node, connections, listener);
    }

    public Task<Reply> PutTopic(string json, string? key = null) => Send(HttpMethod.Put, "/topic", json, key);

    public Task<Reply> PatchTopic(string json, string? key = null) => Send(HttpMethod.Patch, "/topic", json, key);

    public Task<Reply> PutMessage(string json, string? key = null) => Send(HttpMethod.Put, "/message", json, key);

    public Task<Reply> Get(string path, string? key = null) => Send(HttpMethod.Get, path, null, key);

    public async Task<Reply> Send(HttpMethod method, string path, string? json = null, string? key = null, CancellationToken cancellation = default)
    {
        using var request = new HttpRequestMessage(method, path);
        if (json is not null)
        {
            request.Content = new StringContent(json, Encoding.UTF8, "application/json");
        }

        if (key is not null)
        {
            request.Headers.Add(HeaderNames.IdempotencyKey, key);
        }

        using HttpResponseMessage response = await _client.SendAsync(request, cancellation);
        return new Reply((int)response.StatusCode, await response.Content.ReadAsStringAsync(cancellation), Headers(response));
    }

    public async ValueTask DisposeAsync()
    {
        _client.Dispose();
        await _listener.StopAsync(TimeSpan.FromSeconds(1));
        await _listener.DisposeAsync();
    }

    private static Dictionary<string, string> Headers(HttpResponseMessage response) => response.Headers
        .Concat(response.Content.Headers).ToDictionary(field => field.Key, field => string.Join(", ", field.Value), StringComparer.OrdinalIgnoreCase);
}
