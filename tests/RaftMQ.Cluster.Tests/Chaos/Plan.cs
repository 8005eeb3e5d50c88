namespace RaftMQ.Cluster.Tests.Chaos;

/// <summary>A fault that strikes somebody.</summary>
/// <param name="Fault">Which.</param>
/// <param name="Victim">Whom.</param>
/// <param name="Duration">For how long.</param>
/// <param name="After">How long after its episode has begun.</param>
internal sealed record Strike(Fault Fault, Victim Victim, TimeSpan Duration, TimeSpan After = default)
{
    /// <summary>Whether it lasts longer than any election on good links, whatever the nodes hold to be long.</summary>
    public bool IsLongForAnyLink { get; init; }

    public override string ToString()
    {
        string whom = Victim switch { Victim.Leader => " the leader", Victim.Follower => " a follower", Victim.OtherFollower => " another follower", _ => "" };
        return FormattableString.Invariant($"{Fault.Name}{whom}, {Duration.TotalSeconds:0.0} s{(After > TimeSpan.Zero ? $" after {After.TotalSeconds:0.0} s" : "")}");
    }
}

/// <summary>Faults that strike together, from a cluster that is well until it is well again.</summary>
/// <param name="Start">When it begins, if all is well by then.</param>
/// <param name="Strikes">What happens.</param>
internal sealed record Episode(TimeSpan Start, IReadOnlyList<Strike> Strikes)
{
    /// <summary>Whether a majority may be out while it lasts.</summary>
    public bool MayTakeTheMajority(int nodes) =>
        Strikes.Any(strike => strike.Fault.Toll == Toll.Majority) || Strikes.Count(strike => strike.Fault.TakesANode) > (nodes - 1) / 2;

    /// <summary>Whether all it is, is something that people do to a cluster at work, and may do without a failed request.</summary>
    public bool IsPlannedChange => Strikes is [{ Fault.Toll: Toll.Alone or Toll.Churn }];

    public override string ToString() => string.Join(" + ", Strikes);
}

/// <summary>What happens, in which order: a function of a seed and a length alone.</summary>
internal sealed record Plan(string Name, int Nodes, IReadOnlyList<Episode> Episodes)
{
    /// <summary>In seconds: several times what an election takes where nothing slows the links, also on a machine that does much else (election timeouts of 0.2 to 0.6 s).</summary>
    private const double LongForAnyLink = 2.5;

    /// <summary>In seconds: how long after the first of two the second may begin, so that it meets what the first has made of the cluster.</summary>
    private const double LatestPartner = 3;

    private static readonly TimeSpan BetweenEpisodes = TimeSpan.FromSeconds(2);

    /// <summary>How many nodes may have lost what they had at a time. More may be out: then nothing goes on for so long.</summary>
    public int Minority => (Nodes - 1) / 2;

    /// <summary>
    /// Every kind of fault, alone where it is about how soon all is well again, one in the midst of a change of the members, and two that leave no majority for a moment; as short as may be, when
    /// all is well after the one before: what runs with every `dotnet test`.
    /// </summary>
    public static Plan Short()
    {
        Strike[][] episodes =
        [
            [Once("kill", Victim.Leader, 0)],
            [Once("pause", Victim.Leader, LongForAnyLink)],
            [Once("clock-forward", Victim.Leader, 2)],
            [Once("clock-back", Victim.Follower, 2)],
            [Once("disk-stall", Victim.Leader, 3)],
            [Once("isolate", Victim.Leader, LongForAnyLink)],
            [Once("mute", Victim.Leader, LongForAnyLink)],
            [Once("deafen", Victim.Leader, LongForAnyLink)],
            [Once("hold-up", Victim.Leader, LongForAnyLink)],
            [Once("bridge", Victim.Follower, 2)],
            [Once("shatter", Victim.Everybody, LongForAnyLink)],
            [Once("disk-full", Victim.Leader, 0)],
            [Once("flip", Victim.Follower, 0)],
            [Once("wipe", Victim.OtherFollower, 0)],
            [Once("rolling-restart", Victim.Everybody, 0)],
            [Once("come-and-go", Victim.Everybody, 0)],
            [Once("replace", Victim.Follower, 0)],
            [Once("replace", Victim.Follower, 0), Once("kill", Victim.Leader, 2, after: 1)],
            [Once("wipe", Victim.Follower, 0), Once("kill", Victim.OtherFollower, 1)],
            [
                Once("pause", Victim.Leader, 30), Once("delay", Victim.Everybody, 5, after: 2), Once("loss", Victim.Everybody, 5, after: 10), Once("reset", Victim.Follower, 2, after: 17),
                Once("clock-forward", Victim.Follower, 4, after: 20), Once("clock-back", Victim.OtherFollower, 4, after: 22),
            ],
        ];
        return new Plan("short", 3, [.. episodes.Select(strikes => new Episode(TimeSpan.Zero, strikes))]);
    }

    /// <summary>Faults alone and in pairs by turns, all kinds before any comes again.</summary>
    /// <param name="seed">What chance is drawn from.</param>
    /// <param name="length">How long it takes, about.</param>
    /// <param name="nodes">How many nodes there are.</param>
    /// <param name="only">The name of the only kind, which then strikes alone; null for all.</param>
    public static Plan Long(int seed, TimeSpan length, int nodes, string? only = null)
    {
        var chance = new Random(seed);
        var plan = new Plan($"seed {seed}", nodes, []);
        var episodes = new List<Strike[]>();
        var next = new Queue<Fault>();
        while (episodes.Count == 0 || Timed(episodes)[^1].Start + Length(episodes[^1]) + BetweenEpisodes < length)
        {
            if (next.Count == 0)
            {
                Fault[] kinds = [.. Faults.All.Where(fault => only is null || fault.Name == only)];
                chance.Shuffle(kinds);
                next = new Queue<Fault>(kinds);
            }

            Strike first = Drawn(next.Dequeue(), chance, []);
            Fault[] partners = [.. Faults.All.Where(fault => plan.MayGoTogether(first.Fault, fault))];
            bool isPair = only is null && episodes.Count % 2 == 1 && partners.Length > 0;
            TimeSpan after = TimeSpan.FromSeconds(Math.Round(chance.NextDouble() * LatestPartner, 1));
            episodes.Add(isPair ? [first, Drawn(partners[chance.Next(partners.Length)], chance, [first.Victim]) with { After = after }] : [first]);
        }

        return plan with { Episodes = Timed(episodes) };
    }

    /// <summary>Whether no more than a minority loses what it has when these strike together, and each is something beside the other.</summary>
    public bool MayGoTogether(Fault one, Fault other)
    {
        Toll[] tolls = [one.Toll, other.Toll];
        bool isOneForAll = one == other && one.Victims.Contains(Victim.Everybody);
        bool staysAlone = tolls.Contains(Toll.Alone) && !tolls.Contains(Toll.None);
        bool staysUndone = tolls.Contains(Toll.Churn) && !(tolls.Contains(Toll.None) || one.TakesANode || other.TakesANode);
        bool isInVain = tolls.Contains(Toll.Majority) && (one.NeedsTraffic || other.NeedsTraffic);
        return !isOneForAll && !staysAlone && !staysUndone && !isInVain && tolls.Count(toll => toll == Toll.Disk) <= Minority;
    }

    public override string ToString()
    {
        IEnumerable<string> lines = Episodes.Select((episode, i) => FormattableString.Invariant($@"{i + 1,3}  {episode.Start:mm\:ss}  {episode}"));
        return $"plan: {Name}, {Nodes} nodes and a spare one, {Episodes.Count} episodes\n{string.Join('\n', lines)}";
    }

    private static Strike Once(string fault, Victim victim, double seconds, double after = 0) =>
        new(Faults.Named(fault), victim, TimeSpan.FromSeconds(seconds), TimeSpan.FromSeconds(after)) { IsLongForAnyLink = seconds >= LongForAnyLink };

    private static Strike Drawn(Fault fault, Random chance, Victim[] taken)
    {
        Victim[] free = [.. fault.Victims.Where(victim => victim == Victim.Everybody || !taken.Contains(victim))];

        // Rather short than long: what ends before clients have turned away is answered to them, truly or not.
        double part = chance.NextDouble();
        double seconds = fault.Shortest + (part * part * (fault.Longest - fault.Shortest));
        return new Strike(fault, free[chance.Next(free.Length)], TimeSpan.FromSeconds(Math.Round(seconds, 1)));
    }

    private static IReadOnlyList<Episode> Timed(IReadOnlyList<Strike[]> episodes)
    {
        TimeSpan start = BetweenEpisodes;
        var timed = new List<Episode>();
        foreach (Strike[] strikes in episodes)
        {
            timed.Add(new Episode(start, strikes));
            start += Length(strikes) + BetweenEpisodes;
        }

        return timed;
    }

    private static TimeSpan Length(Strike[] strikes) => strikes.Max(strike => strike.After + strike.Duration + TimeSpan.FromSeconds(strike.Fault.Mends));
}
