using System.Text;

namespace RaftMQ.Queues.State;

/// <summary>Everything that the commands change, and the hash of it, kept as they do.</summary>
internal sealed class QueueState
{
    /// <summary>A waiting message: its slot, and as much again of a chunk that is not full and of what the kept snapshots know of its body.</summary>
    private const long MessageMemoryBytes = 64;

    /// <summary>A topic: its object, queue and chunk, its name of up to 255 bytes twice (in UTF-8 and UTF-16), and its places in lists.</summary>
    private const long TopicMemoryBytes = 1_536;

    /// <summary>A request key: of up to 255 bytes, with its result and its places in lists.</summary>
    private const long KeyMemoryBytes = 640;

    private readonly Dictionary<ReadOnlyMemory<byte>, Topic> _byName = new(ByNameBytes.Instance);
    private readonly List<Topic> _topics = [];
    private ulong _sum = StateHash.OfLimits(new QueueLimits());
    private string[]? _names;

    public QueueLimits Limits { get; private set; } = new();

    public RequestKeys Keys { get; } = new();

    public IReadOnlyList<Topic> Topics => _topics;

    public int TopicCount => _topics.Count;

    public long MessageCount { get; private set; }

    public long ByteCount { get; private set; }

    /// <summary>About what all this takes of memory, rather more than less.</summary>
    public long MemoryBytes => (MessageCount * MessageMemoryBytes) + (TopicCount * TopicMemoryBytes) + (Keys.Count * KeyMemoryBytes);

    /// <summary>The sum over the topics of what they dropped; kept beside the state, not part of it.</summary>
    public long DroppedCount { get; private set; }

    /// <summary>The names in order of creation; a new array only after a topic was created.</summary>
    public IReadOnlyList<string> Names => _names ??= [.. _topics.Select(topic => topic.Text)];

    public ulong Hash => _sum + StateHash.OfCounters((ulong)_topics.Count + 1, MessageCount, ByteCount);

    /// <summary>The hash from scratch; equal to <see cref="Hash"/> at all times.</summary>
    public ulong ComputeHash()
    {
        ulong sum = StateHash.OfLimits(Limits);
        long messages = 0;
        long bytes = 0;
        foreach (Topic topic in _topics)
        {
            sum += StateHash.OfTopic(topic) + StateHash.OfNextSequence(topic) + StateHash.OfPolicy(topic);
            foreach (Message message in topic.Messages)
            {
                sum += StateHash.OfMessage(topic, message);
                messages++;
                bytes += message.Body.Length;
            }
        }

        foreach (RequestKeys.Carried carried in Keys.InOrder)
        {
            sum += StateHash.OfKey(carried);
        }

        return sum + StateHash.OfCounters((ulong)_topics.Count + 1, messages, bytes);
    }

    public Topic? Find(ReadOnlyMemory<byte> name) => _byName.GetValueOrDefault(name);

    public Topic? Find(string name) => Find(Encoding.UTF8.GetBytes(name));

    public void SetLimits(QueueLimits limits)
    {
        _sum -= StateHash.OfLimits(Limits);
        Limits = limits;
        _sum += StateHash.OfLimits(Limits);
    }

    public Topic Create(ReadOnlySpan<byte> name)
    {
        var topic = new Topic((ulong)_topics.Count + 1, name.ToArray(), Encoding.UTF8.GetString(name));
        _topics.Add(topic);
        _byName.Add(topic.Name, topic);
        _names = null;
        _sum += StateHash.OfTopic(topic) + StateHash.OfNextSequence(topic);
        return topic;
    }

    /// <summary>Puts a message of a snapshot behind the others of its topic.</summary>
    public void Put(Topic topic, in Message message)
    {
        _sum -= StateHash.OfNextSequence(topic);
        topic.Put(message);
        _sum += StateHash.OfNextSequence(topic) + StateHash.OfMessage(topic, message);
        MessageCount++;
        ByteCount += message.Body.Length;
    }

    public void SetNextSequence(Topic topic, ulong sequence)
    {
        _sum -= StateHash.OfNextSequence(topic);
        topic.SetNextSequence(sequence);
        _sum += StateHash.OfNextSequence(topic);
    }

    /// <summary>Puts a request key of a snapshot behind the others.</summary>
    public void Put(RequestKeys.Carried carried)
    {
        Keys.Put(carried);
        _sum += StateHash.OfKey(carried);
    }

    public void Publish(Topic topic, in BodyReference body)
    {
        _sum -= StateHash.OfNextSequence(topic);
        Message message = topic.Append(body);
        _sum += StateHash.OfNextSequence(topic) + StateHash.OfMessage(topic, message);
        MessageCount++;
        ByteCount += body.Length;
    }

    public BodyReference Pop(Topic topic)
    {
        Message message = topic.TakeOldest();
        _sum -= StateHash.OfMessage(topic, message);
        MessageCount--;
        ByteCount -= message.Body.Length;
        Invariant.Require(MessageCount >= 0 && ByteCount >= 0, "no more is taken than was put");
        return message.Body;
    }

    /// <summary>The oldest message goes without having been handed out, and is counted.</summary>
    public void Drop(Topic topic)
    {
        Pop(topic);
        SetDropped(topic, topic.Dropped + 1);
    }

    public void SetPolicy(Topic topic, in TopicPolicy policy)
    {
        _sum -= StateHash.OfPolicy(topic);
        topic.Policy = policy;
        _sum += StateHash.OfPolicy(topic);
    }

    public void SetDropped(Topic topic, long dropped)
    {
        _sum -= StateHash.OfPolicy(topic);
        DroppedCount += dropped - topic.Dropped;
        topic.Dropped = dropped;
        _sum += StateHash.OfPolicy(topic);
    }

    public void Remember(ReadOnlySpan<byte> key, UInt128 requestHash, in QueueReply reply, long now)
    {
        Invariant.Require(reply is { Outcome: QueueOutcome.Done, Limit: 0 }, "only what was carried out is remembered");
        long window = Limits.RequestKeyWindowMilliseconds;
        long expiresAt = now > long.MaxValue - window ? long.MaxValue : now + window;
        _sum += StateHash.OfKey(Keys.Add(key, requestHash, reply, expiresAt));
    }

    public void ForgetExpired(long now)
    {
        while (Keys.TryExpire(now, out RequestKeys.Carried expired))
        {
            _sum -= StateHash.OfKey(expired);
        }
    }
}
