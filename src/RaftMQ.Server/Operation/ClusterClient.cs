using System.Diagnostics;
using System.Net;
using System.Text;
using System.Text.Json;
using RaftMQ.Contracts;
using RaftMQ.Server.Commands;
using RaftMQ.Server.Http;

namespace RaftMQ.Server.Operation;

/// <summary>
/// Asks a cluster for its members and for changes of them. A change is sent again while the cluster has no leader, or cannot say what has come of it: asking twice changes nothing.
/// </summary>
internal sealed class ClusterClient : IDisposable
{
    private const int MostOfAnAnswer = 1_000;

    /// <summary>A report of the most members that there may be takes far less.</summary>
    private const int MaxAnswerBytes = 1024 * 1024;

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan BetweenAttempts = TimeSpan.FromMilliseconds(500);

    private readonly Uri _url;
    private readonly string _otherwise;
    private readonly HttpClient _http = new(new SocketsHttpHandler { AllowAutoRedirect = false, UseProxy = false })
    {
        Timeout = Patience,
        MaxResponseContentBufferSize = MaxAnswerBytes,
    };

    /// <summary>The members of the last report: one of them knows more when the node that was named has gone.</summary>
    private Uri[] _known;

    /// <summary>A client of the cluster that a node belongs to.</summary>
    /// <param name="url">The node's client address.</param>
    public ClusterClient(Uri url)
        : this([url], "name another node with --url")
    {
    }

    /// <summary>A client of the cluster that some nodes belong to.</summary>
    /// <param name="urls">Their client addresses; asked in this order.</param>
    /// <param name="otherwise">What a person may do if none of them answers.</param>
    public ClusterClient(IReadOnlyList<Uri> urls, string otherwise)
    {
        _known = [.. urls.Select(url => new Uri(url, "/v1/cluster"))];
        _url = _known[0];
        _otherwise = otherwise;
    }

    /// <summary>The members as the leader knows them; while there is none, or none can be reached, as another node does.</summary>
    /// <exception cref="CommandFailedException">No node can be asked.</exception>
    public async Task<ClusterReport> ReportAsync(CancellationToken cancellation)
    {
        CommandFailedException? failure = null;
        ClusterReport? second = null;
        var asked = new HashSet<Uri>();
        var next = new Queue<Uri>([_url, .. _known]);
        while (next.TryDequeue(out Uri? url))
        {
            if (!asked.Add(url))
            {
                continue;
            }

            try
            {
                ClusterReport report = await GetAsync(url, cancellation);
                if (report.Leader == report.Node)
                {
                    return report;
                }

                // Who is no member any more, or knows no leader, knows at least whom to ask.
                second ??= report;
                foreach (ClusterMember member in report.Members.OrderByDescending(member => member.Node == report.Leader))
                {
                    next.Enqueue(UrlOf(member));
                }
            }
            catch (CommandFailedException gone)
            {
                failure ??= gone;
            }
        }

        return second ?? throw failure!;
    }

    /// <summary>Asks for a change until the cluster has made its first step.</summary>
    /// <exception cref="CommandFailedException">The cluster refuses it, or cannot be asked.</exception>
    public async Task SendAsync(HttpMethod method, string path, ChangeFields? fields, CancellationToken cancellation)
    {
        long began = Stopwatch.GetTimestamp();
        while (true)
        {
            ClusterReport report = await ReportAsync(cancellation);
            ClusterMember? leader = report.Members.FirstOrDefault(member => member.Node == report.Leader);
            (HttpStatusCode? status, string text) = await TrySendAsync(leader is null ? _url : UrlOf(leader), method, path, fields, cancellation);
            bool isUndecided = status is null or HttpStatusCode.ServiceUnavailable or HttpStatusCode.GatewayTimeout or HttpStatusCode.TemporaryRedirect;
            if (status == HttpStatusCode.OK)
            {
                return;
            }

            if (!isUndecided || Stopwatch.GetElapsedTime(began) > Patience)
            {
                throw new CommandFailedException(ExitCode.ClusterRefused, MessageOf(text) ?? (status is null ? text : $"the cluster answered {(int)status}"));
            }

            await Task.Delay(BetweenAttempts, cancellation);
        }
    }

    /// <summary>Watches until something is so, and says how far it has come whenever that changes.</summary>
    /// <param name="state">What is to be said of the members, or null if what is waited for is so.</param>
    /// <param name="seconds">How long.</param>
    /// <param name="cancellation">The operator has enough.</param>
    /// <exception cref="CommandFailedException">It has not become so in time.</exception>
    public async Task UntilAsync(Func<ClusterReport, string?> state, int seconds, CancellationToken cancellation)
    {
        long began = Stopwatch.GetTimestamp();
        string? said = null;
        ClusterReport report = await ReportAsync(cancellation);
        while ((state(report) ?? (report.Leader is null ? "done, and the members elect a leader" : null)) is { } now)
        {
            if (now != said)
            {
                said = now;
                await Console.Error.WriteLineAsync(now);
            }

            if (Stopwatch.GetElapsedTime(began) > TimeSpan.FromSeconds(seconds))
            {
                throw new CommandFailedException(ExitCode.ClusterRefused, $"not done after {seconds} s: {now}; the cluster goes on with it, and the same command watches again");
            }

            await Task.Delay(BetweenAttempts, cancellation);
            report = await TryReportAsync(cancellation) ?? report;
        }

        await Console.Out.WriteLineAsync($"done; {ClusterText.Members(report)}");
    }

    public void Dispose() => _http.Dispose();

    private async Task<ClusterReport> GetAsync(Uri url, CancellationToken cancellation)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, url);
        (HttpStatusCode status, string text) = await AskAsync(request, cancellation);
        try
        {
            if (status == HttpStatusCode.OK && JsonSerializer.Deserialize(text, ClusterReportJson.Default.ClusterReport) is { } report)
            {
                _known = [.. report.Members.Select(UrlOf)];
                return report;
            }

            throw new CommandFailedException(ExitCode.ClusterRefused, MessageOf(text) ?? $"{url} answered {(int)status}");
        }
        catch (Exception odd) when (odd is JsonException or UriFormatException)
        {
            throw new CommandFailedException(ExitCode.ClusterRefused, $"{url} answered something that is no list of members; is it the client address of a node?");
        }
    }

    private async Task<ClusterReport?> TryReportAsync(CancellationToken cancellation)
    {
        try
        {
            return await ReportAsync(cancellation);
        }
        catch (CommandFailedException)
        {
            // Nobody at the moment: the wait has its own end.
            return null;
        }
    }

    private async Task<(HttpStatusCode? Status, string Text)> TrySendAsync(Uri url, HttpMethod method, string path, ChangeFields? fields, CancellationToken cancellation)
    {
        using var request = new HttpRequestMessage(method, $"{url}/{path}");
        if (fields is not null)
        {
            request.Content = new StringContent(JsonSerializer.Serialize(fields, ChangeFieldsJson.Default.ChangeFields), Encoding.UTF8, MediaType.Json);
        }

        try
        {
            return await AskAsync(request, cancellation);
        }
        catch (CommandFailedException gone)
        {
            return (null, gone.Message);
        }
    }

    private Uri UrlOf(ClusterMember member) => new($"{_url.Scheme}://{member.Client}/v1/cluster");

    private async Task<(HttpStatusCode Status, string Text)> AskAsync(HttpRequestMessage request, CancellationToken cancellation)
    {
        try
        {
            using HttpResponseMessage answer = await _http.SendAsync(request, cancellation);
            return (answer.StatusCode, await answer.Content.ReadAsStringAsync(cancellation));
        }
        catch (Exception failure) when (failure is HttpRequestException or OperationCanceledException && !cancellation.IsCancellationRequested)
        {
            throw new CommandFailedException(
                ExitCode.ClusterRefused, $"{request.RequestUri!.GetLeftPart(UriPartial.Authority)} cannot be asked: {failure.Message.TrimEnd('.')}; {_otherwise}");
        }
    }

    private static string? MessageOf(string text)
    {
        try
        {
            string? message = JsonDocument.Parse(text).RootElement.GetProperty("error").GetProperty("message").GetString();
            return message is null ? null : new string([.. message.Take(MostOfAnAnswer).Where(character => !char.IsControl(character))]);
        }
        catch (Exception none) when (none is JsonException or KeyNotFoundException or InvalidOperationException)
        {
            return null;
        }
    }
}
