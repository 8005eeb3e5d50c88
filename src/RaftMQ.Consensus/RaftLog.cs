namespace RaftMQ.Consensus;

/// <summary>
/// The log as the core sees it: where it begins and ends, the term of every entry as runs, and the last entries in memory. Which entry is on disk is the core's
/// business; what is on disk, storage's. What lies below <see cref="Base"/> is committed, in a snapshot, and no longer here (§7).
/// </summary>
public sealed class RaftLog
{
    private const int FirstCapacity = 1_024;

    /// <summary>What an entry costs in memory beside its payload: its slot and the payload's array.</summary>
    private const int EntryBytes = 96;

    private readonly List<TermRun> _terms;
    private LogEntry[] _entries = new LogEntry[FirstCapacity];
    private int _head;
    private int _count;
    private long _bytes;

    /// <summary>The log that storage has recovered.</summary>
    public RaftLog(RecoveredLog recovered)
    {
        Invariant.Require(recovered.LastIndex >= recovered.Base.Index, "a log ends at its base or behind it");
        bool isEmpty = recovered.LastIndex == recovered.Base.Index;
        _terms = [.. recovered.Terms];
        Invariant.Require(isEmpty ? _terms.Count == 0 : _terms[0].First == recovered.Base.Index.Next, "the terms of a log are those of the entries behind its base");
        Base = recovered.Base;
        LastTime = recovered.LastTime;
        Last = isEmpty ? Base : new LogPosition(recovered.LastIndex, _terms[^1].Term);
        foreach (LogEntry entry in recovered.Tail)
        {
            Add(entry);
        }

        Invariant.Require(_count == 0 || _entries[(_head + _count - 1) & (_entries.Length - 1)].Position == Last, "the recovered tail ends where the log ends");
    }

    /// <summary>The entry behind which the log begins; zero while it is whole. It and all before it are committed and in a snapshot.</summary>
    public LogPosition Base { get; private set; }

    /// <summary>The last entry's position; that of <see cref="Base"/> if nothing follows it.</summary>
    public LogPosition Last { get; private set; }

    /// <summary>The last entry's stamp. It never falls while the log grows.</summary>
    public LogTime LastTime { get; private set; }

    /// <summary>What the entries in memory take, about.</summary>
    public long MemoryBytes => _bytes;

    /// <summary>The first index whose entry is in memory; one past <see cref="Last"/> if none is.</summary>
    public LogIndex FirstInMemory => new(Last.Index.Value - (ulong)_count + 1);

    /// <summary>
    /// The term of the entry at an index; null beyond the end, and below <see cref="Base"/>, where it is not known: that is neither a conflict nor term zero. The term
    /// at the base is known; that of a whole log is index zero, whose term is zero.
    /// </summary>
    public Term? TermAt(LogIndex index)
    {
        if (index == Base.Index)
        {
            return Base.Term;
        }

        return index < Base.Index || index > Last.Index ? null : _terms[RunOf(index)].Term;
    }

    /// <summary>Whether the log is known to hold the entry at a position, which by Log Matching (§5.3) means everything up to it too. Of entries below the base nothing is known.</summary>
    public bool Holds(LogPosition position) => TermAt(position.Index) == position.Term;

    /// <summary>The first index behind the base of the run of equal terms that an index lies in; the index exists and lies behind the base.</summary>
    public LogIndex FirstOfTermAt(LogIndex index)
    {
        Invariant.Require(index > Base.Index && index <= Last.Index, "the terms of entries behind the base are known");
        return _terms[RunOf(index)].First;
    }

    /// <summary>The last index known to be of a term that is at most <paramref name="term"/>; zero if there is none, or if it lies below the base.</summary>
    public LogIndex LastWithTermAtMost(Term term)
    {
        for (int i = _terms.Count - 1; i >= 0; i--)
        {
            if (_terms[i].Term <= term)
            {
                return i == _terms.Count - 1 ? Last.Index : _terms[i + 1].First.Previous;
            }
        }

        return Base.Term <= term ? Base.Index : LogIndex.Zero;
    }

    /// <summary>The entry at an index, if it is in memory.</summary>
    public bool TryGet(LogIndex index, out LogEntry entry)
    {
        if (_count == 0 || index < FirstInMemory || index > Last.Index)
        {
            entry = default;
            return false;
        }

        entry = _entries[Slot(index)];
        return true;
    }

    /// <summary>Adds the next entry.</summary>
    internal void Append(in LogEntry entry)
    {
        Invariant.Require(entry.Index == Last.Index.Next, "the log has no gaps");
        Invariant.Require(entry.Term >= Last.Term, "terms never fall along the log");
        if (_terms.Count == 0 || _terms[^1].Term != entry.Term)
        {
            _terms.Add(new TermRun(entry.Index, entry.Term));
        }

        Last = entry.Position;
        LastTime = entry.Time;
        Add(entry);
    }

    /// <summary>Drops entries from an index on.</summary>
    internal void TruncateFrom(LogIndex index)
    {
        Invariant.Require(index > Base.Index && index <= Last.Index, "only entries that exist are truncated");
        LogIndex last = index.Previous;
        int dropped = (int)Math.Min((ulong)_count, Last.Index.Value - last.Value);
        for (int i = 0; i < dropped; i++)
        {
            int slot = (_head + _count - 1) & (_entries.Length - 1);
            _bytes -= EntryBytes + _entries[slot].Payload.Length;
            _entries[slot] = default;
            _count--;
        }

        while (_terms.Count > 0 && _terms[^1].First > last)
        {
            _terms.RemoveAt(_terms.Count - 1);
        }

        Last = last == Base.Index ? Base : new LogPosition(last, _terms[^1].Term);
        if (_count > 0)
        {
            LastTime = _entries[(_head + _count - 1) & (_entries.Length - 1)].Time;
        }
    }

    /// <summary>Lets the oldest entries up to an index leave memory, as long as more than <paramref name="keepBytes"/> are held.</summary>
    internal void EvictUpTo(LogIndex index, long keepBytes)
    {
        while (_count > 0 && _bytes > keepBytes && FirstInMemory <= index)
        {
            _bytes -= EntryBytes + _entries[_head].Payload.Length;
            _entries[_head] = default;
            _head = (_head + 1) & (_entries.Length - 1);
            _count--;
        }
    }

    /// <summary>Raises <see cref="Base"/> to an index that exists: what lies at or below it is forgotten, but for its own term (§7).</summary>
    internal void CompactTo(LogIndex index)
    {
        Invariant.Require(index > Base.Index && index <= Last.Index, "only entries that exist are compacted");
        int run = RunOf(index);
        Base = new LogPosition(index, _terms[run].Term);
        bool runGoesOn = index < Last.Index && (run == _terms.Count - 1 || _terms[run + 1].First > index.Next);
        _terms.RemoveRange(0, runGoesOn ? run : run + 1);
        if (runGoesOn)
        {
            _terms[0] = new TermRun(index.Next, Base.Term);
        }

        EvictUpTo(index, keepBytes: -1);
    }

    /// <summary>Begins anew behind a snapshot's last entry: whatever stood here is gone, in conflict with it or not (§7).</summary>
    internal void BeginBehind(LogPosition last, LogTime time)
    {
        _terms.Clear();
        Array.Clear(_entries);
        (_head, _count, _bytes) = (0, 0, 0);
        (Base, Last, LastTime) = (last, last, time);
    }

    private int RunOf(LogIndex index)
    {
        int low = 0;
        int high = _terms.Count - 1;
        while (low < high)
        {
            int middle = (low + high + 1) / 2;
            if (_terms[middle].First <= index)
            {
                low = middle;
            }
            else
            {
                high = middle - 1;
            }
        }

        return low;
    }

    private int Slot(LogIndex index) => (_head + (int)(index.Value - FirstInMemory.Value)) & (_entries.Length - 1);

    private void Add(in LogEntry entry)
    {
        if (_count == _entries.Length)
        {
            var larger = new LogEntry[_entries.Length * 2];
            for (int i = 0; i < _count; i++)
            {
                larger[i] = _entries[(_head + i) & (_entries.Length - 1)];
            }

            _entries = larger;
            _head = 0;
        }

        _entries[(_head + _count) & (_entries.Length - 1)] = entry;
        _count++;
        _bytes += EntryBytes + entry.Payload.Length;
    }
}
