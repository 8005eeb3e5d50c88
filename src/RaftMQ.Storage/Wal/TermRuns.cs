using System.Runtime.CompilerServices;
using RaftMQ.Consensus;

namespace RaftMQ.Storage.Wal;

/// <summary>The term of every live entry, as runs: a few words per election, whatever the length of the log.</summary>
internal sealed class TermRuns
{
    private List<TermRun> _runs = [];

    /// <summary>The first live entry; one past <see cref="LastIndex"/> if there is none.</summary>
    public LogIndex First { get; private set; } = new(1);

    public LogIndex LastIndex { get; private set; }

    public Term LastTerm => _runs.Count == 0 ? Term.Zero : _runs[^1].Term;

    public IReadOnlyList<TermRun> Runs => _runs;

    /// <summary>The entries before this one are not here; nothing is yet.</summary>
    public void BeginAt(LogIndex first)
    {
        Invariant.Require(_runs.Count == 0 && first > LogIndex.Zero, "a log that holds entries begins with them");
        (First, LastIndex) = (first, first.Previous);
    }

    public void Clear() => _runs.Clear();

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
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
        Invariant.Require(index > LogIndex.Zero && index <= LastIndex.Next, "only entries that exist are truncated");
        while (_runs.Count > 0 && _runs[^1].First >= index)
        {
            _runs.RemoveAt(_runs.Count - 1);
        }

        LastIndex = index.Previous;
        First = LogIndex.Min(First, index);
    }

    /// <summary>The entries before this one are no longer in the log.</summary>
    public void ReleaseBefore(LogIndex first)
    {
        Invariant.Require(first <= LastIndex.Next, "only entries that exist are released");
        if (first > First)
        {
            _runs = From(first);
            First = first;
        }
    }

    /// <summary>The runs of the live entries from one on.</summary>
    public List<TermRun> From(LogIndex first)
    {
        var runs = new List<TermRun>();
        for (int i = 0; i < _runs.Count; i++)
        {
            LogIndex end = i + 1 < _runs.Count ? _runs[i + 1].First : LastIndex.Next;
            if (end > first)
            {
                runs.Add(_runs[i] with { First = LogIndex.Max(first, _runs[i].First) });
            }
        }

        return runs;
    }

    /// <summary>Whether the entry at a position is live; of several that were once at an index only one is, since index and term name an entry.</summary>
    public bool Holds(LogPosition position) => TermAt(position.Index) == position.Term;

    /// <summary>The term of the live entry at an index; null if there is none here.</summary>
    public Term? TermAt(LogIndex index)
    {
        if (index < First || index > LastIndex)
        {
            return null;
        }

        int low = 0;
        int high = _runs.Count - 1;
        while (low < high)
        {
            int middle = (low + high + 1) / 2;
            (low, high) = _runs[middle].First <= index ? (middle, high) : (low, middle - 1);
        }

        return _runs[low].Term;
    }
}
