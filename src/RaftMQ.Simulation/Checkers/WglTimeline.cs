namespace RaftMQ.Simulation.Checkers;

/// <summary>
/// The beginnings and ends of operations in order of time, as a list from which an operation can be lifted and into which it can be put back, in reverse order, in
/// constant time (Wing, Gong 1993). An optional operation has no end.
/// </summary>
internal sealed class WglTimeline
{
    private readonly int[] _next;
    private readonly int[] _previous;
    private readonly bool[] _isOptional;
    private readonly int _head;

    /// <param name="operations">The operations; the last is the look at what remained.</param>
    /// <param name="horizon">When operations without an end end at the latest: before that look, since what happens later is not in the log.</param>
    public WglTimeline(TopicOperation[] operations, long horizon)
    {
        _head = operations.Length * 2;
        _next = new int[_head + 1];
        _previous = new int[_head + 1];
        _isOptional = [.. operations.Select(operation => operation.IsOptional)];
        Required = operations.Count(operation => !operation.IsOptional);
        var moments = new List<(long At, bool IsEnd, int Node)>();
        for (int i = 0; i < operations.Length; i++)
        {
            moments.Add((operations[i].BeginsAt, false, i * 2));
            if (!operations[i].IsOptional)
            {
                moments.Add((operations[i].EndsAt == long.MaxValue ? horizon : operations[i].EndsAt, true, (i * 2) + 1));
            }
        }

        int last = _head;
        foreach ((long _, bool _, int node) in moments.Order())
        {
            Link(last, node);
            last = node;
        }

        Link(last, _head);
    }

    /// <summary>How many operations are not lifted that must have happened.</summary>
    public int Required { get; private set; }

    public int First => _next[_head];

    public static int BeginOf(int operation) => operation * 2;

    /// <summary>Whether a moment is the beginning of an operation; the end of the list is none.</summary>
    public bool IsBegin(int node) => node != _head && node % 2 == 0;

    public int OperationAt(int node) => node / 2;

    public int Next(int node) => _next[node];

    public int NextOfBegin(int operation) => _next[BeginOf(operation)];

    public void Lift(int operation)
    {
        Unlink(BeginOf(operation));
        if (!_isOptional[operation])
        {
            Unlink(BeginOf(operation) + 1);
            Required--;
        }
    }

    public void Restore(int operation)
    {
        if (!_isOptional[operation])
        {
            Relink(BeginOf(operation) + 1);
            Required++;
        }

        Relink(BeginOf(operation));
    }

    private void Link(int before, int after)
    {
        _next[before] = after;
        _previous[after] = before;
    }

    private void Unlink(int node) => Link(_previous[node], _next[node]);

    private void Relink(int node)
    {
        _next[_previous[node]] = node;
        _previous[_next[node]] = node;
    }
}
