namespace RaftMQ.Simulation.Checkers;

/// <summary>The stays of all messages of a topic, and the sights of its emptiness; what remained is popped behind the end, in order.</summary>
internal sealed class Stays
{
    private readonly List<Stay> _all = [];
    private readonly List<TopicOperation> _empty = [];
    private readonly Dictionary<string, Stay> _byValue = [];

    public Stays(TopicHistory topic)
    {
        foreach (TopicOperation operation in topic.Operations)
        {
            switch (operation.Effect)
            {
                case TopicEffect.Published:
                    Publish(operation);
                    break;
                case TopicEffect.SawEmpty or TopicEffect.SawNoTopic:
                    _empty.Add(operation);
                    break;
                default:
                    break;
            }
        }

        foreach (TopicOperation pop in topic.Operations.Where(operation => operation.Effect == TopicEffect.Popped))
        {
            Pop(pop);
        }

        // Somebody took these, between the first pop whose end nobody knows and the end of the run.
        foreach (TopicOperation publish in topic.Gone.Where(_ => topic.UnseenPops > 0))
        {
            Stay stay = _byValue[publish.Value];
            stay.PopBegins = Math.Max(topic.UnseenPopsBeginAt, publish.BeginsAt);
            stay.PopEnds = topic.LastMoment;
        }

        foreach (TopicOperation drop in topic.Dropped)
        {
            Stay stay = _byValue[drop.Value];
            (stay.PopBegins, stay.PopEnds) = (drop.BeginsAt, Math.Min(drop.EndsAt, topic.LastMoment));
        }

        long last = topic.LastMoment;
        foreach (string value in topic.Remaining)
        {
            Pop(new TopicOperation { Effect = TopicEffect.Popped, Value = value, BeginsAt = ++last, EndsAt = ++last });
        }
    }

    /// <summary>In the order in which their requests came.</summary>
    public IReadOnlyList<Stay> All => _all;

    public IReadOnlyList<TopicOperation> Empty => _empty;

    /// <summary>The first pop of a value that was not published, or null.</summary>
    public TopicOperation? Unpublished { get; private set; }

    /// <summary>The first pop of a value that another request had got, or null.</summary>
    public TopicOperation? Twice { get; private set; }

    private void Publish(TopicOperation publish)
    {
        var stay = new Stay(publish.Value) { PublishBegins = publish.BeginsAt, PublishEnds = publish.EndsAt };
        _all.Add(stay);
        _byValue.Add(publish.Value, stay);
    }

    private void Pop(TopicOperation pop)
    {
        if (!_byValue.TryGetValue(pop.Value, out Stay? stay))
        {
            Unpublished ??= pop;
            return;
        }

        if (stay.IsPopped)
        {
            Twice ??= pop;
            return;
        }

        stay.PopBegins = pop.BeginsAt;
        stay.PopEnds = pop.EndsAt;
    }
}
