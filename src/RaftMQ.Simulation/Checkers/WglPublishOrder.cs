namespace RaftMQ.Simulation.Checkers;

/// <summary>
/// Cuts the search short: a message that came out before another was asked for went in before it, so publishes are not taken in an order that only the pops, perhaps
/// hundreds of operations later, would show to be wrong. Without this a search forgets nothing it needs, but spends its budget on such orders.
/// </summary>
internal sealed class WglPublishOrder
{
    private readonly TopicOperation[] _operations;
    private readonly long[] _popBegins;
    private readonly int[] _byPopEnd;
    private readonly int[] _placeOf;
    private readonly long[] _popEnds;
    private readonly bool[] _isTaken;
    private int _lowest;

    /// <param name="operations">All operations.</param>
    /// <param name="values">Their messages' numbers.</param>
    /// <param name="remaining">What remained, in order.</param>
    /// <param name="end">From when on the remaining messages are thought to be popped.</param>
    public WglPublishOrder(TopicOperation[] operations, int[] values, int[] remaining, long end)
    {
        _operations = operations;
        var popped = new Dictionary<int, (long Begins, long Ends)>();
        for (int i = 0; i < operations.Length; i++)
        {
            if (operations[i].Effect == TopicEffect.Popped)
            {
                popped.TryAdd(values[i], (operations[i].BeginsAt, operations[i].EndsAt));
            }
        }

        for (int i = 0; i < remaining.Length; i++)
        {
            popped.TryAdd(remaining[i], (end + (2 * i), end + (2 * i) + 1));
        }

        (long Begins, long Ends)[] pops = [.. values.Select(value => popped.GetValueOrDefault(value, (0, long.MaxValue)))];
        _popBegins = [.. pops.Select(pop => pop.Begins)];
        _popEnds = [.. pops.Select(pop => pop.Ends)];
        _byPopEnd = [.. Enumerable.Range(0, operations.Length).Where(i => operations[i].Effect == TopicEffect.Published).OrderBy(i => _popEnds[i])];
        _placeOf = new int[operations.Length];
        for (int place = 0; place < _byPopEnd.Length; place++)
        {
            _placeOf[_byPopEnd[place]] = place;
        }

        _isTaken = new bool[operations.Length];
    }

    /// <summary>Whether no publish is left whose message must have gone in before this one's.</summary>
    public bool Allows(int operation) =>
        _operations[operation].Effect != TopicEffect.Published || _lowest == _byPopEnd.Length || _popEnds[_byPopEnd[_lowest]] >= _popBegins[operation];

    public void Take(int operation)
    {
        _isTaken[operation] = true;
        while (_lowest < _byPopEnd.Length && _isTaken[_byPopEnd[_lowest]])
        {
            _lowest++;
        }
    }

    public void GiveBack(int operation)
    {
        _isTaken[operation] = false;
        if (_operations[operation].Effect == TopicEffect.Published)
        {
            _lowest = Math.Min(_lowest, _placeOf[operation]);
        }
    }
}
