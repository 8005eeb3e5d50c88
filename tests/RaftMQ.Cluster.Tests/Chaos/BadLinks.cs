using System.Diagnostics;

namespace RaftMQ.Cluster.Tests.Chaos;

/// <summary>On links that are long, uneven and lossy, and stand still or break now and then, nobody stands for election without need once the cluster knows them (docs/decisions/0012).</summary>
[Collection("cluster")]
public sealed class BadLinks : IDisposable
{
    private const int Nodes = 3;

    /// <summary>How often there may be no peace: other tests run beside the short form, and a machine that stands still is a need.</summary>
    private static readonly int MostAttempts = ChaosForm.IsLong ? 1 : 4;

    private static readonly Weather Bad = new(Delay: TimeSpan.FromMilliseconds(20), Jitter: TimeSpan.FromMilliseconds(100), Loss: 0.1);
    private static readonly TimeSpan BetweenTroubles = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan StandsStill = TimeSpan.FromMilliseconds(300);

    private readonly string? _objection = NetworkNamespace.Objection();
    private readonly Random _chance = new(ChaosForm.Seed);
    private readonly CancellationTokenSource _stop = new();
    private Ground? _ground;
    private int _troubles;

    [Fact]
    public async Task Nobody_stands_for_election_without_need_once_the_links_are_known()
    {
        Assert.SkipWhen(_objection is not null, $"no network can be made here ({_objection}): run as root, with iproute2, to test bad links");
        _ground = new Ground(Nodes, ChaosForm.Seed);
        await _ground.StartAsync();
        foreach (Link link in _ground.Network.Proxy.Links)
        {
            link.Begin(Bad);
        }

        await Ground.LastAsync(ChaosForm.Adaptation);
        Task troubles = TroubleAsync(_ground.Network.Proxy);
        int attempts = 0;
        TimeSpan peace;
        do
        {
            peace = await PeaceAsync(_ground.Cluster);
            attempts++;
        }
        while (peace < ChaosForm.Peace && attempts < MostAttempts);

        await _stop.CancelAsync();
        await troubles;
        LongForm.Say($"seed {ChaosForm.Seed}: after {ChaosForm.Adaptation.TotalSeconds:0} s {peace.TotalSeconds:0} s with one leader, at attempt {attempts}; election timeout {await TimeoutAsync():0} ms; {_troubles} links stood still or broke");
        peace.ShouldBeGreaterThanOrEqualTo(ChaosForm.Peace);
        foreach (Link link in _ground.Network.Proxy.Links)
        {
            link.End(Bad);
        }

        await _ground.SettleAsync();
    }

    public void Dispose()
    {
        _stop.Dispose();
        _ground?.Dispose();
    }

    /// <summary>Looks on for as long as there is to be peace, or until nobody leads or the term is another one.</summary>
    private static async Task<TimeSpan> PeaceAsync(ServeCluster cluster)
    {
        await cluster.LeaderAsync();
        long began = Stopwatch.GetTimestamp();
        ulong? before = await LedTermAsync(cluster);
        ulong? now = before;
        await Eventually.TrueAsync(
            async () =>
            {
                bool isOver = Stopwatch.GetElapsedTime(began) >= ChaosForm.Peace;
                now = await LedTermAsync(cluster);
                return isOver || now is null || now != before;
            },
            () => "time stands still",
            ChaosForm.Peace + Eventually.Patience);
        return now is not null && now == before ? Stopwatch.GetElapsedTime(began) : TimeSpan.Zero;
    }

    /// <summary>The newest term that a node tells of, if one that answers leads in it; null otherwise. Who does not answer tells of none.</summary>
    private static async Task<ulong?> LedTermAsync(ServeCluster cluster)
    {
        Report[] reports = [.. (await Task.WhenAll(cluster.Nodes.Take(Nodes).Select(node => node.ReportAsync()))).OfType<Report>()];
        return reports.MaxBy(report => report.Term) is { Term: ulong newest } && Array.Exists(reports, report => report.Term == newest && report.Role == "Leader") ? newest : null;
    }

    private async Task<int> TimeoutAsync() =>
        (await Task.WhenAll(_ground!.Cluster.Nodes.Take(Nodes).Select(node => node.MembersAsync()))).Max(said => said?.ElectionTimeoutMs ?? 0);

    /// <summary>By turns a link stands still for a moment, and all connections of one break.</summary>
    private async Task TroubleAsync(PeerProxy proxy)
    {
        Link[] links = [.. proxy.Links];
        using var timer = new PeriodicTimer(BetweenTroubles);
        try
        {
            for (; await timer.WaitForNextTickAsync(_stop.Token); _troubles++)
            {
                Link link = links[_chance.Next(links.Length)];
                if (_troubles % 2 == 0)
                {
                    link.Reset();
                    continue;
                }

                link.Begin(Weather.Closed);
                await Ground.LastAsync(StandsStill);
                link.End(Weather.Closed);
            }
        }
        catch (OperationCanceledException)
        {
            // There has been enough of it.
        }
    }
}
