using RaftMQ.Queues.Commands;
using RaftMQ.Queues.State;

namespace RaftMQ.Queues.Snapshots;

/// <summary>
/// The state of the machine at one moment. Taking it copies only the list of the state's chunks; it is written at leisure, while the machine goes on. The same state gives the same
/// bytes on every node. Its layout: version; last index and time; limits; the topics in order of creation, each with its policy, what it dropped, and its messages; the request keys
/// by age. All numbers are little-endian.
/// </summary>
public sealed class QueueSnapshot
{
    private const byte Version = 2;
    private const byte VersionWithoutPolicies = 1;
    private const int MessageBytes = 32;
    private const int HeadBytes = 256;
    private const int TopicBytes = 2 * 256;
    private const int KeyBytes = 2 * 256;

    private readonly QueueLimits _limits;
    private readonly CapturedTopic[] _topics;
    private readonly int _keyCount;
    private readonly IEnumerable<RequestKeys.Carried> _keys;

    internal QueueSnapshot(QueueState state, ulong lastIndex, long lastTime)
    {
        LastIndex = lastIndex;
        LastTime = lastTime;
        StateHash = state.Hash;
        _limits = state.Limits;
        _topics = [.. state.Topics.Select(topic => new CapturedTopic(topic.Name, topic.NextSequence, topic.Policy, topic.Dropped, topic.Count, topic.Messages.Capture()))];
        (_keyCount, _keys) = (state.Keys.Count, state.Keys.InOrder.Capture());
    }

    /// <summary>The index of the last command that it contains.</summary>
    public ulong LastIndex { get; }

    /// <summary>The stamp of that command, in milliseconds of log time.</summary>
    public long LastTime { get; }

    /// <summary>The hash of the state, by which whoever reads it back knows that it is whole.</summary>
    public ulong StateHash { get; }

    /// <summary>The bodies that it refers to: those of waiting messages, and those that a retried request is answered with. One may be referred to more than once.</summary>
    public IEnumerable<BodyReference> Bodies()
    {
        foreach (CapturedTopic topic in _topics)
        {
            foreach (Message message in topic.Messages)
            {
                yield return message.Body;
            }
        }

        foreach (RequestKeys.Carried key in _keys)
        {
            if (!key.Reply.Body.IsNone)
            {
                yield return key.Reply.Body;
            }
        }
    }

    /// <summary>The bytes in chunks, made one at a time as they are asked for. Each is valid until the next is asked for.</summary>
    /// <param name="chunkBytes">How large a chunk is, about; at least 1.</param>
    public IEnumerable<ReadOnlyMemory<byte>> Encode(int chunkBytes)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(chunkBytes, 1);
        var writer = new SnapshotWriter(chunkBytes);
        WriteHead(writer);
        foreach (CapturedTopic topic in _topics)
        {
            if (writer.IsFullFor(topic.Name.Length + (2 * MessageBytes)))
            {
                yield return writer.Chunk;
                writer.Reset();
            }

            WriteTopic(writer, topic);
            foreach (Message message in topic.Messages)
            {
                if (writer.IsFullFor(MessageBytes))
                {
                    yield return writer.Chunk;
                    writer.Reset();
                }

                WriteMessage(writer, message);
            }
        }

        foreach (RequestKeys.Carried key in _keys)
        {
            if (writer.IsFullFor(key.Key.Length + (3 * MessageBytes)))
            {
                yield return writer.Chunk;
                writer.Reset();
            }

            WriteKey(writer, key);
        }

        yield return writer.Chunk;
    }

    /// <summary>A machine with the state whose bytes these are.</summary>
    /// <param name="chunks">What <see cref="Encode"/> made, in the same chunks.</param>
    /// <param name="stateHash">The hash that its state must have.</param>
    /// <exception cref="FormatException">They are no such bytes, or those of another state.</exception>
    public static QueueMachine Decode(IEnumerable<ReadOnlyMemory<byte>> chunks, ulong stateHash)
    {
        using IEnumerator<ReadOnlyMemory<byte>> enumerator = chunks.GetEnumerator();
        var reader = new SnapshotReader(enumerator);
        byte version = reader.Byte();
        Require(version is Version or VersionWithoutPolicies, $"a snapshot of version {version} is not known here; this program knows versions {VersionWithoutPolicies} and {Version}");
        ulong lastIndex = reader.UInt64();
        long lastTime = reader.Int64();
        Require(ConfigureCommand.TryDecode(reader.Bytes(ConfigureCommand.Bytes), out QueueLimits limits), "the limits are none");
        var state = new QueueState();
        state.SetLimits(limits);
        int topics = reader.Count();
        int keys = reader.Count();
        for (int i = 0; i < topics; i++)
        {
            ReadTopic(reader, state, hasPolicies: version != VersionWithoutPolicies);
        }

        for (int i = 0; i < keys; i++)
        {
            ReadKey(reader, state);
        }

        Require(reader.IsAtEnd(), "something follows behind the last request key");
        Require(state.Hash == stateHash, "the state is not the one whose hash was noted");
        return new QueueMachine(state, lastIndex, lastTime);
    }

    /// <summary>More bytes than <see cref="Encode"/> makes of a state, but not by much.</summary>
    internal static long MostBytesOf(QueueState state) =>
        HeadBytes + (state.TopicCount * (long)TopicBytes) + (state.MessageCount * MessageBytes) + (state.Keys.Count * (long)KeyBytes);

    private void WriteHead(SnapshotWriter writer)
    {
        writer.Byte(Version);
        writer.UInt64(LastIndex);
        writer.Int64(LastTime);
        Span<byte> limits = stackalloc byte[ConfigureCommand.Bytes];
        ConfigureCommand.Write(_limits, limits);
        writer.Bytes(limits);
        writer.Int32(_topics.Length);
        writer.Int32(_keyCount);
    }

    private static void WriteTopic(SnapshotWriter writer, CapturedTopic topic)
    {
        writer.UInt16(topic.Name.Length);
        writer.Bytes(topic.Name);
        writer.UInt64(topic.NextSequence);
        writer.Int64(topic.Policy.MaxMessages);
        writer.Int64(topic.Policy.MaxBytes);
        writer.Byte((byte)topic.Policy.Overflow);
        writer.Int64(topic.Dropped);
        writer.Int32(topic.Count);
    }

    private static void ReadTopic(SnapshotReader reader, QueueState state, bool hasPolicies)
    {
        ReadOnlySpan<byte> name = reader.Bytes(reader.UInt16());
        Require(TopicName.IsValid(name, ushort.MaxValue) && state.Find(name.ToArray()) is null, "a topic's name is none, or stands there twice");
        Topic topic = state.Create(name);
        ulong nextSequence = reader.UInt64();
        Require(nextSequence >= topic.NextSequence, "a topic's sequence numbers begin at 1");
        if (hasPolicies)
        {
            ReadPolicy(reader, state, topic);
        }

        int count = reader.Count();
        for (int i = 0; i < count; i++)
        {
            var message = new Message(reader.UInt64(), ReadBody(reader));
            Require(message.Sequence >= topic.NextSequence && message.Sequence < nextSequence, "the messages of a topic are not in order");
            state.Put(topic, message);
        }

        state.SetNextSequence(topic, nextSequence);
    }

    private static void ReadPolicy(SnapshotReader reader, QueueState state, Topic topic)
    {
        var policy = new TopicPolicy(reader.Int64(), reader.Int64(), (Overflow)reader.Byte());
        Require(policy is { MaxMessages: >= 0, MaxBytes: >= 0, Overflow: <= Overflow.DropOldest }, "a topic's policy is none");
        long dropped = reader.Int64();
        Require(dropped >= 0, "a topic has dropped less than nothing");
        state.SetPolicy(topic, policy);
        state.SetDropped(topic, dropped);
    }

    private static void WriteMessage(SnapshotWriter writer, in Message message)
    {
        writer.UInt64(message.Sequence);
        WriteBody(writer, message.Body);
    }

    private static void WriteBody(SnapshotWriter writer, in BodyReference body)
    {
        writer.UInt64(body.Index);
        writer.UInt64(body.Hash);
        writer.Int32(body.Offset);
        writer.Int32(body.Length);
    }

    private static BodyReference ReadBody(SnapshotReader reader)
    {
        var body = new BodyReference(reader.UInt64(), reader.UInt64(), reader.Int32(), reader.Int32());
        Require(body is { Offset: >= 0, Length: >= 0 }, "a body begins or ends before its entry");
        return body;
    }

    private static void WriteKey(SnapshotWriter writer, RequestKeys.Carried carried)
    {
        writer.Byte((byte)carried.Key.Length);
        writer.Bytes(carried.Key);
        writer.UInt128(carried.RequestHash);
        writer.UInt64(carried.Reply.Index);
        writer.Int64(carried.ExpiresAt);
        WriteBody(writer, carried.Reply.Body);
    }

    private static void ReadKey(SnapshotReader reader, QueueState state)
    {
        byte[] key = reader.Bytes(reader.Byte()).ToArray();
        Require(key.Length > 0 && state.Keys.Find(key) is null, "a request key is empty, or stands there twice");
        UInt128 requestHash = reader.UInt128();
        (ulong index, long expiresAt) = (reader.UInt64(), reader.Int64());
        state.Put(new RequestKeys.Carried(key, requestHash, new QueueReply(QueueOutcome.Done, ReadBody(reader), index), expiresAt));
    }

    private static void Require(bool condition, string message)
    {
        if (!condition)
        {
            throw new FormatException("the snapshot of the queue is damaged: " + message);
        }
    }

    /// <summary>A topic as it was at the moment.</summary>
    private sealed record CapturedTopic(byte[] Name, ulong NextSequence, TopicPolicy Policy, long Dropped, int Count, IEnumerable<Message> Messages);
}
