using RaftMQ.Consensus;
using RaftMQ.Storage.Files;
using RaftMQ.Storage.Wal;

namespace RaftMQ.Storage.Bodies;

/// <summary>
/// A file of entries for the sake of the bodies in them: a segment that the log no longer needs, or what was copied out of some. Its records are those of the log, each index at most
/// once, ascending, with gaps; it is never written to.
/// </summary>
internal sealed class BodyFile(IFileSystem files, LogIndex first, LogIndex last, WalOptions sizes)
{
    private SparseIndex? _index;

    /// <summary>The part of the log that it stands for: an entry of it that is not here is not needed.</summary>
    public LogIndex First { get; } = first;

    public LogIndex Last { get; } = last;

    public string Name { get; } = BodyFileName.Of(first, last);

    /// <summary>The bytes of the file.</summary>
    public long Bytes { get; } = LengthOf(files, BodyFileName.Of(first, last));

    public bool Covers(LogIndex index) => First <= index && index <= Last;

    /// <summary>Reads the entries at these indexes, all within this file, ascending.</summary>
    /// <param name="wanted">Which.</param>
    /// <param name="from">The first of them in the list.</param>
    /// <param name="to">One past the last.</param>
    /// <param name="into">Where they are added.</param>
    public void Read(IReadOnlyList<LogIndex> wanted, int from, int to, List<LogEntry> into)
    {
        using IFile file = files.Open(Name);
        SegmentHeader header = HeaderOf(file);
        _index ??= Survey(file, header);
        int next = from;
        while (next < to)
        {
            IndexPoint point = _index.Before(wanted[next]) ?? throw Lost(wanted[next]);
            var reader = new SegmentReader(file, header, sizes.EntryWindowBytes);
            reader.Seek(point.Offset, point.PreviousCrc, point.UnitStart);
            while (next < to && !_index.Before(wanted[next])!.Value.LiesBehind(0, reader.End))
            {
                if (!reader.TryNext(out RecordHeader record, out ReadOnlySpan<byte> payload) || (record.Type == RecordType.Entry && record.Index > wanted[next].Value))
                {
                    throw Lost(wanted[next]);
                }

                if (record.Type == RecordType.Entry && record.Index == wanted[next].Value)
                {
                    into.Add(record.AsEntry(payload));
                    next++;
                }
            }
        }
    }

    /// <summary>Reads all of it once, to know where to begin for an index.</summary>
    private SparseIndex Survey(IFile file, in SegmentHeader header)
    {
        var index = new SparseIndex(sizes.IndexIntervalBytes);
        var reader = new SegmentReader(file, header, sizes.ReadWindowBytes);
        uint previousCrc = reader.LastCrc;
        while (reader.TryNext(out RecordHeader record, out _))
        {
            if (record.Type == RecordType.Entry)
            {
                index.Offer(new IndexPoint(new LogIndex(record.Index), 0, reader.RecordOffset, previousCrc, record.UnitStart));
            }

            previousCrc = reader.LastCrc;
        }

        return index;
    }

    private SegmentHeader HeaderOf(IFile file) => SegmentRules.HeaderOf(file, Name, files.Description) ?? throw Damaged("its header is damaged");

    private StorageDamagedException Lost(LogIndex index) => Damaged($"entry {index} was written and can no longer be read");

    private StorageDamagedException Damaged(string what) => new($"{Name} in {files.Description}: {what}");

    private static long LengthOf(IFileSystem files, string name)
    {
        using IFile file = files.Open(name);
        return file.Length;
    }
}
