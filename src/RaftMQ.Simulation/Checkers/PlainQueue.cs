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
    private const int MostDroppedAtOnce = 256;

    private readonly List<string> _topics = [];
    private readonly Dictionary<string, Waiting> _messages = [];
    private readonly Dictionary<string, (RequestIdentity Request, PlainReply Reply)> _results = [];
    private readonly Queue<(string Key, int Bytes, long ExpiresAt)> _keysByAge = new();
    private readonly List<(string Topic, string Body)> _dropped = [];
    private long _count;
    private long _bytes;
    private long _keptBytes;

    public QueueLimits Limits { get; private set; } = new();

    /// <summary>In order of creation.</summary>
    public IReadOnlyList<string> Topics => _topics;

    /// <summary>What the last command made topics drop, the oldest first.</summary>
    public IReadOnlyList<(string Topic, string Body)> Dropped => _dropped;

    public int Count(string topic) => _messages[topic].Messages.Count;

    public IEnumerable<string> Messages(string topic) => _messages[topic].Messages.Select(message => message.Body);

    public PlainReply Apply(LoggedCommand command)
    {
        _dropped.Clear();

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
            QueueCommandKind.CreateTopic or QueueCommandKind.SetTopicPolicy when command.Request.Body is not null => (QueueOutcome.UnknownCommand, null),
            QueueCommandKind.CreateTopic => (Create(command.Request.Topic, command.Request.Policy), null),
            QueueCommandKind.SetTopicPolicy => (SetPolicy(command.Request.Topic, command.Request.Policy), null),
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

    private QueueOutcome Create(string topic, TopicPolicyChange policy)
    {
        int bytes = Encoding.UTF8.GetByteCount(topic);
        bool isName = bytes > 0 && bytes <= Limits.MaxTopicNameBytes && topic is not ("." or "..")
            && !topic.Any(letter => char.IsControl(letter) || letter is '/' or '\\');
        if (!isName)
        {
            return QueueOutcome.BadTopicName;
        }

        if (TooLoose(policy) is { } refusal)
        {
            return refusal;
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
        Change(_messages[topic], policy);
        return QueueOutcome.Done;
    }

    private QueueOutcome SetPolicy(string topic, TopicPolicyChange policy)
    {
        if (TooLoose(policy) is { } refusal)
        {
            return refusal;
        }

        if (!_messages.TryGetValue(topic, out Waiting? waiting))
        {
            return QueueOutcome.NoSuchTopic;
        }

        Change(waiting, policy);
        DropExcess(topic, waiting);
        return QueueOutcome.Done;
    }

    private QueueOutcome? TooLoose(TopicPolicyChange policy) =>
        policy.MaxMessages > Limits.MaxMessagesPerTopic ? QueueOutcome.PolicyAboveMaxMessages
        : policy.MaxBytes > Limits.MaxBytesPerTopic ? QueueOutcome.PolicyAboveMaxBytes
        : null;

    private static void Change(Waiting waiting, TopicPolicyChange policy)
    {
        waiting.MaxMessages = policy.MaxMessages switch { null => waiting.MaxMessages, 0 => long.MaxValue, { } limit => limit };
        waiting.MaxBytes = policy.MaxBytes switch { null => waiting.MaxBytes, 0 => long.MaxValue, { } limit => limit };
        waiting.DropsOldest = policy.Overflow is { } overflow ? overflow == Overflow.DropOldest : waiting.DropsOldest;
    }

    private long MaxMessages(Waiting waiting) => Math.Min(waiting.MaxMessages, Limits.MaxMessagesPerTopic);

    private long MaxBytes(Waiting waiting) => Math.Min(waiting.MaxBytes, Limits.MaxBytesPerTopic);

    private void DropExcess(string topic, Waiting waiting)
    {
        bool IsAbove() => waiting.Messages.Count > MaxMessages(waiting) || waiting.Bytes > MaxBytes(waiting);
        while (waiting.DropsOldest && IsAbove() && _dropped.Count < MostDroppedAtOnce)
        {
            Drop(topic, waiting);
        }
    }

    private void Drop(string topic, Waiting waiting) => _dropped.Add((topic, TakeOldest(waiting)));

    private QueueOutcome Publish(string topic, string body, int bytes)
    {
        if (!_messages.TryGetValue(topic, out Waiting? waiting))
        {
            return QueueOutcome.NoSuchTopic;
        }

        if (bytes > Limits.MaxMessageBytes || bytes > MaxBytes(waiting))
        {
            return bytes > Limits.MaxMessageBytes ? QueueOutcome.MessageTooLarge : QueueOutcome.MessageTooLargeForTopic;
        }

        DropExcess(topic, waiting);
        (int going, long goingBytes) = waiting.DropsOldest ? GoingFor(waiting, bytes) : (0, 0);
        bool isFullOfMessages = waiting.Messages.Count - going + 1L > MaxMessages(waiting);
        bool isFullOfBytes = waiting.Bytes - goingBytes + bytes > MaxBytes(waiting);
        QueueOutcome outcome =
            MaxMessages(waiting) == 0 ? QueueOutcome.TopicFullMessages
            : waiting.DropsOldest && _dropped.Count + going > MostDroppedAtOnce ? QueueOutcome.DropBoundReached
            : isFullOfMessages ? QueueOutcome.TopicFullMessages
            : isFullOfBytes ? QueueOutcome.TopicFullBytes
            : _count - going + 1 > Limits.MaxMessages ? QueueOutcome.QueueFullMessages
            : _bytes - goingBytes + bytes > Limits.MaxBytes ? QueueOutcome.QueueFullBytes
            : QueueOutcome.Done;
        if (outcome == QueueOutcome.Done)
        {
            for (; going > 0; going--)
            {
                Drop(topic, waiting);
            }

            waiting.Messages.Enqueue((body, bytes));
            waiting.Bytes += bytes;
            _count++;
            _bytes += bytes;
        }

        return outcome;
    }

    /// <summary>How many of the oldest must go for a message to fit, and their bytes.</summary>
    private (int Messages, long Bytes) GoingFor(Waiting waiting, int bytes)
    {
        (int going, long freed) = (0, 0);
        foreach ((string _, int size) in waiting.Messages)
        {
            bool fits = waiting.Messages.Count - going + 1L <= MaxMessages(waiting) && waiting.Bytes - freed + bytes <= MaxBytes(waiting);
            if (fits)
            {
                break;
            }

            going++;
            freed += size;
        }

        return (going, freed);
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
            return (QueueOutcome.RequestKeyBytesFull, null);
        }

        return (QueueOutcome.Done, TakeOldest(waiting));
    }

    private string TakeOldest(Waiting waiting)
    {
        (string taken, int bytes) = waiting.Messages.Dequeue();
        waiting.Bytes -= bytes;
        _count--;
        _bytes -= bytes;
        return taken;
    }

    /// <summary>The messages of a topic, the sum of their sizes, and its policy.</summary>
    private sealed class Waiting
    {
        public Queue<(string Body, int Bytes)> Messages { get; } = new();

        public long Bytes { get; set; }

        public long MaxMessages { get; set; } = long.MaxValue;

        public long MaxBytes { get; set; } = long.MaxValue;

        public bool DropsOldest { get; set; }
    }
}
