namespace RaftMQ.Cluster.Tests.Chaos;

/// <summary>What happens to the links between nodes.</summary>
internal static class LinkFaults
{
    private static readonly TimeSpan BetweenResets = TimeSpan.FromMilliseconds(500);

    /// <summary>Until everything has arrived that was under way when a link was cut.</summary>
    private static readonly TimeSpan UntilSettled = TimeSpan.FromMilliseconds(300);

    /// <summary>Nothing passes between a node and the others.</summary>
    public static Task<string> IsolateAsync(Ground ground, int victim, TimeSpan duration, Random chance) =>
        CutAsync(ground, [.. ground.Peers(victim).SelectMany(other => new[] { (victim, other), (other, victim) })], duration);

    /// <summary>The others hear nothing of a node, but it hears them.</summary>
    public static Task<string> MuteAsync(Ground ground, int victim, TimeSpan duration, Random chance) =>
        CutAsync(ground, [.. ground.Peers(victim).Select(other => (victim, other))], duration);

    /// <summary>A node hears nothing of the others, but they hear it.</summary>
    public static Task<string> DeafenAsync(Ground ground, int victim, TimeSpan duration, Random chance) =>
        CutAsync(ground, [.. ground.Peers(victim).Select(other => (other, victim))], duration);

    /// <summary>Nobody hears anybody.</summary>
    public static Task<string> ShatterAsync(Ground ground, int victim, TimeSpan duration, Random chance) =>
        CutAsync(ground, [.. Enumerable.Range(1, ground.Spare).SelectMany(one => ground.Peers(one).Select(other => (one, other)))], duration);

    /// <summary>Two sides do not hear each other, and one node hears both.</summary>
    public static Task<string> BridgeAsync(Ground ground, int victim, TimeSpan duration, Random chance)
    {
        int[] others = [.. ground.Peers(victim)];
        int[] left = others[..(others.Length / 2)];
        int[] right = others[(others.Length / 2)..];
        return CutAsync(ground, [.. left.SelectMany(one => right.SelectMany(other => new[] { (one, other), (other, one) }))], duration);
    }

    /// <summary>What a node sends stays under way: the connections stand, and nothing arrives.</summary>
    public static Task<string> HoldUpAsync(Ground ground, int victim, TimeSpan duration, Random chance) =>
        WeatherAsync([.. ground.Peers(victim).Select(other => ground.Network.Proxy[victim, other])], Weather.Closed, duration);

    /// <summary>Every link is long.</summary>
    public static Task<string> DelayAsync(Ground ground, int victim, TimeSpan duration, Random chance) =>
        WeatherAsync([.. ground.Network.Proxy.Links], new Weather(TimeSpan.FromMilliseconds(chance.Next(20, 120)), TimeSpan.FromMilliseconds(chance.Next(5, 60))), duration);

    /// <summary>Every link is bad.</summary>
    public static Task<string> LoseAsync(Ground ground, int victim, TimeSpan duration, Random chance) =>
        WeatherAsync([.. ground.Network.Proxy.Links], new Weather(TimeSpan.Zero, TimeSpan.FromMilliseconds(2), Loss: chance.Next(2, 11) / 100.0), duration);

    /// <summary>All connections of a node break, again and again.</summary>
    public static async Task<string> ResetAsync(Ground ground, int victim, TimeSpan duration, Random chance)
    {
        PeerProxy proxy = ground.Network.Proxy;
        int broken = 0;
        for (TimeSpan left = duration; left > TimeSpan.Zero; left -= BetweenResets)
        {
            broken += ground.Peers(victim).Sum(other => proxy[victim, other].Reset() + proxy[other, victim].Reset());
            await Ground.LastAsync(BetweenResets);
        }

        broken.ShouldBeGreaterThan(0, "there were connections to break");
        return $"{broken} connections broken";
    }

    private static async Task<string> CutAsync(Ground ground, IReadOnlyList<(int From, int To)> ways, TimeSpan duration)
    {
        foreach ((int from, int to) in ways)
        {
            ground.Network.Cut(from, to);
        }

        await Ground.LastAsync(UntilSettled);
        int before = ways.Sum(way => ground.Network.Proxy[way.From, way.To].Taken);
        await Ground.LastAsync(duration - UntilSettled);
        int taken = ways.Sum(way => ground.Network.Proxy[way.From, way.To].Taken) - before;
        foreach ((int from, int to) in ways)
        {
            ground.Network.Mend(from, to);
        }

        taken.ShouldBe(0, "nothing comes along a way that is cut");
        return $"{ways.Count} ways cut";
    }

    private static async Task<string> WeatherAsync(IReadOnlyList<Link> links, Weather weather, TimeSpan duration)
    {
        int before = links.Sum(link => link.HeldUp);
        foreach (Link link in links)
        {
            link.Begin(weather);
        }

        await Ground.LastAsync(duration);
        foreach (Link link in links)
        {
            link.End(weather);
        }

        int heldUp = links.Sum(link => link.HeldUp) - before;
        heldUp.ShouldBeGreaterThan(0, "something was under way");
        return weather.IsClosed ? $"{heldUp} pieces held up" : FormattableString.Invariant(
            $"{weather.Delay.TotalMilliseconds:0} to {(weather.Delay + weather.Jitter).TotalMilliseconds:0} ms, {100 * weather.Loss:0} % lost, {heldUp} pieces");
    }
}
