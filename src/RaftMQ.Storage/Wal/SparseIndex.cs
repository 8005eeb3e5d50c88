using RaftMQ.Consensus;

namespace RaftMQ.Storage.Wal;

/// <summary>A place in the log from which reading can begin: the state of a reader just before the record of an entry.</summary>
internal readonly record struct IndexPoint(LogIndex Index, int Segment, int Offset, uint PreviousCrc, int UnitStart)
{
    /// <summary>Whether this place lies behind another.</summary>
    public bool LiesBehind(int segment, int offset) => Segment > segment || (Segment == segment && Offset > offset);
}

/// <summary>Where to begin reading for an index: a point every so many bytes of log, so that memory does not grow with the number of entries.</summary>
/// <param name="intervalBytes">How much log lies between two points, about.</param>
internal sealed class SparseIndex(int intervalBytes)
{
    private readonly List<IndexPoint> _points = [];

    /// <summary>An entry stands here; remembered if the last point is far enough behind.</summary>
    public void Offer(in IndexPoint point)
    {
        bool isFar = _points.Count == 0 || _points[^1].Segment != point.Segment || point.Offset - _points[^1].Offset >= intervalBytes;
        if (isFar)
        {
            _points.Add(point);
        }
    }

    public void TruncateFrom(LogIndex index)
    {
        while (_points.Count > 0 && _points[^1].Index >= index)
        {
            _points.RemoveAt(_points.Count - 1);
        }
    }

    /// <summary>The points of segments before this one are no longer needed.</summary>
    public void ReleaseBefore(int segment) => _points.RemoveRange(0, _points.FindIndex(point => point.Segment >= segment) is >= 0 and var count ? count : _points.Count);

    /// <summary>The first entry that stands in a segment or behind it; null if there is none. A segment's first live entry has a point.</summary>
    public IndexPoint? FirstFrom(int segment) => _points.FindIndex(point => point.Segment >= segment) is >= 0 and var at ? _points[at] : null;

    /// <summary>The last point at or before an index, if there is one.</summary>
    public IndexPoint? Before(LogIndex index)
    {
        int low = 0;
        int high = _points.Count;
        while (low < high)
        {
            int middle = (low + high) / 2;
            (low, high) = _points[middle].Index <= index ? (middle + 1, high) : (low, middle);
        }

        return low == 0 ? null : _points[low - 1];
    }
}
