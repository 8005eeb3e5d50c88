namespace RaftMQ.Cluster.Tests.Chaos;

/// <summary>
/// What an episode may cost, by the longer of the election timeouts that the nodes went by before and behind it: by the former the fault is noticed, and elections that fail may have made it longer
/// since. Each bound has a second for a machine that does much else; and an episode that still went beyond one is repeated once.
/// </summary>
/// <param name="episode">What happened.</param>
/// <param name="electionTimeout">The longer one.</param>
internal sealed class Bounds(Episode episode, TimeSpan electionTimeout)
{
    private static readonly TimeSpan BusyMachine = TimeSpan.FromSeconds(1);

    /// <summary>A link that dropped packets stands still for about as long again, since TCP waits ever longer before it sends once more; after this nodes give it up, and dial.</summary>
    private static readonly TimeSpan MostOfTcp = TimeSpan.FromSeconds(4);

    /// <summary>For faults that meet others: only what a busy machine may make of it.</summary>
    private static readonly TimeSpan MostOfSeveral = TimeSpan.FromSeconds(10);

    /// <summary>Up to two election timeouts until the first who misses the leader stands (timers are drawn from one to two), and one for its election.</summary>
    private TimeSpan UntilLed => (3 * electionTimeout) + BusyMachine;

    /// <summary>
    /// Who comes back hears of the leader with its next heartbeat, and gets what it lacks; if its coming costs an election, that is over after two election timeouts, since nobody has to be missed
    /// first. Seeing it takes two looks.
    /// </summary>
    private TimeSpan UntilWell => (2 * electionTimeout) + BusyMachine + (episode.Strikes.Any(strike => strike.Fault.DropsPackets) ? MostOfTcp : TimeSpan.Zero);

    /// <summary>A node that has to recover, to heal or to become a member before its fault is over takes some seconds: three times what plans reckon with.</summary>
    private TimeSpan UntilOver => episode.Strikes[0].Duration + (3 * TimeSpan.FromSeconds(episode.Strikes[0].Fault.Mends)) + BusyMachine;

    private bool IsSingle => episode.Strikes.Count == 1;

    /// <summary>What went beyond its bound, in words.</summary>
    public IEnumerable<string> ObjectionsTo(EpisodeReport report)
    {
        if (!report.IsAnotherTerm && episode.Strikes.FirstOrDefault(HasToDepose) is { } strike)
        {
            yield return $"{strike}: nobody else has led";
        }

        TimeSpan mostSilence = IsSingle ? UntilLed : MostOfSeveral;
        if (!report.TakesTheMajority && report.Silence >= mostSilence)
        {
            yield return FormattableString.Invariant($"silent for {report.Silence.TotalSeconds:0.00} s, and {mostSilence.TotalSeconds:0.00} s are the bound");
        }

        if (report.Again >= MostOfSeveral)
        {
            yield return FormattableString.Invariant($"written again only after {report.Again.TotalSeconds:0.00} s");
        }

        if (IsSingle && report.Well >= UntilWell)
        {
            yield return FormattableString.Invariant($"all well only after {report.Well.TotalSeconds:0.00} s, and {UntilWell.TotalSeconds:0.00} s are the bound");
        }

        if (IsSingle && report.To + report.Well - report.From >= UntilOver)
        {
            yield return FormattableString.Invariant($"over only after {(report.To + report.Well - report.From).TotalSeconds:0.00} s, and {UntilOver.TotalSeconds:0.00} s are the bound");
        }

        if (episode.IsPlannedChange && report.Failures.Length > 0)
        {
            yield return $"requests failed: {report.Failures}";
        }
    }

    private bool HasToDepose(Strike strike) =>
        strike.Fault.Deposes && strike.Victim is Victim.Leader or Victim.Everybody && (strike.IsLongForAnyLink || strike.Duration >= UntilLed);
}
