using RaftMQ.Consensus;

namespace RaftMQ.Storage.Wal;

/// <summary>The term of every live entry, as runs: a few words per election, whatever the length of the log.</summary>
internal sealed class TermRuns
{
    private readonly List<TermRun> _runs = [];

    public LogIndex LastIndex { get; private set; }

    public Term LastTerm => _runs.Count == 0 ? Term.Zero : _runs[^1].Term;

    public IReadOnlyList<TermRun> Runs => _runs;

    public void Append(LogPosition position)
    {
        Invariant.Require(position.Index == LastIndex.Next, "the log has no gaps");
        Invariant.Require(position.Term >= LastTerm, "terms never fall along the log");
        if (_runs.Count == 0 || _runs[^1].Term != position.Term)
        {
            _runs.Add(new TermRun(position.Index, position.Term));
        }

        LastIndex = position.Index;
    }

    public void TruncateFrom(LogIndex index)
    {
        Invariant.Require(index > LogIndex.Zero && index <= LastIndex, "only entries that exist are truncated");
        while (_runs.Count > 0 && _runs[^1].First >= index)
        {
            _runs.RemoveAt(_runs.Count - 1);
        }

        LastIndex = index.Previous;
    }

    /// <summary>Whether the entry at a position is live; of several that were once at an index only one is, since index and term name an entry.</summary>
    public bool Holds(LogPosition position)
    {
        if (position.Index == LogIndex.Zero || position.Index > LastIndex)
        {
            return false;
        }

        int low = 0;
        int high = _runs.Count - 1;
        while (low < high)
        {
            int middle = (low + high + 1) / 2;
            (low, high) = _runs[middle].First <= position.Index ? (middle, high) : (low, middle - 1);
        }

        return _runs[low].Term == position.Term;
    }
}
