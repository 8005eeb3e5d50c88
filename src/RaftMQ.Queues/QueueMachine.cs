using RaftMQ.Queues.Commands;
using RaftMQ.Queues.Snapshots;
using RaftMQ.Queues.State;

namespace RaftMQ.Queues;

/// <summary>
/// The replicated state machine: topics with their messages in order, and the request keys that make a retry return the first result.
/// The same commands in the same order give the same state and the same replies on every node. It has no clock: time comes with the commands.
/// </summary>
public sealed class QueueMachine
{
    /// <summary>The most bytes of a request key.</summary>
    public const int MaxRequestKeyLength = 255;

    /// <summary>The most messages that a command makes a full topic drop.</summary>
    public const int MaxDropsPerCommand = 256;

    private readonly QueueState _state;
    private ulong _lastIndex;
    private long _lastTime;

    /// <summary>A machine that has applied nothing.</summary>
    public QueueMachine()
        : this(new QueueState(), 0, 0)
    {
    }

    internal QueueMachine(QueueState state, ulong lastIndex, long lastTime) => (_state, _lastIndex, _lastTime) = (state, lastIndex, lastTime);

    /// <summary>The limits in force.</summary>
    public QueueLimits Limits => _state.Limits;

    /// <summary>The names of all topics in order of creation; a list that does not change.</summary>
    public IReadOnlyList<string> Topics => _state.Names;

    /// <summary>Messages waiting in all topics.</summary>
    public long MessageCount => _state.MessageCount;

    /// <summary>Body bytes waiting in all topics.</summary>
    public long ByteCount => _state.ByteCount;

    /// <summary>Messages that topics dropped because they were full, since they were created.</summary>
    public long DroppedCount => _state.DroppedCount;

    /// <summary>How many topics there are.</summary>
    public int TopicCount => _state.TopicCount;

    /// <summary>Request keys remembered.</summary>
    public int RequestKeyCount => _state.Keys.Count;

    /// <summary>Body bytes kept for retried pops.</summary>
    public long RequestKeyBytes => _state.Keys.Bytes;

    /// <summary>About how many bytes of memory the state takes, rather more than less; known without counting anything.</summary>
    public long MemoryBytes => _state.MemoryBytes;

    /// <summary>A hash of the whole state, kept incrementally: equal states have equal hashes on every node.</summary>
    public ulong StateHash => _state.Hash;

    /// <summary>The same hash from scratch, in time proportional to the state: to verify the incremental one.</summary>
    public ulong ComputeStateHash() => _state.ComputeHash();

    /// <summary>How many messages wait in a topic, or null if there is no such topic.</summary>
    public long? Count(string topic) => _state.Find(topic)?.Count;

    /// <summary>A topic as it is now, or null if there is none of this name.</summary>
    public TopicGauges? Look(string topic) => _state.Find(topic) is not { } found ? null : new TopicGauges(
        found.Count, found.Bytes, found.Policy.MessagesUnder(Limits).Limit, found.Policy.BytesUnder(Limits).Limit, found.Policy.Overflow, found.Dropped);

    /// <summary>More bytes than a snapshot of the state takes, but not by much; known without taking one.</summary>
    public long MostSnapshotBytes => QueueSnapshot.MostBytesOf(_state);

    /// <summary>The state as it is now, to be written while the machine goes on.</summary>
    public QueueSnapshot Capture() => new(_state, _lastIndex, _lastTime);

    /// <summary>Carries out the next command of the log. Bytes that are no command are refused, never an exception.</summary>
    public QueueReply Apply(in CommittedCommand command)
    {
        Invariant.Require(command.Index > _lastIndex, "commands are applied in the order of the log");
        Invariant.Require(command.TimeMilliseconds >= _lastTime, "time never falls along the log");
        _lastIndex = command.Index;
        _lastTime = command.TimeMilliseconds;
        _state.ForgetExpired(command.TimeMilliseconds);
        if (!CommandBytes.TryRead(command.Payload, out CommandBytes bytes))
        {
            return new QueueReply(QueueOutcome.UnknownCommand, default, command.Index);
        }

        return bytes.Key.IsEmpty ? CarryOut(bytes, command.Index) : CarryOutOnce(bytes, command);
    }

    /// <summary>Whether a command has a request key that is remembered: applied now, it would be answered with what the first of that key was, and change nothing.</summary>
    /// <param name="command">The command's bytes; if they are none, the answer is no.</param>
    public bool Remembers(ReadOnlyMemory<byte> command) =>
        CommandBytes.TryRead(command, out CommandBytes bytes) && !bytes.Key.IsEmpty && _state.Keys.Find(bytes.Key) is not null;

    /// <summary>A request with a key: the first result if it was carried out before; otherwise it is carried out, and remembered if it was done.</summary>
    private QueueReply CarryOutOnce(in CommandBytes bytes, in CommittedCommand command)
    {
        UInt128 requestHash = bytes.RequestHash;
        if (_state.Keys.Find(bytes.Key) is { } carried)
        {
            return carried.RequestHash == requestHash ? carried.Reply : new QueueReply(QueueOutcome.RequestKeyReused, default, command.Index);
        }

        if (_state.Keys.Count >= _state.Limits.MaxRequestKeys)
        {
            return new QueueReply(QueueOutcome.RequestKeysFull, default, command.Index, _state.Limits.MaxRequestKeys);
        }

        QueueReply reply = CarryOut(bytes, command.Index);
        if (reply.Outcome == QueueOutcome.Done)
        {
            _state.Remember(bytes.Key.Span, requestHash, reply, command.TimeMilliseconds);
        }

        return reply;
    }

    private QueueReply CarryOut(in CommandBytes bytes, ulong index) => bytes.Kind switch
    {
        QueueCommandKind.Publish => PublishCommand.Apply(_state, bytes, index),
        QueueCommandKind.Pop => PopCommand.Apply(_state, bytes, index),
        QueueCommandKind.SetTopicPolicy => SetTopicPolicyCommand.Apply(_state, bytes, index),
        QueueCommandKind.CreateTopic => CreateTopicCommand.Apply(_state, bytes, index),
        _ => ConfigureCommand.Apply(_state, bytes, index),
    };
}
