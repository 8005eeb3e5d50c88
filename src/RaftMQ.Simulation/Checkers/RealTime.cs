using RaftMQ.Simulation.Histories;

namespace RaftMQ.Simulation.Checkers;

/// <summary>How far the log was known to have come at each moment of the run: the highest index that any reply had named by then.</summary>
internal sealed class RealTime
{
    private readonly long[] _endedAt;
    private readonly Operation[] _highest;

    public RealTime(IReadOnlyList<Operation> operations)
    {
        _highest = [.. operations.Where(operation => operation.Ending == Ending.Replied)];
        _endedAt = [.. _highest.Select(operation => operation.EndedAt)];
        Array.Sort(_endedAt, _highest);
        for (int i = 1; i < _highest.Length; i++)
        {
            _highest[i] = _highest[i - 1].Index >= _highest[i].Index ? _highest[i - 1] : _highest[i];
        }
    }

    /// <summary>The operation with the highest index of all that ended before a moment, or null.</summary>
    public Operation? HighestBefore(long moment)
    {
        int at = Array.BinarySearch(_endedAt, moment);
        int ended = at >= 0 ? at : ~at;
        return ended > 0 ? _highest[ended - 1] : null;
    }
}
