using System.Runtime.CompilerServices;
using RaftMQ.Consensus;
using RaftMQ.Storage.Files;

namespace RaftMQ.Storage.Wal;

/// <summary>
/// Reads the log at start and decides what every irregularity is: a torn tail, which is cut; or damage, with which the node does not start (design, storage
/// rule 3). Before anything counts as durable the last segment is written anew, since the page cache may still show what never reached the disk (rule 4).
/// </summary>
/// <remarks>
/// What is called for every record asks to be compiled well at once (AggressiveOptimization): a log of a hundred megabytes is read before the runtime would have noticed that it is worth it.
/// </remarks>
internal sealed class WalRecovery(IFileSystem files, WalOptions options, Action<RecoveryProgress>? progress)
{
    private const string Copy = "recovered.tmp";
    private const long BytesBetweenReports = 4L * 1024 * 1024;

    private readonly List<LogEntry> _tail = [];
    private long _tailBytes;
    private bool _isNearTheEnd;
    private long _bytesRead;
    private long _bytesTotal;
    private long _lastReport;

    public Journal Journal { get; } = new(options.IndexIntervalBytes);

    /// <summary>Reads everything.</summary>
    /// <returns>The writer that goes on in the last segment, or null if the folder has no log.</returns>
    public SegmentWriter? Run()
    {
        RemoveLeftovers();
        string[] names = [.. files.List().Where(SegmentName.IsSegment)];
        ReadHeaders(names);
        SegmentWriter? writer = null;
        for (int i = 0; i < names.Length; i++)
        {
            writer = ReadSegment(names[i], Journal.Segments.First + i);
        }

        return writer;
    }

    public RecoveredLog Recovered() => new()
    {
        HardState = Journal.HardState,
        LastIndex = Journal.Terms.LastIndex,
        LastTime = Journal.LastTime,
        Terms = [.. Journal.Terms.Runs],
        Configurations = [.. Journal.Configurations],
        Tail = [.. _tail],
    };

    /// <summary>Temporary names are nobody's. Removing them first also frees the room that rewriting the last segment needs.</summary>
    private void RemoveLeftovers()
    {
        foreach (string name in files.List())
        {
            if (SpareSegments.IsSpare(name) || name == Copy)
            {
                files.Delete(name);
            }
        }
    }

    private void ReadHeaders(string[] names)
    {
        // A log whose beginning was released begins with a later segment; where it stands its records say.
        ulong first = names.Length == 0 ? 1 : SegmentName.SequenceOf(names[0])!.Value;
        if (first > 1)
        {
            Journal.LosePlace();
        }

        for (int i = 0; i < names.Length; i++)
        {
            if (SegmentRules.ReadHeader(files, names[i], first + (ulong)i, out SegmentHeader? header) is { } flaw)
            {
                throw Damaged(names[i], flaw);
            }

            Journal.Segments.Add(header!.Value);
            _bytesTotal += header.Value.SegmentBytes;
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private SegmentWriter? ReadSegment(string name, int number)
    {
        SegmentHeader header = Journal.Segments[number];
        bool isLast = number == Journal.Segments.Last;
        _isNearTheEnd = IsNearTheEnd(number);
        IFile file = files.Open(name);
        try
        {
            var reader = new SegmentReader(file, header, options.ReadWindowBytes);
            while (TryNext(reader, out RecordHeader record, out ReadOnlySpan<byte> payload, out IndexPoint place))
            {
                TakeIn(record, payload, place with { Segment = number }, name);
                Report(reader.End);
            }

            if (SegmentRules.AtEnd(reader, header, isLast ? null : Journal.Segments[number + 1].Previous) is { } flaw)
            {
                throw Damaged(name, flaw);
            }

            if (!isLast)
            {
                return null;
            }

            return Rewrite(name, number, file, reader);
        }
        finally
        {
            file.Dispose();
            Report(header.SegmentBytes);
            _bytesRead += header.SegmentBytes;
        }
    }

    private static bool TryNext(SegmentReader reader, out RecordHeader record, out ReadOnlySpan<byte> payload, out IndexPoint place)
    {
        uint previousCrc = reader.LastCrc;
        bool found = reader.TryNext(out record, out payload);
        place = found ? new IndexPoint(new LogIndex(record.Index), 0, reader.RecordOffset, previousCrc, record.UnitStart) : default;
        return found;
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void TakeIn(in RecordHeader record, ReadOnlySpan<byte> payload, in IndexPoint place, string name)
    {
        if (RecordOrder.ObjectionTo(record, Journal.Last, Journal.HardState.CurrentTerm) is { } objection)
        {
            throw Damaged(name, new Flaw(place.Offset, objection));
        }

        switch (record.Type)
        {
            case RecordType.Entry:
                TakeInEntry(record, payload, place);
                break;
            case RecordType.Truncation:
                var from = new LogIndex(record.Index);
                Journal.TruncateFrom(from, place.Segment);
                DropTailFrom(from);
                break;
            case RecordType.HardState:
                Journal.Set(record.AsHardState());
                break;
            default:
                break;
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void TakeInEntry(in RecordHeader record, ReadOnlySpan<byte> payload, in IndexPoint place)
    {
        // A long log is mostly passed over: what is not kept in memory is not copied there either.
        LogEntry entry = record.AsEntry(_isNearTheEnd || record.IsConfiguration ? payload : default);
        Journal.Append(entry, place);
        if (!_isNearTheEnd)
        {
            return;
        }

        _tail.Add(entry);
        _tailBytes += entry.Payload.Length;
        if (_tailBytes > 2 * options.TailBytes)
        {
            TrimTail();
        }
    }

    /// <summary>Whether entries of a segment may be among the last that are kept: not if the segments behind it are more than enough.</summary>
    private bool IsNearTheEnd(int segment)
    {
        long behind = 0;
        for (int next = segment + 1; next <= Journal.Segments.Last && behind < options.TailBytes; next++)
        {
            behind += Journal.Segments[next].SegmentBytes;
        }

        return behind < options.TailBytes;
    }

    private void TrimTail()
    {
        int dropped = 0;
        while (dropped < _tail.Count && _tailBytes > options.TailBytes)
        {
            _tailBytes -= _tail[dropped++].Payload.Length;
        }

        _tail.RemoveRange(0, dropped);
    }

    private void DropTailFrom(LogIndex index)
    {
        while (_tail.Count > 0 && _tail[^1].Index >= index)
        {
            _tailBytes -= _tail[^1].Payload.Length;
            _tail.RemoveAt(_tail.Count - 1);
        }
    }

    /// <summary>The last segment's records in a new file, durable before it takes the old one's place. Never in place: a crash in the middle would tear what was durable.</summary>
    private SegmentWriter Rewrite(string name, int number, IFile old, SegmentReader reader)
    {
        SegmentHeader header = Journal.Segments[number];
        IFile copy = files.Create(Copy);
        copy.Allocate(header.SegmentBytes);
        byte[] buffer = new byte[Math.Min(options.CopyBytes, header.SegmentBytes)];
        for (int offset = 0; offset < header.SegmentBytes; offset += buffer.Length)
        {
            Span<byte> part = buffer.AsSpan(0, Math.Min(buffer.Length, header.SegmentBytes - offset));
            part.Clear();
            int kept = Math.Clamp(reader.End - offset, 0, part.Length);
            old.Read(offset, part[..kept]);
            copy.Write(offset, part);
        }

        copy.SyncData();
        files.Rename(Copy, name);
        files.SyncFolder();
        return new SegmentWriter(copy, header, number, reader.End, reader.LastCrc, options.WriteAheadBytes);
    }

    /// <param name="inSegment">How much of the segment at hand is read.</param>
    private void Report(int inSegment)
    {
        long read = _bytesRead + inSegment;
        if (progress is not null && read - _lastReport >= BytesBetweenReports)
        {
            _lastReport = read;
            progress(new RecoveryProgress(read, _bytesTotal));
        }
    }

    private StorageDamagedException Damaged(string name, in Flaw flaw) => new($"{files.Description}: {name} at offset {flaw.Offset}: {flaw.What}");
}
