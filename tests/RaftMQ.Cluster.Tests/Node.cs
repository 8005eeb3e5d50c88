using System.Net;
using System.Net.Http.Json;
using System.Text.Json;

namespace RaftMQ.Cluster.Tests;

/// <summary>An answer of the course API.</summary>
internal sealed record Answer(HttpStatusCode Status, string Body, string? Reason, ulong Index, string? Leader)
{
    public bool IsDone => Status is HttpStatusCode.OK or HttpStatusCode.Created;

    /// <summary>Whether the node said that it is the last on its connection.</summary>
    public bool IsLast { get; init; }

    /// <summary>Whether it was carried out, also where there was nothing to hand out.</summary>
    public bool IsServed => IsDone || Reason == "empty";

    public bool MayHaveHappened => Reason == "outcome-unknown";

    public string? Message => IsDone ? JsonDocument.Parse(Body).RootElement.GetProperty("message").GetString() : null;
}

/// <summary>What a node says of itself.</summary>
internal sealed record Report(string Role, string Phase, ulong Term, ulong LastLogIndex, ulong AppliedIndex, string StateHash, string Incarnation, string Cluster, int? ClusterVersion)
{
    public bool CaughtUp { get; init; }

    public bool AcceptsPublishes { get; init; }

    public long RoomBytes { get; init; }

    public long LogSyncs { get; init; }

    public IReadOnlyList<LimitLine> Limits { get; init; } = [];

    /// <summary>How much of a limit is in use.</summary>
    public long UsedOf(string name) => Limits.Single(limit => limit.Name == name).Used;
}

/// <summary>A limit of a node and how much of it is in use.</summary>
internal sealed record LimitLine(string Name, long Used, long? Limit);

/// <summary>What a node knows of the members.</summary>
internal sealed record Members(int? Leader, ulong Term, int ElectionTimeoutMs);

/// <summary>A node of a cluster, as its clients see it.</summary>
/// <param name="id">Its number.</param>
/// <param name="address">Where clients reach it.</param>
/// <param name="http">What they send with, or null for the usual.</param>
internal sealed class Node(int id, IPEndPoint address, HttpClient? http = null)
{
    private static readonly HttpClient Usual = new(new SocketsHttpHandler { PooledConnectionIdleTimeout = TimeSpan.FromSeconds(5) }) { Timeout = TimeSpan.FromSeconds(30) };

    private readonly HttpClient _http = http ?? Usual;

    /// <summary>On loopback.</summary>
    public Node(int id, int clientPort)
        : this(id, new IPEndPoint(IPAddress.Loopback, clientPort))
    {
    }

    public int Id { get; } = id;

    public IPEndPoint Address { get; } = address;

    public Uri Url { get; } = new($"http://{address}");

    public Task<Answer> CreateAsync(string topic, string? key = null) => PutAsync("/topic", new { topic }, key);

    public Task<Answer> PublishAsync(string topic, string message, string? key = null) => PutAsync("/message", new { topic, message }, key);

    public Task<Answer> PopAsync(string topic, string? key = null) => SendAsync(HttpMethod.Get, "/message/" + Uri.EscapeDataString(topic), null, key);

    public Task<Answer> TopicsAsync() => SendAsync(HttpMethod.Get, "/topic", null, null);

    public Task<Answer> StatusAsync() => SendAsync(HttpMethod.Get, "/status", null, null);

    /// <summary>The node's report, or null if it does not answer.</summary>
    public Task<Report?> ReportAsync() => AskAsync<Report>("/v1/node");

    /// <summary>What the node knows of the members, or null if it does not answer.</summary>
    public Task<Members?> MembersAsync() => AskAsync<Members>("/v1/cluster");

    /// <summary>By its own wall clock, or null if it does not answer.</summary>
    public async Task<DateTimeOffset?> DateAsync()
    {
        try
        {
            using HttpResponseMessage response = await _http.GetAsync(new Uri(Url, "/status"));
            return response.Headers.Date;
        }
        catch (Exception gone) when (gone is HttpRequestException or OperationCanceledException or IOException)
        {
            return null;
        }
    }

    public async Task<Answer> SendAsync(HttpMethod method, string path, HttpContent? content, string? key)
    {
        using var request = new HttpRequestMessage(method, new Uri(Url, path)) { Content = content };
        if (key is not null)
        {
            request.Headers.Add("Idempotency-Key", key);
        }

        using HttpResponseMessage response = await _http.SendAsync(request);
        return new Answer(
            response.StatusCode,
            await response.Content.ReadAsStringAsync(),
            Header(response, "RaftMQ-Reason"),
            ulong.Parse(Header(response, "RaftMQ-Index") ?? "0", System.Globalization.CultureInfo.InvariantCulture),
            Header(response, "RaftMQ-Leader"))
        { IsLast = response.Headers.ConnectionClose == true };
    }

    private async Task<T?> AskAsync<T>(string path)
        where T : class
    {
        try
        {
            using HttpResponseMessage response = await _http.GetAsync(new Uri(Url, path));
            return await response.Content.ReadFromJsonAsync<T>();
        }
        catch (Exception gone) when (gone is HttpRequestException or OperationCanceledException or IOException)
        {
            return null;
        }
    }

    private async Task<Answer> PutAsync<T>(string path, T body, string? key)
    {
        using var content = JsonContent.Create(body);
        return await SendAsync(HttpMethod.Put, path, content, key);
    }

    private static string? Header(HttpResponseMessage response, string name) =>
        response.Headers.TryGetValues(name, out IEnumerable<string>? values) ? values.Single() : null;
}
