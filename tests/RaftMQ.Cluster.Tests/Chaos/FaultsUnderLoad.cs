using System.Diagnostics;

namespace RaftMQ.Cluster.Tests.Chaos;

/// <summary>
/// Everything that a network, a disk, a clock, a kernel and a person may do to a cluster, while fifteen clients go on: it is well again soon, and nothing is lost or handed out twice.
/// </summary>
[Collection("cluster")]
public sealed class FaultsUnderLoad : IDisposable
{
    private readonly Plan _plan = ChaosForm.Plan;
    private readonly List<EpisodeReport> _episodes = [];
    private readonly string? _objection = NetworkNamespace.Objection();
    private Ground? _ground;
    private long _began;

    [Fact]
    public async Task Every_kind_of_fault_is_survived_and_nothing_is_lost()
    {
        if (ChaosForm.PlanFile is { } file)
        {
            await File.WriteAllTextAsync(file, _plan + "\n", TestContext.Current.CancellationToken);
            return;
        }

        Assert.SkipWhen(_objection is not null, $"no network can be made here ({_objection}): run as root, with iproute2, to test faults of the network");
        _ground = new Ground(_plan.Nodes, ChaosForm.Seed);
        LongForm.Say($"seed {ChaosForm.Seed}; {_plan}");
        if (!SteppedClock.IsThere)
        {
            LongForm.Say($"SKIPPED: the clock faults, since libfaketime is not here (apt-get install faketime)");
        }

        await _ground.StartAsync();
        _began = Stopwatch.GetTimestamp();
        Recovery well = await Recovery.AwaitAsync(_ground, _began);
        foreach (Episode episode in _plan.Episodes)
        {
            well = await RunAsync(_ground, episode, well);
            if (_episodes[^1].Objections.Count > 0)
            {
                well = await RunAsync(_ground, episode, well, again: true);
            }
        }

        TimeSpan took = Stopwatch.GetElapsedTime(_began);
        TimeSpan silent = _ground.Beat.Silent;
        double rate = (_ground.Accounting.Acknowledged + _ground.Accounting.Popped) / (took - silent).TotalSeconds;
        await SettleAsync(_ground, took, silent, rate);
        _episodes.Where(episode => episode.IsRepeated).SelectMany(episode => episode.Objections.Select(objection => $"{objection}: {episode}")).ShouldBeEmpty(_ground.Cluster.Outputs());
        rate.ShouldBeGreaterThanOrEqualTo(ChaosForm.LeastOperationsPerSecond);
    }

    public void Dispose()
    {
        if (_ground is not null && ChaosForm.LogFile is { } file)
        {
            File.WriteAllText(file, _ground.Cluster.Outputs());
        }

        _ground?.Dispose();
    }

    private async Task<Recovery> RunAsync(Ground ground, Episode episode, Recovery before, bool again = false)
    {
        if (episode.Start > Stopwatch.GetElapsedTime(_began))
        {
            await Ground.LastAsync(episode.Start - Stopwatch.GetElapsedTime(_began));
            before = await Recovery.AwaitAsync(ground, Stopwatch.GetTimestamp());
        }

        int failures = ground.Accounting.Failures.All.Count;
        ground.IsStruckOnce = episode.Strikes.Count == 1;
        long from = Stopwatch.GetTimestamp();
        int[] followers = [.. ground.Others(before.Leader)];
        Random[] chances = [.. episode.Strikes.Select((_, i) => new Random(unchecked((31 * ((31 * ChaosForm.Seed) + _episodes.Count)) + i)))];
        string[] seen = await Task.WhenAll(episode.Strikes.Select((strike, i) => StrikeAsync(ground, strike, Chosen(strike.Victim, before.Leader, followers), chances[i])));
        long to = Stopwatch.GetTimestamp();
        Recovery well = await Recovery.AwaitAsync(ground, to);
        await ground.Accounting.Failures.UntilAnsweredAsync();
        Failure[] failed = [.. ground.Accounting.Failures.All.Skip(failures)];
        var report = new EpisodeReport(
            episode.ToString(),
            episode.MayTakeTheMajority(ground.Founders),
            seen,
            Stopwatch.GetElapsedTime(_began, from),
            Stopwatch.GetElapsedTime(_began, to),
            ground.Beat.LongestPause(from, well.Since),
            ground.Beat.PauseAfter(to),
            Stopwatch.GetElapsedTime(to, Math.Max(to, well.Since)),
            well.ElectionTimeout,
            before.Leader == well.Leader && before.Term == well.Term ? $"{well.Leader}" : $"{before.Leader} -> {well.Leader}",
            before.Term != well.Term,
            failed.Count(failure => !failure.IsUnknown),
            failed.Count(failure => failure.IsUnknown),
            string.Join(", ", failed.CountBy(failure => failure).Select(same => $"{same.Value} {same.Key.Reason} of node {same.Key.Node}")))
        { IsRepeated = again };
        report = report with { Objections = [.. new Bounds(episode, Longer(before.ElectionTimeout, well.ElectionTimeout)).ObjectionsTo(report)] };
        _episodes.Add(report);
        LongForm.Say($"{_episodes.Count,3}  {report}");
        return well;
    }

    private static TimeSpan Longer(TimeSpan one, TimeSpan other) => one > other ? one : other;

    private static int Chosen(Victim victim, int leader, int[] followers) => victim switch
    {
        Victim.Follower => followers[0],
        Victim.OtherFollower => followers[1],
        _ => leader,
    };

    private static async Task<string> StrikeAsync(Ground ground, Strike strike, int victim, Random chance)
    {
        await Ground.LastAsync(strike.After);
        if (strike.Fault.Name.StartsWith("clock", StringComparison.Ordinal) && !SteppedClock.IsThere)
        {
            return $"{strike.Fault.Name}: SKIPPED";
        }

        string seen = await strike.Fault.StrikeAsync(ground, victim, strike.Duration, chance);
        string whom = strike.Victim == Victim.Everybody ? "" : $" node {victim}{(strike.Victim == Victim.Leader ? ", the leader" : "")}";
        return FormattableString.Invariant($"{strike.Fault.Name}{whom}, {strike.Duration.TotalSeconds:0.0} s ({seen})");
    }

    /// <summary>Compares what was promised with what is there, and reports it, also where it does not agree.</summary>
    private async Task SettleAsync(Ground ground, TimeSpan took, TimeSpan silent, double rate)
    {
        try
        {
            await ground.SettleAsync();
        }
        catch (Exception broken)
        {
            await ReportAsync(ground.Accounting, took, silent, rate, broken.Message);
            throw;
        }

        await ReportAsync(ground.Accounting, took, silent, rate, "0 lost, 0 handed out twice, 0 refused and yet kept, 0 out of order; state hashes equal");
    }

    private async Task ReportAsync(Accounting accounting, TimeSpan took, TimeSpan silent, double rate, string verdict)
    {
        LongForm.Say($"{_episodes.Count} episodes in {took.TotalSeconds:0} s, {silent.TotalSeconds:0.0} s of them silent; {rate:0} operations/s of 15 clients in the rest");
        LongForm.Say($"{accounting.Acknowledged:N0} publishes acknowledged, {accounting.Refused:N0} refused, {accounting.Unknowns:N0} of unknown outcome; {accounting.Popped:N0} messages handed out");
        LongForm.Say($"{verdict}");
        if (ChaosForm.ReportFile is { } file)
        {
            var report = new ChaosReport(
                _plan.Name, ChaosForm.Seed, verdict, SteppedClock.IsThere, _episodes, took.TotalSeconds, silent.TotalSeconds, rate, accounting.Acknowledged, accounting.Refused, accounting.Unknowns, accounting.Popped);
            await File.WriteAllTextAsync(file, report.ToJson());
        }
    }
}
