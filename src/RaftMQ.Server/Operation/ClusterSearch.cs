using System.Net;
using System.Text.Json;
using RaftMQ.Contracts;
using RaftMQ.Server.Commands;
using RaftMQ.Server.Http;

namespace RaftMQ.Server.Operation;

/// <summary>
/// Finds the leader of a cluster: from the nodes that were named on to those that their reports name, and so forth. The cluster is the one of the first node that answers: where a member is
/// said to be reached, a node of another cluster may listen by now.
/// </summary>
internal sealed class ClusterSearch : IDisposable
{
    /// <summary>A report of the most members that there may be takes far less.</summary>
    private const int MaxAnswerBytes = 1024 * 1024;

    /// <summary>For so long a machine may take to let a connection in.</summary>
    private static readonly TimeSpan ConnectPatience = TimeSpan.FromSeconds(2);

    /// <summary>For so long a node may take to say who the members are: it waits for nothing.</summary>
    private static readonly TimeSpan ReportPatience = TimeSpan.FromSeconds(5);

    /// <summary>For so long it may take with a change, for which it waits for ten seconds unless it is told otherwise; less than a change is asked for, so that another leader is asked, too.</summary>
    private static readonly TimeSpan ChangePatience = TimeSpan.FromSeconds(13);

    private readonly Uri _url;
    private readonly string _otherwise;
    private readonly Action<string> _onForeigner;
    private readonly HashSet<Uri> _foreign = [];
    private readonly HttpClient _http = new(new SocketsHttpHandler { AllowAutoRedirect = false, UseProxy = false, ConnectTimeout = ConnectPatience })
    {
        Timeout = Timeout.InfiniteTimeSpan,
        MaxResponseContentBufferSize = MaxAnswerBytes,
    };

    /// <summary>The members of the last report: one of them knows more when the node that was named has gone.</summary>
    private Uri[] _known;

    /// <summary>Where a leader has answered last: whoever was named may be silent, and would cost its time at every look.</summary>
    private Uri _last;

    /// <summary>The name of the cluster; null as long as nobody has said one.</summary>
    private string? _cluster;

    /// <summary>A search in the cluster that some nodes belong to.</summary>
    /// <param name="urls">Their client addresses; asked in this order.</param>
    /// <param name="otherwise">What a person may do if none of them answers.</param>
    /// <param name="onForeigner">Who hears of a node of another cluster; once of each.</param>
    public ClusterSearch(IReadOnlyList<Uri> urls, string otherwise, Action<string> onForeigner)
    {
        _known = [.. urls.Select(url => new Uri(url, "/v1/cluster"))];
        _url = _last = _known[0];
        _otherwise = otherwise;
        _onForeigner = onForeigner;
    }

    /// <summary>Of a search that was given up when a member had answered and the leader was still looked for: who did not answer; null otherwise.</summary>
    public string? Awaited { get; private set; }

    /// <summary>The leader; while there is none, or it cannot be reached, another node of the cluster.</summary>
    /// <exception cref="CommandFailedException">No node can be asked.</exception>
    public async Task<Found> FindAsync(CancellationToken cancellation)
    {
        Found? second = null;
        var failures = new Dictionary<Uri, string>();
        var asked = new HashSet<Uri>();
        var next = new Queue<Uri>([_last, _url, .. _known]);
        while (next.TryDequeue(out Uri? url))
        {
            if (!asked.Add(url))
            {
                continue;
            }

            try
            {
                string who = url == second?.Leader ? $"says that node {second.Report.Leader} leads, which" : "does not lead, and another";
                Awaited = second is null ? null : $"node {second.Report.Node} {who} does not answer at {AuthorityOf(url)}";
                (ClusterReport report, Uri[] members) = await GetAsync(url, cancellation);
                Awaited = null;
                if (ObjectionTo(report, url) is { } objection)
                {
                    failures[url] = objection;
                    continue;
                }

                _known = members;
                Uri? leader = members.Zip(report.Members).FirstOrDefault(pair => pair.Second.Node == report.Leader).First;
                var found = new Found(report, url, leader);
                if (report.LeadingMember?.Node == report.Node)
                {
                    _last = url;
                    return found;
                }

                // Who is no member any more, or knows no leader, knows at least whom to ask.
                second ??= found;
                Array.ForEach([.. members.OrderByDescending(member => member == leader)], next.Enqueue);
            }
            catch (CommandFailedException gone)
            {
                (failures[url], Awaited) = (gone.Message, null);
            }
        }

        return second is null ? throw new CommandFailedException(ExitCode.ClusterRefused, $"{failures[_url]}; {_otherwise}")
            : second with { Unreached = second.Leader is not null && failures.TryGetValue(second.Leader, out string? why) ? $"{why}; {HowToMend(second.Report)}" : null };
    }

    /// <summary>Asks a node for a change.</summary>
    /// <exception cref="CommandFailedException">It cannot be asked.</exception>
    public Task<(HttpStatusCode Status, string Text)> AskAsync(HttpRequestMessage request, CancellationToken cancellation) => AskAsync(request, ChangePatience, cancellation);

    public void Dispose() => _http.Dispose();

    private async Task<(HttpStatusCode Status, string Text)> AskAsync(HttpRequestMessage request, TimeSpan patience, CancellationToken cancellation)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        limit.CancelAfter(patience);
        try
        {
            using HttpResponseMessage answer = await _http.SendAsync(request, limit.Token);
            return (answer.StatusCode, await answer.Content.ReadAsStringAsync(limit.Token));
        }
        catch (Exception failure) when (failure is HttpRequestException || (failure is OperationCanceledException && !cancellation.IsCancellationRequested))
        {
            string words = failure is HttpRequestException spoken ? Words(spoken)
                : limit.IsCancellationRequested ? $"there is no answer within {patience.TotalSeconds} s"
                : $"it lets no connection in within {ConnectPatience.TotalSeconds} s";
            throw new CommandFailedException(ExitCode.ClusterRefused, $"{AuthorityOf(request.RequestUri!)} cannot be asked: {words}");
        }
    }

    private async Task<(ClusterReport Report, Uri[] Members)> GetAsync(Uri url, CancellationToken cancellation)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, url);
        (HttpStatusCode status, string text) = await AskAsync(request, ReportPatience, cancellation);
        try
        {
            return status == HttpStatusCode.OK && JsonSerializer.Deserialize(text, ClusterReportJson.Default.ClusterReport) is { } report
                ? (report, [.. report.Members.Select(member => new Uri($"{_url.Scheme}://{member.Client}/v1/cluster"))])
                : throw new CommandFailedException(ExitCode.ClusterRefused, ErrorText.Of(text) ?? $"{url} answered {(int)status}");
        }
        catch (Exception odd) when (odd is JsonException or UriFormatException)
        {
            throw new CommandFailedException(ExitCode.ClusterRefused, $"{url} answered something that is no list of members; is it the client address of a node?");
        }
    }

    /// <summary>What there is against a report: it is of another cluster than the first one was. Null for nothing.</summary>
    private string? ObjectionTo(ClusterReport report, Uri url)
    {
        _cluster ??= report.Cluster;
        if (report.Cluster is null || report.Cluster == _cluster)
        {
            return null;
        }

        string objection = $"{AuthorityOf(url)} belongs to cluster {report.Cluster}, and this is about cluster {_cluster}";
        if (_foreign.Add(url))
        {
            _onForeigner($"{objection}; it is passed over");
        }

        return objection;
    }

    /// <summary>Another member is as good as the one that has answered: what helps is to tell the cluster where its leader listens.</summary>
    private static string HowToMend(ClusterReport report) =>
        $"if node {report.Leader} runs, and listens for clients elsewhere, tell the cluster there: raftmq cluster move {report.Leader} --client HOST:PORT "
        + $"--peer {report.LeadingMember?.Peer} --url http://HOST:PORT";

    public static string Words(HttpRequestException failure) => failure switch
    {
        { HttpRequestError: HttpRequestError.SecureConnectionError } => "nodes speak plain http, and this is https",
        { HttpRequestError: HttpRequestError.ResponseEnded or HttpRequestError.InvalidResponse } =>
            "what listens there does not answer as a node does; is it the address for clients?",
        { InnerException: IOException } => "the connection ended without an answer; is it the address for clients?",
        _ => failure.Message.TrimEnd('.'),
    };

    private static string AuthorityOf(Uri url) => url.GetLeftPart(UriPartial.Authority);

    /// <summary>Who has answered.</summary>
    /// <param name="Report">Its report.</param>
    /// <param name="Url">Where it did.</param>
    /// <param name="Leader">Where the leader that it names is to be reached; null if it names none.</param>
    public sealed record Found(ClusterReport Report, Uri Url, Uri? Leader)
    {
        /// <summary>Why the leader that it names could not be asked there; null if it was, or names none.</summary>
        public string? Unreached { get; init; }
    }
}
