using System.Diagnostics;
using System.Net;
using System.Text;
using System.Text.Json;
using RaftMQ.Contracts;
using RaftMQ.Server.Commands;
using RaftMQ.Server.Http;

namespace RaftMQ.Server.Operation;

/// <summary>
/// Asks a cluster for its members and for changes of them. A change is sent again while the cluster has no leader, or cannot say what has come of it: asking twice changes nothing,
/// but for a transfer to whoever has the most of the log.
/// </summary>
internal sealed class ClusterClient : IDisposable
{
    /// <summary>For so long at most a change is asked for: elections take far less.</summary>
    public const int LongestAskingSeconds = 30;

    /// <summary>For so long at least: what the first attempt, or the first look, may take, however little is to be waited.</summary>
    private const int ShortestAskingSeconds = 1;

    private static readonly TimeSpan BetweenAttempts = TimeSpan.FromMilliseconds(500);

    /// <summary>What is received may take an hour, and more of it is there at every look; and what is done sooner needs no line, such as that a newcomer is not linked yet.</summary>
    private static readonly TimeSpan BetweenLines = TimeSpan.FromSeconds(2);

    private readonly ClusterSearch _search;
    private readonly Action<string> _say;
    private readonly long _began = Stopwatch.GetTimestamp();

    /// <summary>A client of the cluster that a node belongs to.</summary>
    /// <param name="url">The node's client address.</param>
    public ClusterClient(Uri url)
        : this([url], "name another node with --url")
    {
    }

    /// <summary>A client of the cluster that some nodes belong to.</summary>
    /// <param name="urls">Their client addresses; asked in this order.</param>
    /// <param name="otherwise">What a person may do if none of them answers.</param>
    /// <param name="say">What a person hears on the way; on standard error unless it is given.</param>
    public ClusterClient(IReadOnlyList<Uri> urls, string otherwise, Action<string>? say = null)
    {
        _say = say ?? Console.Error.WriteLine;
        _search = new ClusterSearch(urls, otherwise, _say);
    }

    /// <summary>Who tells most of the members: the leader; while there is none, or it cannot be reached, another node.</summary>
    /// <exception cref="CommandFailedException">No node can be asked.</exception>
    public Task<ClusterSearch.Found> FindAsync(CancellationToken cancellation) => _search.FindAsync(cancellation);

    /// <summary>The members as that node knows them.</summary>
    /// <exception cref="CommandFailedException">No node can be asked.</exception>
    public async Task<ClusterReport> ReportAsync(CancellationToken cancellation) => (await FindAsync(cancellation)).Report;

    /// <summary>The members as they are before a change is asked for.</summary>
    /// <param name="seconds">For how long, at most, it is waited for all that is asked of this client.</param>
    /// <param name="cancellation">The operator has enough.</param>
    /// <exception cref="CommandFailedException">No node can be asked.</exception>
    public async Task<ClusterReport> ReportAsync(int seconds, CancellationToken cancellation)
    {
        using CancellationTokenSource limit = LimitOf(seconds, cancellation);
        try
        {
            return await ReportAsync(limit.Token);
        }
        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
        {
            string known = _search.Awaited is { } silent ? $"{silent} within {seconds} s" : $"no node has said after {seconds} s who the members are";
            throw new CommandFailedException(ExitCode.ClusterRefused, $"{known}; nothing was asked for");
        }
    }

    /// <summary>Asks for a change until the cluster has made its first step.</summary>
    /// <param name="method">What is asked.</param>
    /// <param name="path">Below <c>/v1/cluster</c>.</param>
    /// <param name="fields">What is said of it, if anything is.</param>
    /// <param name="seconds">For how long; 1 to <see cref="LongestAskingSeconds"/>, to which more and less are taken.</param>
    /// <param name="cancellation">The operator has enough.</param>
    /// <param name="isSo">Whether it is so already, by what a leader says of itself; for what must not be asked twice.</param>
    /// <exception cref="CommandFailedException">The cluster refuses it, or cannot be asked, or has not begun with it in time.</exception>
    public async Task SendAsync(HttpMethod method, string path, ChangeFields? fields, int seconds, CancellationToken cancellation, Func<uint, bool>? isSo = null)
    {
        seconds = Math.Clamp(seconds, ShortestAskingSeconds, LongestAskingSeconds);
        using CancellationTokenSource limit = LimitOf(seconds, cancellation);
        string? refused = null;
        try
        {
            var unreached = new UnreachedLeader();
            while (await AttemptAsync(method, path, fields, unreached, isSo, limit.Token) is { } refusal)
            {
                if (refused is null)
                {
                    _say($"{refusal}; asked again for {seconds} s at most");
                }

                refused = refusal;
                await Task.Delay(BetweenAttempts, limit.Token);
            }
        }
        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
        {
            throw new CommandFailedException(
                ExitCode.ClusterRefused, $"not begun after {seconds} s, as far as is known: {refused ?? $"{_search.Awaited ?? "the cluster has not answered"}; the same command asks again"}");
        }
    }

    /// <summary>Hands leadership over until another node leads. Where no heir is named, asking again would hand it on: so it is done as soon as another leads than the one asked first.</summary>
    /// <param name="heir">To whom; null for whoever has the most of the log.</param>
    /// <param name="cancellation">The operator has enough.</param>
    /// <exception cref="CommandFailedException">The cluster refuses it, or cannot be asked, or has not done it in time.</exception>
    public Task TransferAsync(uint? heir, CancellationToken cancellation)
    {
        uint? first = null;
        bool IsAnother(uint leader)
        {
            first ??= leader;
            return heir is null && leader != first;
        }

        return SendAsync(HttpMethod.Put, "leader", new ChangeFields { Node = heir }, LongestAskingSeconds, cancellation, IsAnother);
    }

    /// <summary>Watches until something is so, and says how far it has come when that has changed, every two seconds at most.</summary>
    /// <param name="state">What is to be said of the members, or null if what is waited for is so.</param>
    /// <param name="seconds">For how long, since this client was made.</param>
    /// <param name="cancellation">The operator has enough.</param>
    /// <param name="done">What is said of the end.</param>
    /// <param name="undo">What takes the change back; null if nothing does.</param>
    /// <exception cref="CommandFailedException">It has not become so in time.</exception>
    public async Task UntilAsync(Func<ClusterReport, string?> state, int seconds, CancellationToken cancellation, string done = ClusterText.Done, string? undo = null)
    {
        string? known = null;
        string? said = null;
        long saidAt = Stopwatch.GetTimestamp();
        using CancellationTokenSource limit = LimitOf(seconds, cancellation);
        try
        {
            ClusterReport report = await ReportAsync(limit.Token);
            while ((state(report) ?? (report.LeadingMember is null ? "done, and the members elect a leader" : null)) is { } now)
            {
                known = ClusterText.WithMissing(now, report);
                if (known != said && Stopwatch.GetElapsedTime(saidAt) >= BetweenLines)
                {
                    (said, saidAt) = (known, Stopwatch.GetTimestamp());
                    _say(known);
                }

                await Task.Delay(BetweenAttempts, limit.Token);
                report = await TryReportAsync(limit.Token) ?? report;
            }

            await Console.Out.WriteLineAsync($"{done}; {ClusterText.Members(report)}");
        }
        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
        {
            known ??= _search.Awaited ?? "no node has said who the members are";
            string takesBack = undo is null ? "" : $"; what takes it back: {undo}";
            throw new CommandFailedException(ExitCode.ClusterRefused, $"not done after {seconds} s: {known}; the cluster goes on with it, and the same command watches again{takesBack}");
        }
    }

    public void Dispose() => _search.Dispose();

    /// <summary>What is left of some seconds since this client was made; a second at least.</summary>
    private CancellationTokenSource LimitOf(int seconds, CancellationToken cancellation)
    {
        var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        double left = seconds - Stopwatch.GetElapsedTime(_began).TotalSeconds;
        limit.CancelAfter(TimeSpan.FromSeconds(Math.Max(ShortestAskingSeconds, left)));
        return limit;
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

    /// <summary>Asks once.</summary>
    /// <returns>Null if it is done; what was said if asking again may help.</returns>
    private async Task<string?> AttemptAsync(
        HttpMethod method, string path, ChangeFields? fields, UnreachedLeader unreached, Func<uint, bool>? isSo, CancellationToken cancellation)
    {
        ClusterSearch.Found found = await _search.FindAsync(cancellation);
        if (unreached.IsGivenUp(found))
        {
            throw new CommandFailedException(ExitCode.ClusterRefused, $"node {found.Report.Leader} leads, but {found.Unreached}");
        }

        if (isSo is not null && found.Report.Leader != found.Report.Node)
        {
            return found.Unreached ?? ClusterText.WithMissing("no leader at the moment", found.Report);
        }

        if (isSo?.Invoke(found.Report.Node) == true)
        {
            return null;
        }

        // To whom has answered, and not to where the leader is said to be: that word may be wrong, or old.
        (HttpStatusCode? status, string text) = await TrySendAsync(found.Url, method, path, fields, cancellation);
        string said = ErrorText.Of(text) ?? (status is null ? text : $"the cluster answered {(int)status}");
        return status switch
        {
            HttpStatusCode.OK => null,
            HttpStatusCode.TemporaryRedirect => found.Unreached ?? $"node {found.Report.Leader} leads, and does not say so yet",
            null or HttpStatusCode.ServiceUnavailable or HttpStatusCode.GatewayTimeout => ClusterText.WithMissing(said, found.Report),
            _ => throw new CommandFailedException(ExitCode.ClusterRefused, said),
        };
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
            return await _search.AskAsync(request, cancellation);
        }
        catch (CommandFailedException gone)
        {
            return (null, gone.Message);
        }
    }
}
