namespace RaftMQ.Simulation.Checkers;

/// <summary>
/// Depth first: takes, at each point, some operation that has begun and that the topic could carry out, and goes back when one that must have happened by then has
/// not. A pair of "which operations are taken" and "what the topic holds" is tried once (Lowe's memo). Such a pair is remembered as 128 bits: among a
/// million, two different ones are taken for the same with a chance of 2^-88.
/// </summary>
internal sealed class WglSearch
{
    private const int MostNamed = 6;

    private readonly TopicOperation[] _operations;
    private readonly int[] _values;
    private readonly UInt128[] _marks;
    private readonly int[] _remaining;
    private readonly string[] _names;
    private readonly TopicState _topic;
    private readonly WglTimeline _timeline;
    private readonly WglPublishOrder _publishOrder;
    private readonly HashSet<UInt128> _tried = [];
    private readonly Stack<int> _taken = new();
    private readonly long _budget;
    private UInt128 _takenMark;
    private int[] _furthest = [];
    private int[] _furthestValues = [];

    /// <param name="operations">What happened.</param>
    /// <param name="remaining">What remained at the end, in order.</param>
    /// <param name="last">The last moment at which anything happened.</param>
    /// <param name="budget">The most steps.</param>
    public WglSearch(IReadOnlyList<TopicOperation> operations, IReadOnlyList<string> remaining, long last, long budget)
    {
        _operations = [.. operations, new TopicOperation { Effect = TopicEffect.SawRemaining, BeginsAt = last + 2, EndsAt = last + 3 }];
        _names = [.. _operations.Select(operation => operation.Value).Concat(remaining).Distinct()];
        var numbers = new Dictionary<string, int>();
        for (int i = 0; i < _names.Length; i++)
        {
            numbers.Add(_names[i], i);
        }

        _values = [.. _operations.Select(operation => numbers[operation.Value])];
        _remaining = [.. remaining.Select(value => numbers[value])];
        _marks = [.. Enumerable.Range(0, _operations.Length).Select(i => TopicState.Mark(((ulong)i << 32) | uint.MaxValue))];
        _topic = new TopicState(_operations.Length);
        _timeline = new WglTimeline(_operations, last + 1);
        _publishOrder = new WglPublishOrder(_operations, _values, _remaining, last + 2);
        _budget = budget;
    }

    public long Steps { get; private set; }

    public string Explanation { get; private set; } = string.Empty;

    public WglOutcome Run()
    {
        int at = _timeline.First;
        while (_timeline.Required > 0)
        {
            if (++Steps > _budget)
            {
                return WglOutcome.Unknown;
            }

            if (_timeline.IsBegin(at))
            {
                at = TryTake(_timeline.OperationAt(at)) ? _timeline.First : _timeline.Next(at);
            }
            else if (_taken.TryPop(out int back))
            {
                at = GiveBack(back);
            }
            else
            {
                Explanation = Explain();
                return WglOutcome.NotLinearizable;
            }
        }

        return WglOutcome.Linearizable;
    }

    private bool TryTake(int operation)
    {
        TopicEffect effect = _operations[operation].Effect;
        if (!_publishOrder.Allows(operation) || !_topic.TryApply(effect, _values[operation], _remaining))
        {
            return false;
        }

        UInt128 mark = _takenMark ^ _marks[operation];
        if (!_tried.Add(mark + _topic.Order))
        {
            _topic.Undo(effect);
            return false;
        }

        _takenMark = mark;
        _taken.Push(operation);
        _timeline.Lift(operation);
        _publishOrder.Take(operation);
        if (_taken.Count > _furthest.Length)
        {
            _furthest = [.. _taken.Reverse()];
            _furthestValues = _topic.Values.ToArray();
        }

        return true;
    }

    private int GiveBack(int operation)
    {
        _takenMark ^= _marks[operation];
        _topic.Undo(_operations[operation].Effect);
        _timeline.Restore(operation);
        _publishOrder.GiveBack(operation);
        return _timeline.NextOfBegin(operation);
    }

    private string Explain()
    {
        var taken = new HashSet<int>(_furthest);
        int[] left = [.. Enumerable.Range(0, _operations.Length).Where(i => !taken.Contains(i) && !_operations[i].IsOptional)];
        long stuckAt = left.Min(i => _operations[i].EndsAt);
        string last = Named(_furthest.TakeLast(MostNamed));
        string stuck = Named(left.Where(i => _operations[i].BeginsAt <= stuckAt).Take(MostNamed));
        return $"no order of {_operations.Length} operations explains what was seen; the longest that explains a beginning takes {_furthest.Length}, "
            + $"lastly {last}; the topic then {Held()}; of those that had begun none can follow: {stuck}";
    }

    private string Named(IEnumerable<int> operations) => string.Join(" | ", operations.Select(i => _operations[i]));

    private string Held() =>
        _furthestValues.Length == 0 ? "holds nothing" : $"holds {_furthestValues.Length}: {string.Join(", ", _furthestValues.Take(MostNamed).Select(value => _names[value]))}";
}
