using RaftMQ.Queues;
using RaftMQ.Simulation.Histories;

namespace RaftMQ.Simulation.Checkers;

/// <summary>The committed commands carried out once more, in order of index, by the plain queue; and what it can be asked about any index afterwards.</summary>
internal sealed class Replay
{
    private readonly PlainQueue _queue = new();
    private readonly LoggedCommand[] _commands;
    private readonly PlainReply[] _replies;
    private readonly ulong[] _indexes;
    private readonly ulong[] _lastAnswered;
    private readonly List<ulong> _createdAt = [];
    private readonly Dictionary<string, List<LoggedCommand>> _drops = [];
    private readonly Dictionary<string, long> _droppedOf = [];
    private readonly Dictionary<string, List<(ulong Index, int Count)>> _counts = [];

    public Replay(IReadOnlyList<CommittedCommand> committed)
    {
        _commands = [.. committed.Select(command => LoggedCommand.Read(command))];
        _replies = new PlainReply[_commands.Length];
        _indexes = [.. _commands.Select(command => command.Index)];
        _lastAnswered = new ulong[_commands.Length];
        ShortestWindowMilliseconds = long.MaxValue;
        Disorder = FindDisorder();
        for (int i = 0; Disorder is null && i < _commands.Length; i++)
        {
            CarryOut(i);
        }
    }

    /// <summary>In order of index.</summary>
    public IReadOnlyList<LoggedCommand> Commands => _commands;

    /// <summary>What the plain queue answered, command by command.</summary>
    public IReadOnlyList<PlainReply> Replies => _replies;

    /// <summary>All topics in order of creation.</summary>
    public IReadOnlyList<string> Topics => _queue.Topics;

    /// <summary>The shortest window for request keys that was ever in force.</summary>
    public long ShortestWindowMilliseconds { get; private set; }

    /// <summary>What is wrong with the order of the log itself; nothing is replayed then.</summary>
    public Finding? Disorder { get; }

    /// <summary>The messages that wait in a topic at the end.</summary>
    public IEnumerable<string> Remaining(string topic) => _queue.Messages(topic);

    /// <summary>How many messages a topic dropped because it was full.</summary>
    public long DroppedOf(string topic) => _droppedOf.GetValueOrDefault(topic);

    /// <summary>The commands for which a message was dropped; more than one if it was stored more than once.</summary>
    public IReadOnlyList<LoggedCommand> DropsOf(string body) => _drops.GetValueOrDefault(body, []);

    /// <summary>Which command stands at an index; -1 for none.</summary>
    public int PositionOf(ulong index) => Math.Max(-1, Array.BinarySearch(_indexes, index));

    /// <summary>The highest index whose command was answered with what was carried out at this position: its own, or that of its last repetition.</summary>
    public ulong LastAnswered(int position) => _lastAnswered[position];

    /// <summary>How many topics there were when everything up to an index was carried out.</summary>
    public int TopicCountAt(ulong index)
    {
        int at = _createdAt.BinarySearch(index);
        return at >= 0 ? at + 1 : ~at;
    }

    /// <summary>How many messages a topic held when everything up to an index was carried out; null if it was not there yet.</summary>
    public int? CountAt(string topic, ulong index)
    {
        if (!_counts.TryGetValue(topic, out List<(ulong Index, int Count)>? counts))
        {
            return null;
        }

        int at = counts.BinarySearch((index, int.MaxValue));
        int last = (at >= 0 ? at : ~at) - 1;
        return last >= 0 ? counts[last].Count : null;
    }

    private Finding? FindDisorder()
    {
        for (int i = 1; i < _commands.Length; i++)
        {
            if (_commands[i].Index <= _commands[i - 1].Index || _commands[i].TimeMilliseconds < _commands[i - 1].TimeMilliseconds)
            {
                return new Finding("I12", $"the committed commands at {_commands[i - 1].Index} and {_commands[i].Index} follow each other: index or time falls along the log");
            }
        }

        return null;
    }

    private void CarryOut(int position)
    {
        LoggedCommand command = _commands[position];
        PlainReply reply = _queue.Apply(command);
        _replies[position] = reply;
        int answered = PositionOf(reply.Index);
        _lastAnswered[answered] = command.Index;
        foreach ((string of, string body) in _queue.Dropped)
        {
            _droppedOf[of] = DroppedOf(of) + 1;
            _drops.TryAdd(body, []);
            _drops[body].Add(command);
        }

        bool hasChanged = reply.Outcome == QueueOutcome.Done && answered == position;
        if (!hasChanged && _queue.Dropped.Count == 0)
        {
            return;
        }

        if (command.Kind == QueueCommandKind.Configure)
        {
            ShortestWindowMilliseconds = Math.Min(ShortestWindowMilliseconds, _queue.Limits.RequestKeyWindowMilliseconds);
            return;
        }

        string topic = command.Request.Topic;
        if (command.Kind == QueueCommandKind.CreateTopic)
        {
            _createdAt.Add(command.Index);
            _counts.Add(topic, []);
        }

        _counts[topic].Add((command.Index, _queue.Count(topic)));
    }
}
