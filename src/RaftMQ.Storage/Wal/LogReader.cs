using RaftMQ.Consensus;
using RaftMQ.Storage.Files;

namespace RaftMQ.Storage.Wal;

/// <summary>
/// Reads entries back from the segments. It begins at a point of the sparse index and goes forward; an entry that was truncated later is met on the way and
/// known by its term, since index and term together name an entry.
/// </summary>
internal sealed class LogReader(IFileSystem files, IReadOnlyList<SegmentHeader> segments, TermRuns terms, int windowBytes)
{
    public void Read(IndexPoint from, LogIndex first, LogIndex last, int maxBytes, List<LogEntry> into)
    {
        LogIndex next = first;
        long bytes = 0;
        for (int number = from.Segment; number < segments.Count && next <= last; number++)
        {
            SegmentHeader header = segments[number];
            using IFile file = files.Open(SegmentName.Of(header.Sequence));
            var reader = new SegmentReader(file, header, windowBytes);
            if (number == from.Segment)
            {
                reader.Seek(from.Offset, from.PreviousCrc, from.UnitStart);
            }

            while (next <= last && reader.TryNext(out RecordHeader record, out ReadOnlySpan<byte> payload))
            {
                bool isWanted = record.Type == RecordType.Entry && record.Index == next.Value && terms.Holds(new LogPosition(next, new Term(record.Term)));
                if (!isWanted)
                {
                    continue;
                }

                if (into.Count > 0 && bytes + payload.Length > maxBytes)
                {
                    return;
                }

                bytes += payload.Length;
                into.Add(new LogEntry(next, new Term(record.Term), (EntryKind)record.Kind, new LogTime((long)record.Extra), payload.ToArray()));
                next = next.Next;
            }
        }

        if (into.Count == 0)
        {
            throw new StorageDamagedException(
                $"{files.Description}: entry {first} was written and can no longer be read: the log is damaged behind offset {from.Offset} of {SegmentName.Of(segments[from.Segment].Sequence)}");
        }
    }
}
