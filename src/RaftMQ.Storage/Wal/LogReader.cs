using RaftMQ.Consensus;
using RaftMQ.Storage.Files;

namespace RaftMQ.Storage.Wal;

/// <summary>
/// Reads entries back from the segments. It begins at a point of the sparse index and goes forward; an entry that was truncated later is met on the way and
/// known by its term, since index and term together name an entry.
/// </summary>
internal sealed class LogReader(IFileSystem files, Journal journal, int windowBytes)
{
    /// <summary>Reads entries in a row, at least one, and no more than fit <paramref name="maxBytes"/> of payload.</summary>
    public void ReadRow(LogIndex first, LogIndex last, int maxBytes, List<LogEntry> into)
    {
        IndexPoint from = PointBefore(first);
        LogIndex next = first;
        long bytes = 0;
        for (int number = from.Segment; number <= journal.Segments.Last && next <= last; number++)
        {
            using IFile file = Open(number, from, out SegmentReader reader);
            while (next <= last && reader.TryNext(out RecordHeader record, out ReadOnlySpan<byte> payload))
            {
                if (!IsEntry(record, next))
                {
                    continue;
                }

                if (into.Count > 0 && bytes + payload.Length > maxBytes)
                {
                    return;
                }

                bytes += payload.Length;
                into.Add(record.AsEntry(payload));
                next = next.Next;
            }
        }

        if (into.Count == 0)
        {
            throw Lost(first, from);
        }
    }

    /// <summary>Reads the entries at these indexes, ascending. Those that lie close together are met in one go.</summary>
    public void ReadEach(IReadOnlyList<LogIndex> wanted, List<LogEntry> into)
    {
        int next = 0;
        while (next < wanted.Count)
        {
            IndexPoint from = PointBefore(wanted[next]);
            int found = ReadFrom(from, wanted, next, into);
            if (found == 0)
            {
                throw Lost(wanted[next], from);
            }

            next += found;
        }
    }

    /// <summary>Goes forward from a point until all is found, or until what is wanted next has a point further on to begin at.</summary>
    /// <returns>How many were found.</returns>
    private int ReadFrom(in IndexPoint from, IReadOnlyList<LogIndex> wanted, int first, List<LogEntry> into)
    {
        int next = first;
        for (int number = from.Segment; number <= journal.Segments.Last; number++)
        {
            using IFile file = Open(number, from, out SegmentReader reader);
            while (reader.TryNext(out RecordHeader record, out ReadOnlySpan<byte> payload))
            {
                if (!IsEntry(record, wanted[next]))
                {
                    continue;
                }

                into.Add(record.AsEntry(payload));
                next++;
                if (next == wanted.Count || PointBefore(wanted[next]).LiesBehind(number, reader.End))
                {
                    return next - first;
                }
            }
        }

        return next - first;
    }

    private IFile Open(int number, in IndexPoint from, out SegmentReader reader)
    {
        SegmentHeader header = journal.Segments[number];
        IFile file = files.Open(SegmentName.Of(header.Sequence));
        reader = new SegmentReader(file, header, windowBytes);
        if (number == from.Segment)
        {
            reader.Seek(from.Offset, from.PreviousCrc, from.UnitStart);
        }

        return file;
    }

    private IndexPoint PointBefore(LogIndex index) => journal.Index.Before(index) ?? throw new InvariantViolatedException("the first entry of the log has a point");

    private bool IsEntry(in RecordHeader record, LogIndex index) =>
        record.Type == RecordType.Entry && record.Index == index.Value && journal.Terms.Holds(new LogPosition(index, new Term(record.Term)));

    private StorageDamagedException Lost(LogIndex index, in IndexPoint from) => new(
        $"{files.Description}: entry {index} was written and can no longer be read: the log is damaged behind offset {from.Offset} of {SegmentName.Of((ulong)from.Segment)}");
}
