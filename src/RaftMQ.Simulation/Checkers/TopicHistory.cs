using RaftMQ.Simulation.Histories;

namespace RaftMQ.Simulation.Checkers;

/// <summary>What happened to one topic, without log indexes; made by <see cref="TopicFold"/>.</summary>
internal sealed class TopicHistory
{
    private const int MostNamed = 5;

    public required string Name { get; init; }

    /// <summary>What clients were told, and what follows from the log: publishes and pops by value, sights of emptiness, creations, existence.</summary>
    public required IReadOnlyList<TopicOperation> Operations { get; init; }

    /// <summary>The messages that were left, in order.</summary>
    public required IReadOnlyList<string> Remaining { get; init; }

    /// <summary>Publishes of messages that were acknowledged, handed to nobody that is known, and are not there at the end.</summary>
    public required IReadOnlyList<TopicOperation> Gone { get; init; }

    /// <summary>
    /// Messages that were acknowledged, and that the log makes the topic drop because it was full: as if popped by nobody, between the beginning and the end of the request that they
    /// had to make room for, as far as that is known.
    /// </summary>
    public required IReadOnlyList<TopicOperation> Dropped { get; init; }

    /// <summary>The most pops that have taken a message without anybody knowing.</summary>
    public required int UnseenPops { get; init; }

    /// <summary>When the first of these can have happened.</summary>
    public required long UnseenPopsBeginAt { get; init; }

    /// <summary>The last moment at which anything happened to a client, of whatever topic: what remained was looked at later.</summary>
    public required long LastMoment { get; init; }

    /// <summary>Says that more messages are gone than unseen pops can have taken; null if not.</summary>
    public string? Loss
    {
        get
        {
            string named = string.Join(", ", Gone.Select(publish => publish.Value).Take(MostNamed));
            return Gone.Count <= UnseenPops ? null
                : $"topic {Name}: {Gone.Count} acknowledged messages are gone that nobody got ({named}), and only {UnseenPops} pops may have taken one";
        }
    }

    /// <summary>The history of each topic that was asked for or has something left, in the order in which they were first named.</summary>
    public static IReadOnlyList<TopicHistory> Split(Evidence evidence)
    {
        var byName = new Dictionary<string, TopicFold>();
        var topics = new List<TopicFold>();
        TopicFold Of(string name)
        {
            if (!byName.TryGetValue(name, out TopicFold? topic))
            {
                topic = new TopicFold(name, evidence);
                byName.Add(name, topic);
                topics.Add(topic);
            }

            return topic;
        }

        foreach (Request request in evidence.Requests.Where(request => request.Identity.Kind != OperationKind.Topics))
        {
            Of(request.Identity.Topic).Add(request);
        }

        foreach ((string topic, string body) in evidence.History.Remaining)
        {
            Of(topic).Leave(body);
        }

        foreach (LoggedCommand command in evidence.Replay.Commands)
        {
            byName.GetValueOrDefault(command.Request.Topic)?.Count(command);
        }

        return [.. topics.Select(topic => topic.Complete())];
    }
}
