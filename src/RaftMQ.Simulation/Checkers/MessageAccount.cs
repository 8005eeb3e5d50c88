using RaftMQ.Queues;
using RaftMQ.Simulation.Histories;

namespace RaftMQ.Simulation.Checkers;

/// <summary>
/// Every message of a run accounted for (I14): sent = acknowledged + refused + unknown; an acknowledged one is stored exactly once, a refused one never, an unknown
/// one at most once; stored = popped + dropped by overflow + remaining; a message goes to one request, and a producer's messages go in the order in which it sent them.
/// </summary>
/// <remarks>
/// A key whose window is over is new: a request that comes back later is lawfully carried out again, and its message stored again. How often is for the replayed log
/// to say.
/// </remarks>
public sealed class MessageAccount
{
    private readonly Evidence _evidence;
    private readonly Dictionary<string, int> _storedTimes = [];
    private readonly List<(string Topic, string Body)> _storedInOrder = [];

    private MessageAccount(Evidence evidence)
    {
        _evidence = evidence;
        CountLog();
        foreach (Request publish in Publishes)
        {
            Acknowledged += publish.Fate == Fate.Acknowledged ? 1 : 0;
            Refused += publish.Fate == Fate.Refused ? 1 : 0;
            Unknown += publish.Fate == Fate.Unknown ? 1 : 0;
        }

        Remaining = evidence.History.Remaining.Count;
        Finding = evidence.Flaw ?? JudgeStored() ?? JudgePhantoms() ?? JudgeRemaining() ?? JudgeDropped() ?? HandOuts.Judge(evidence, StoredTimes) ?? ProducerOrder.Judge(evidence);
    }

    /// <summary>Messages that clients sent, repetitions not counted.</summary>
    public long Sent => Acknowledged + Refused + Unknown;

    /// <summary>Messages whose publish was told: done.</summary>
    public long Acknowledged { get; }

    /// <summary>Messages whose publish was refused, by the machine or before it came to the log, at every attempt.</summary>
    public long Refused { get; }

    /// <summary>Messages of which nobody was told what became of them.</summary>
    public long Unknown { get; }

    /// <summary>Messages that the committed log stores.</summary>
    public long Stored { get; private set; }

    /// <summary>Messages that the committed log hands out.</summary>
    public long Popped { get; private set; }

    /// <summary>Messages that the committed log makes full topics drop.</summary>
    public long Dropped { get; private set; }

    /// <summary>Messages that were left in the queues at the end.</summary>
    public long Remaining { get; }

    /// <summary>The first thing that does not add up, or null.</summary>
    public Finding? Finding { get; }

    private IEnumerable<Request> Publishes => _evidence.Requests.Where(request => request.Identity.Kind == OperationKind.Publish);

    /// <summary>Takes the account of a history.</summary>
    public static MessageAccount Of(History history) => new(new Evidence(history));

    internal static MessageAccount Of(Evidence evidence) => new(evidence);

    private int StoredTimes(string body) => _storedTimes.GetValueOrDefault(body);

    private void CountLog()
    {
        for (int i = 0; i < _evidence.Replay.Commands.Count; i++)
        {
            LoggedCommand command = _evidence.Replay.Commands[i];
            PlainReply reply = _evidence.Replay.Replies[i];
            bool isFirst = reply.Outcome == QueueOutcome.Done && reply.Index == command.Index;
            if (isFirst && command.Kind == QueueCommandKind.Publish)
            {
                Stored++;
                _storedInOrder.Add((command.Request.Topic, command.Request.Body!));
                _storedTimes[command.Request.Body!] = StoredTimes(command.Request.Body!) + 1;
            }

            Popped += isFirst && command.Kind == QueueCommandKind.Pop ? 1 : 0;
        }

        Dropped = _evidence.Replay.Topics.Sum(_evidence.Replay.DroppedOf);
    }

    private Finding? JudgeStored()
    {
        Request? refused = Publishes.FirstOrDefault(publish => publish.Fate == Fate.Refused && StoredTimes(publish.Identity.Body!) > 0);
        if (refused is not null)
        {
            return new Finding("I14", $"message {refused.Identity.Body} was refused and is stored: {InWords.Of(refused.Attempts[^1])}");
        }

        // With a key the replayed log stores again only what it must; without one there is at most one message for each attempt that may have happened.
        Request? twice = Publishes.FirstOrDefault(publish => !publish.IsKeyed && StoredTimes(publish.Identity.Body!) > publish.PossibleCount);
        if (twice is not null)
        {
            return new Finding("I14", $"message {twice.Identity.Body} is stored {StoredTimes(twice.Identity.Body!)} times: {InWords.Of(twice.Attempts[0])}");
        }

        foreach (IGrouping<string, Request> topic in Publishes.Where(publish => publish.Fate == Fate.Acknowledged).GroupBy(publish => publish.Identity.Topic))
        {
            string[] sent = [.. topic.OrderBy(publish => publish.FirstDone!.Index).Select(publish => publish.Identity.Body!)];
            if (Lost.Describe(sent, body => StoredTimes(body) == 0) is { } lost)
            {
                return new Finding("I14", $"topic {topic.Key}: acknowledged and not in the log: {lost}");
            }
        }

        return null;
    }

    private Finding? JudgePhantoms()
    {
        foreach ((string topic, string body) in _storedInOrder)
        {
            if (_evidence.PublishOf(body)?.Identity.Topic != topic)
            {
                return new Finding("I14", $"message {body} is stored in {topic}, and nobody sent it there");
            }
        }

        return null;
    }

    private Finding? JudgeRemaining()
    {
        ILookup<string, string> remaining = _evidence.History.Remaining.ToLookup(message => message.Topic, message => message.Body);
        foreach (string topic in _evidence.Replay.Topics.Concat(remaining.Select(messages => messages.Key)).Distinct())
        {
            string[] expected = _evidence.Replay.Topics.Contains(topic) ? [.. _evidence.Replay.Remaining(topic)] : [];
            string[] actual = [.. remaining[topic]];
            if (expected.SequenceEqual(actual))
            {
                continue;
            }

            string? surplus = actual.FirstOrDefault(body => actual.Count(other => other == body) > expected.Count(other => other == body));
            string what = Lost.Describe(expected, body => !actual.Contains(body)) is { } lost ? "gone at the end, and no pop in the log took them: " + lost
                : surplus is not null ? $"there at the end, and popped or never stored: {surplus}"
                : "the messages that are left are not in the order of the log";
            return new Finding("I14", $"topic {topic}: {what}");
        }

        return null;
    }

    /// <summary>What the machine says that topics dropped is what the log makes them drop, and nothing else is missing.</summary>
    private Finding? JudgeDropped()
    {
        foreach ((string topic, long dropped) in _evidence.History.Dropped ?? new Dictionary<string, long>())
        {
            if (dropped != _evidence.Replay.DroppedOf(topic))
            {
                return new Finding("I14", $"topic {topic} says that it dropped {dropped} messages; by the log it dropped {_evidence.Replay.DroppedOf(topic)}");
            }
        }

        return Stored == Popped + Dropped + Remaining ? null
            : new Finding("I14", $"{Stored} messages were stored; {Popped} were popped, {Dropped} dropped by overflow, {Remaining} remain");
    }
}
