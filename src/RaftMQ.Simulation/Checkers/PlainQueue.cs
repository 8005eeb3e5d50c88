using System.Text;
using RaftMQ.Queues;

namespace RaftMQ.Simulation.Checkers;

/// <summary>What the plain queue answers.</summary>
/// <param name="Outcome">What became of the command.</param>
/// <param name="Taken">The message that a pop took, or null.</param>
/// <param name="Index">Where it was carried out or refused; for a repetition the first time.</param>
internal readonly record struct PlainReply(QueueOutcome Outcome, string? Taken, ulong Index);

/// <summary>
/// What the queue should do, written down as plainly as it can be said: the judge of <see cref="QueueMachine"/>, with which it shares the limits' layout and nothing
/// else. Topics in order of creation, messages in order of publication, request keys for a window of log time.
/// </summary>
internal sealed class PlainQueue
{
    private readonly List<string> _topics = [];
    private readonly Dictionary<string, Waiting> _messages = [];
    private readonly Dictionary<string, (RequestIdentity Request, PlainReply Reply)> _results = [];
    private readonly Queue<(string Key, int Bytes, long ExpiresAt)> _keysByAge = new();
    private long _count;
    private long _bytes;
    private long _keptBytes;

    public QueueLimits Limits { get; private set; } = new();

    /// <summary>In order of creation.</summary>
    public IReadOnlyList<string> Topics => _topics;

    public int Count(string topic) => _messages[topic].Messages.Count;

    public IEnumerable<string> Messages(string topic) => _messages[topic].Messages.Select(message => message.Body);

    public PlainReply Apply(LoggedCommand command)
    {
        // Keys are forgotten in the order in which they were remembered, also when a change of the settings has shortened the window in between.
        while (_keysByAge.TryPeek(out (string Key, int Bytes, long ExpiresAt) oldest) && oldest.ExpiresAt <= command.TimeMilliseconds)
        {
            _keysByAge.Dequeue();
            _results.Remove(oldest.Key);
            _keptBytes -= oldest.Bytes;
        }

        if (command.Request.Key is not { } key)
        {
            return CarryOut(command);
        }

        if (_results.TryGetValue(key, out (RequestIdentity Request, PlainReply Reply) first))
        {
            return first.Request == command.Request ? first.Reply : new PlainReply(QueueOutcome.RequestKeyReused, null, command.Index);
        }

        if (_results.Count >= Limits.MaxRequestKeys)
        {
            return new PlainReply(QueueOutcome.RequestKeysFull, null, command.Index);
        }

        PlainReply reply = CarryOut(command);
        if (reply.Outcome == QueueOutcome.Done)
        {
            int kept = reply.Taken is null ? 0 : Encoding.UTF8.GetByteCount(reply.Taken);
            _results.Add(key, (command.Request, reply));
            _keysByAge.Enqueue((key, kept, command.TimeMilliseconds + Limits.RequestKeyWindowMilliseconds));
            _keptBytes += kept;
        }

        return reply;
    }

    private PlainReply CarryOut(LoggedCommand command)
    {
        (QueueOutcome outcome, string? taken) = command.Kind switch
        {
            QueueCommandKind.CreateTopic => (Create(command.Request.Topic), null),
            QueueCommandKind.Publish => (Publish(command.Request.Topic, command.Request.Body!, command.BodyBytes), null),
            QueueCommandKind.Pop => Pop(command.Request.Topic, isKept: command.Request.Key is not null),
            QueueCommandKind.Configure => (Configure(command), null),
            _ => (QueueOutcome.UnknownCommand, null),
        };
        return new PlainReply(outcome, taken, command.Index);
    }

    private QueueOutcome Configure(LoggedCommand command)
    {
        bool isRead = QueueCommandCodec.TryReadLimits(command.Payload.Span, out QueueLimits limits);
        Limits = isRead ? limits : Limits;
        return isRead ? QueueOutcome.Done : QueueOutcome.UnknownCommand;
    }

    private QueueOutcome Create(string topic)
    {
        int bytes = Encoding.UTF8.GetByteCount(topic);
        bool isName = bytes > 0 && bytes <= Limits.MaxTopicNameBytes && topic is not ("." or "..")
            && !topic.Any(letter => char.IsControl(letter) || letter is '/' or '\\');
        if (!isName)
        {
            return QueueOutcome.BadTopicName;
        }

        if (_messages.ContainsKey(topic))
        {
            return QueueOutcome.TopicExists;
        }

        if (_topics.Count >= Limits.MaxTopics)
        {
            return QueueOutcome.TooManyTopics;
        }

        _topics.Add(topic);
        _messages.Add(topic, new Waiting());
        return QueueOutcome.Done;
    }

    private QueueOutcome Publish(string topic, string body, int bytes)
    {
        if (!_messages.TryGetValue(topic, out Waiting? waiting))
        {
            return QueueOutcome.NoSuchTopic;
        }

        QueueOutcome outcome =
            bytes > Limits.MaxMessageBytes ? QueueOutcome.MessageTooLarge
            : waiting.Messages.Count + 1L > Limits.MaxMessagesPerTopic ? QueueOutcome.TopicFullMessages
            : waiting.Bytes + bytes > Limits.MaxBytesPerTopic ? QueueOutcome.TopicFullBytes
            : _count + 1 > Limits.MaxMessages ? QueueOutcome.QueueFullMessages
            : _bytes + bytes > Limits.MaxBytes ? QueueOutcome.QueueFullBytes
            : QueueOutcome.Done;
        if (outcome == QueueOutcome.Done)
        {
            waiting.Messages.Enqueue((body, bytes));
            waiting.Bytes += bytes;
            _count++;
            _bytes += bytes;
        }

        return outcome;
    }

    private (QueueOutcome Outcome, string? Taken) Pop(string topic, bool isKept)
    {
        if (!_messages.TryGetValue(topic, out Waiting? waiting))
        {
            return (QueueOutcome.NoSuchTopic, null);
        }

        if (waiting.Messages.Count == 0)
        {
            return (QueueOutcome.Empty, null);
        }

        if (isKept && waiting.Messages.Peek().Bytes > Limits.MaxRequestKeyBytes - _keptBytes)
        {
            return (QueueOutcome.RequestKeysFull, null);
        }

        (string taken, int bytes) = waiting.Messages.Dequeue();
        waiting.Bytes -= bytes;
        _count--;
        _bytes -= bytes;
        return (QueueOutcome.Done, taken);
    }

    /// <summary>The messages of a topic and the sum of their sizes.</summary>
    private sealed class Waiting
    {
        public Queue<(string Body, int Bytes)> Messages { get; } = new();

        public long Bytes { get; set; }
    }
}
