using RaftMQ.Simulation.Histories;

namespace RaftMQ.Simulation.Checkers;

/// <summary>
/// Whether each topic was a first-in-first-out queue, O(n log n), without log indexes: for unique values a history is linearizable if and only if it shows none of
/// four bad patterns (Henzinger, Sezgin, Vafeiadis, "Aspect-oriented linearizability proofs", CONCUR 2013). What remained at the end counts as taken then, one
/// after the other; what neither remained nor came out must have been taken by pops whose end nobody knows. Invariants I13 and I17.
/// </summary>
public static class FifoCheck
{
    /// <summary>Judges a history.</summary>
    /// <returns>What is wrong, or null.</returns>
    public static Finding? Judge(History history) => Judge(new Evidence(history));

    internal static Finding? Judge(Evidence evidence) => evidence.Flaw ?? evidence.Topics.Select(Judge).FirstOrDefault(finding => finding is not null);

    private static Finding? Judge(TopicHistory topic)
    {
        var stays = new Stays(topic);
        return FromNowhere(topic, stays) ?? Inverted(topic, stays) ?? EmptyWhileInside(topic, stays) ?? (topic.Loss is { } loss ? new Finding("I14", loss) : null);
    }

    /// <summary>The first two patterns: a value that nobody published, or published only later; a value that two requests got.</summary>
    private static Finding? FromNowhere(TopicHistory topic, Stays stays)
    {
        if (stays.Unpublished is { } unpublished)
        {
            return new Finding("I13", $"topic {topic.Name}: a value from nowhere, no publish of it can have happened: {unpublished}");
        }

        if (stays.Twice is { } twice)
        {
            return new Finding("I14", $"topic {topic.Name}: a value came out twice: {twice}");
        }

        Stay? early = stays.All.FirstOrDefault(stay => stay.PopEnds < stay.PublishBegins);
        return early is null ? null : new Finding("I13", $"topic {topic.Name}: a value came out before it was sent: {early}");
    }

    /// <summary>
    /// The third: a was published before b was sent, and b had come out before anybody asked for a. Along the publishes' beginnings it is enough to look at that value
    /// published before which came out, or will, the latest.
    /// </summary>
    private static Finding? Inverted(TopicHistory topic, Stays stays)
    {
        Stay[] byPublishEnd = [.. stays.All.OrderBy(stay => stay.PublishEnds)];
        Stay? latest = null;
        int published = 0;
        foreach (Stay stay in stays.All.Where(stay => stay.IsPopped).OrderBy(stay => stay.PublishBegins))
        {
            for (; published < byPublishEnd.Length && byPublishEnd[published].PublishEnds < stay.PublishBegins; published++)
            {
                Stay earlier = byPublishEnd[published];
                latest = latest is null || earlier.PopBegins > latest.PopBegins ? earlier : latest;
            }

            if (latest is not null && latest.PopBegins > stay.PopEnds)
            {
                return new Finding("I17", $"topic {topic.Name}: the order of two values is inverted: {latest}, then {stay}");
            }
        }

        return null;
    }

    /// <summary>
    /// The fourth: the topic was found empty although at every moment of that operation some value was inside for certain, from the end of its publish to the
    /// beginning of its pop. Such times that overlap are put together first.
    /// </summary>
    private static Finding? EmptyWhileInside(TopicHistory topic, Stays stays)
    {
        var occupied = new List<(long Begins, long Ends, Stay First, Stay Last)>();
        foreach (Stay stay in stays.All.Where(stay => stay.PublishEnds < stay.PopBegins).OrderBy(stay => stay.PublishEnds))
        {
            if (occupied.Count > 0 && stay.PublishEnds < occupied[^1].Ends)
            {
                (long begins, long ends, Stay first, Stay last) = occupied[^1];
                occupied[^1] = (begins, Math.Max(ends, stay.PopBegins), first, stay.PopBegins > ends ? stay : last);
            }
            else
            {
                occupied.Add((stay.PublishEnds, stay.PopBegins, stay, stay));
            }
        }

        long[] begun = [.. occupied.Select(time => time.Begins)];
        foreach (TopicOperation sight in stays.Empty)
        {
            int at = Array.BinarySearch(begun, sight.BeginsAt);
            int last = (at >= 0 ? at : ~at) - 1;
            if (last >= 0 && occupied[last].Ends > sight.EndsAt)
            {
                return new Finding("I13", $"topic {topic.Name}: found empty by {sight}; but from {occupied[last].First} to {occupied[last].Last} there was always something inside");
            }
        }

        return null;
    }
}
