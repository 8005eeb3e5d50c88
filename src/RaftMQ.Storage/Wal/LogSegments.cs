using RaftMQ.Consensus;

namespace RaftMQ.Storage.Wal;

/// <summary>The segments that the log consists of, in order and without gaps, by their sequence numbers: the oldest go as the log is released, new ones come behind the last.</summary>
internal sealed class LogSegments
{
    private readonly List<(SegmentHeader Header, bool HoldsDropped)> _segments = [];

    /// <summary>The number of the oldest; one past <see cref="Last"/> if there is none.</summary>
    public int First { get; private set; } = 1;

    /// <summary>The number of the newest.</summary>
    public int Last => First + _segments.Count - 1;

    public SegmentHeader this[int number] => _segments[number - First].Header;

    public void Add(in SegmentHeader header)
    {
        Invariant.Require(header.Sequence <= int.MaxValue, "a log never comes to its segment 2,147,483,648");
        if (_segments.Count == 0)
        {
            First = (int)header.Sequence;
        }

        Invariant.Require((int)header.Sequence == Last + 1, "segments are numbered without gaps");
        _segments.Add((header, false));
    }

    /// <summary>A truncation has dropped entries that stand in these segments.</summary>
    public void NoteDropped(int from, int to)
    {
        for (int number = Math.Max(from, First); number <= Math.Min(to, Last); number++)
        {
            _segments[number - First] = _segments[number - First] with { HoldsDropped = true };
        }
    }

    /// <summary>Whether a segment holds entries that were dropped later, so that an index may stand in it twice.</summary>
    public bool HoldsDropped(int number) => _segments[number - First].HoldsDropped;

    public void RemoveFirst()
    {
        Invariant.Require(_segments.Count > 1, "the segment that is written to is never released");
        _segments.RemoveAt(0);
        First++;
    }
}
