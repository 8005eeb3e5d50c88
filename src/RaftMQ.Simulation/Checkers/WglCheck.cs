using RaftMQ.Simulation.Histories;

namespace RaftMQ.Simulation.Checkers;

/// <summary>
/// The independent check: looks, topic by topic, for an order of the operations that explains what clients saw, and knows nothing of log indexes. Linearizability is
/// local (Herlihy, Wing 1990, theorem 1), so topics are judged each by itself. It knows no limits: that a topic was full shows that it was there, and what it dropped counts as
/// popped by nobody. Worst case exponential, hence the bounds.
/// </summary>
/// <remarks>Wing, Gong, "Testing and verifying concurrent objects", 1993; Lowe, "Testing for linearizability", 2017; Porcupine (github.com/anishathalye/porcupine).</remarks>
public static class WglCheck
{
    /// <summary>The most operations of one topic.</summary>
    public const int MaxOperations = 2_000;

    /// <summary>The most operations of one topic under way at the same time.</summary>
    public const int MaxConcurrent = 12;

    /// <summary>The steps that a search may take unless told otherwise: some seconds. Of the topics of 4,000 runs one took more than ten millions.</summary>
    public const long DefaultBudget = 300_000_000;

    /// <summary>Judges each topic of a history.</summary>
    /// <param name="history">The history.</param>
    /// <param name="budget">The most steps for a topic.</param>
    public static IReadOnlyList<WglVerdict> Judge(History history, long budget = DefaultBudget) => Judge(new Evidence(history), budget);

    internal static IReadOnlyList<WglVerdict> Judge(Evidence evidence, long budget)
    {
        if (evidence.Flaw is { } flaw)
        {
            return [new WglVerdict(string.Empty, WglOutcome.Unknown, flaw.Message, 0, 0, 0)];
        }

        Operation[] reads = [.. evidence.History.Operations.Where(operation => operation is { Kind: OperationKind.Topics, Ending: Ending.Replied, Topics: not null })];
        return [.. evidence.Topics.Select(topic => Judge(topic, reads, budget))];
    }

    private static WglVerdict Judge(TopicHistory topic, Operation[] reads, long budget)
    {
        int count = topic.Operations.Count + topic.Gone.Count + topic.Dropped.Count + reads.Length + 1;
        int publishes = topic.Operations.Count(operation => operation.Effect == TopicEffect.Published);
        WglVerdict Say(WglOutcome outcome, string explanation, long steps = 0) => new(topic.Name, outcome, explanation, count, publishes, steps);
        if (count > MaxOperations)
        {
            return Say(WglOutcome.TooLarge, $"{count} operations, more than {MaxOperations}");
        }

        if (topic.Loss is { } loss)
        {
            return Say(WglOutcome.NotLinearizable, loss);
        }

        TopicOperation[] operations = [.. topic.Operations, .. reads.Select(read => Sight(topic.Name, read)), .. topic.Gone.Select(publish => UnseenPop(topic, publish)), .. topic.Dropped];
        int concurrent = MostConcurrent(operations);
        if (concurrent > MaxConcurrent)
        {
            return Say(WglOutcome.TooLarge, $"{concurrent} operations at the same time, more than {MaxConcurrent}");
        }

        var search = new WglSearch(operations, topic.Remaining, topic.LastMoment, budget);
        WglOutcome outcome = search.Run();
        string explanation = outcome switch
        {
            WglOutcome.NotLinearizable => $"topic {topic.Name}: {search.Explanation}",
            WglOutcome.Unknown => $"topic {topic.Name}: no verdict within {budget} steps, and that is no pass",
            _ => string.Empty,
        };
        return Say(outcome, explanation, search.Steps);
    }

    private static TopicOperation Sight(string topic, Operation read) => new()
    {
        Effect = read.Topics!.Contains(topic) ? TopicEffect.SawTopic : TopicEffect.SawNoTopic,
        BeginsAt = read.InvokedAt,
        EndsAt = read.EndedAt,
        Source = read,
    };

    private static TopicOperation UnseenPop(TopicHistory topic, TopicOperation publish) => new()
    {
        Effect = TopicEffect.Popped,
        Value = publish.Value,
        BeginsAt = Math.Max(topic.UnseenPopsBeginAt, publish.BeginsAt),
        EndsAt = long.MaxValue,
        IsUnseen = true,
    };

    /// <summary>Pops that nobody was told of do not count: such a one can only come when its message is the oldest, and then nothing else can take that.</summary>
    private static int MostConcurrent(TopicOperation[] operations)
    {
        TopicOperation[] counted = [.. operations.Where(operation => !operation.IsUnseen && !operation.IsOptional)];
        long[] begins = [.. counted.Select(operation => operation.BeginsAt).Order()];
        long[] ends = [.. counted.Select(operation => operation.EndsAt).Order()];
        int ended = 0;
        int most = 0;
        for (int begun = 0; begun < begins.Length; begun++)
        {
            while (ends[ended] < begins[begun])
            {
                ended++;
            }

            most = Math.Max(most, begun + 1 - ended);
        }

        return most;
    }
}
