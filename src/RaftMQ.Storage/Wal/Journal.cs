using System.Runtime.CompilerServices;
using RaftMQ.Consensus;

namespace RaftMQ.Storage.Wal;

/// <summary>What the records of the log add up to: the live entries' terms, the hard state, the configurations, and where to find entries.</summary>
/// <param name="indexIntervalBytes">How much log lies between two points of the index, about.</param>
internal sealed class Journal(int indexIntervalBytes)
{
    private readonly List<LogEntry> _configurations = [];

    public TermRuns Terms { get; } = new();

    public SparseIndex Index { get; } = new(indexIntervalBytes);

    public LogSegments Segments { get; } = new();

    public HardState HardState { get; private set; }

    /// <summary>
    /// The last live entry. Null while that is not known: the segments before were released, and no record has said yet where this log stands. Its term is zero where only a
    /// truncation has said so.
    /// </summary>
    public LogPosition? Last => IsPlaced ? new LogPosition(Terms.LastIndex, Terms.LastTerm) : null;

    public LogTime LastTime { get; private set; }

    public IReadOnlyList<LogEntry> Configurations => _configurations;

    /// <summary>Whether it is known which entry comes next.</summary>
    public bool IsPlaced { get; private set; } = true;

    /// <summary>The log begins with a later segment than its first: the next record that names an index says where it stands.</summary>
    public void LosePlace() => IsPlaced = false;

    /// <summary>Nothing has said where the log stands, so it holds no entry: the next comes behind this one.</summary>
    public void PlaceBehind(LogIndex index)
    {
        if (!IsPlaced)
        {
            Terms.BeginAt(index.Next);
            IsPlaced = true;
        }
    }

    /// <summary>Nothing of what was is part of the log any more: it goes on in its last segment, behind an entry that a snapshot holds.</summary>
    public void BeginAnew(LogIndex snapshot, LogTime time)
    {
        while (Segments.First < Segments.Last)
        {
            Segments.RemoveFirst();
        }

        Index.ReleaseBefore(Segments.Last + 1);
        Terms.Clear();
        Terms.BeginAt(snapshot.Next);
        _configurations.Clear();
        LastTime = time;
    }

    /// <summary>Takes in an entry that stands at a place of the log.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public void Append(in LogEntry entry, in IndexPoint place)
    {
        PlaceBehind(entry.Index.Previous);
        Terms.Append(entry.Position);
        Index.Offer(place);
        LastTime = entry.Time;
        if (entry.Kind is EntryKind.Birth or EntryKind.Membership)
        {
            _configurations.Add(entry);
        }
    }

    /// <summary>Takes in a truncation.</summary>
    /// <param name="index">The first entry dropped.</param>
    /// <param name="segment">The segment in which it stands, or the one before: what it drops stands in that one at the latest.</param>
    public void TruncateFrom(LogIndex index, int segment)
    {
        PlaceBehind(index.Previous);
        Terms.TruncateFrom(index);
        Segments.NoteDropped(Index.Before(index)?.Segment ?? Segments.First, segment);
        Index.TruncateFrom(index);
        _configurations.RemoveAll(entry => entry.Index >= index);
    }

    public void Set(HardState state)
    {
        Invariant.Require(state.CurrentTerm >= HardState.CurrentTerm, "the stored term never falls (I3)");
        HardState = state;
    }

    /// <summary>The live entries of the oldest segment, if all are at or below an index and it is not the last segment: it may be released. Null if not.</summary>
    /// <param name="upTo">Up to where the log is no longer needed.</param>
    public (LogIndex First, LogIndex Last)? OldestSegmentUpTo(LogIndex upTo)
    {
        int number = Segments.First;
        if (number >= Segments.Last)
        {
            return null;
        }

        LogIndex last = LastIn(number);
        return last <= upTo ? (Terms.First, last) : null;
    }

    /// <summary>How many segments, from the oldest on, hold no live entries but such at or below an index.</summary>
    public int SegmentsUpTo(LogIndex upTo)
    {
        int number = Segments.First;
        while (number < Segments.Last && LastIn(number) <= upTo)
        {
            number++;
        }

        return number - Segments.First;
    }

    private LogIndex LastIn(int segment) => Index.FirstFrom(segment + 1)?.Index.Previous ?? Terms.LastIndex;

    /// <summary>The oldest segment no longer belongs to the log.</summary>
    public void ReleaseOldestSegment()
    {
        LogIndex next = Index.FirstFrom(Segments.First + 1)?.Index ?? Terms.LastIndex.Next;
        Terms.ReleaseBefore(next);
        Segments.RemoveFirst();
        Index.ReleaseBefore(Segments.First);
    }
}
