using RaftMQ.Consensus;
using RaftMQ.Storage.Files;
using RaftMQ.Storage.Snapshots;
using RaftMQ.Storage.Wal;

namespace RaftMQ.Storage.Inspection;

/// <summary>
/// Reads a log as recovery does and by the same rules, changes nothing, and goes on behind damage: at the next record that is whole by itself. So it finds every damaged
/// place, where a start stops at the first.
/// </summary>
internal sealed class LogInspection(IFileSystem files, WalOptions options, IJournalVisitor? visitor, ReadingProgress progress)
{
    private readonly LogTally _tally = new(options.IndexIntervalBytes);
    private readonly List<SegmentFile> _files = [];
    private readonly List<InspectedSegment> _segments = [];
    private readonly List<Finding> _findings = [];
    private (long Records, LogIndex? First, LogIndex? Last) _counts;

    public IReadOnlyList<InspectedSegment> Segments => _segments;

    public IReadOnlyList<Finding> Findings => _findings;

    /// <summary>What its records add up to.</summary>
    public Journal Journal => _tally.Journal;

    /// <summary>Whether it begins with a later segment than its first.</summary>
    public bool BeginsLater => _files.Count > 0 && _files[0].Sequence > 1;

    /// <summary>Reads the headers of all segments, so that one of a newer format is met before anything else is read.</summary>
    /// <exception cref="StorageRefusedException">A segment is of a newer format.</exception>
    public void ReadHeaders()
    {
        string[] names = [.. files.List().Where(SegmentName.IsSegment)];
        ulong expected = names.Length == 0 ? 1 : SegmentName.SequenceOf(names[0])!.Value;
        if (expected > 1)
        {
            _tally.BeginLater();
        }

        foreach (string name in names)
        {
            ulong sequence = SegmentName.SequenceOf(name)!.Value;
            SegmentFile segment = ReadHeader(name, sequence, expected);
            _files.Add(segment);
            progress.Expect(segment.Header?.SegmentBytes ?? 0);
            expected = sequence + 1;
        }
    }

    /// <summary>Reads everything.</summary>
    /// <param name="oldest">The oldest snapshot that a start goes by: what stood before a log that begins later must be in it. Null if there is none.</param>
    public InspectedLog Run(SnapshotMetadata? oldest)
    {
        for (int i = 0; i < _files.Count; i++)
        {
            Inspect(i);
        }

        if (_tally.BeginBehind(oldest) is { } missing)
        {
            _findings.Add(new Finding(FindingKind.Damage, _files[0].Name, 0, missing));
        }

        return _tally.Summary(oldest);
    }

    private SegmentFile ReadHeader(string name, ulong sequence, ulong expected)
    {
        var flaws = new List<Flaw>();
        SegmentHeader? header = null;
        long bytes = 0;
        if (sequence > expected)
        {
            string which = sequence == expected + 1 ? $"segment {expected} of the log is" : $"segments {expected} to {sequence - 1} of the log are";
            flaws.Add(new Flaw(0, $"{which} missing"));
        }

        try
        {
            using (IFile file = files.Open(name))
            {
                bytes = file.Length;
            }

            if (SegmentRules.ReadHeader(files, name, sequence, out header) is { } flaw)
            {
                flaws.Add(flaw);
            }
        }
        catch (IOException failure)
        {
            flaws.Add(new Flaw(0, $"the file cannot be read: {failure.Message}"));
        }

        return new SegmentFile(name, sequence, bytes, header, IsNext: sequence == expected, flaws);
    }

    private void Inspect(int number)
    {
        SegmentFile segment = _files[number];
        bool isCutOff = !segment.IsNext || segment.Header is null;
        if (isCutOff)
        {
            _tally.LosePlace();
        }

        foreach (Flaw flaw in segment.Flaws)
        {
            Report(FindingKind.Damage, segment.Name, flaw);
        }

        if (segment.Header is { } header)
        {
            Read(segment, header, number + 1 < _files.Count ? _files[number + 1] : null);
        }
        else
        {
            _segments.Add(new InspectedSegment { Name = segment.Name, Sequence = segment.Sequence, FileBytes = segment.Bytes });
        }
    }

    private void Read(SegmentFile segment, SegmentHeader header, SegmentFile? next)
    {
        int end = 0;
        _counts = default;
        try
        {
            using IFile file = files.Open(segment.Name);
            var reader = new SegmentReader(file, header, options.ReadWindowBytes);
            do
            {
                ReadRecords(segment.Name, reader);
                end = reader.End;
            }
            while (PassesDamage(segment.Name, reader, JudgeEnd(reader, header, next)));

            if (next is null && reader.IsFollowedByBytes)
            {
                Report(FindingKind.TornTail, segment.Name, new Flaw(reader.End, "a write that a crash cut off; the next start cuts it away"));
            }
        }
        catch (IOException failure)
        {
            _tally.LosePlace();
            Report(FindingKind.Damage, segment.Name, new Flaw(end, $"the file cannot be read: {failure.Message}"));
        }

        _segments.Add(new InspectedSegment
        {
            Name = segment.Name,
            Sequence = segment.Sequence,
            FileBytes = segment.Bytes,
            Id = header.Id,
            UsedBytes = end,
            Records = _counts.Records,
            FirstIndex = _counts.First,
            LastIndex = _counts.Last,
        });
        progress.EndFile(header.SegmentBytes);
    }

    /// <summary>Reads whole, chained records until none follows.</summary>
    private void ReadRecords(string name, SegmentReader reader)
    {
        while (reader.TryNext(out RecordHeader record, out ReadOnlySpan<byte> payload))
        {
            if (_tally.Take(record, payload) is { } objection)
            {
                Report(FindingKind.Damage, name, new Flaw(reader.RecordOffset, objection));
            }

            Show(record, payload);
            _counts.Records++;
            if (record.Type == RecordType.Entry)
            {
                _counts.Last = new(record.Index);
                _counts.First ??= _counts.Last;
            }

            progress.ReadUpTo(reader.End);
        }
    }

    /// <summary>Goes on at the next record that is whole by itself, if there is a flaw and such a record.</summary>
    private bool PassesDamage(string name, SegmentReader reader, Flaw? flaw)
    {
        if (flaw is not { } damage)
        {
            return false;
        }

        bool goesOn = reader.TryFind(Sector.AlignRecord(reader.End), out int offset, out RecordHeader header);
        _tally.LosePlace();
        Report(FindingKind.Damage, name, goesOn ? damage with { What = $"{damage.What}; records can be read again from offset {offset} on" } : damage);
        if (goesOn)
        {
            reader.Seek(offset, header.PreviousCrc, header.UnitStart);
        }

        return goesOn;
    }

    private static Flaw? JudgeEnd(SegmentReader reader, in SegmentHeader header, SegmentFile? next)
    {
        if (next is null)
        {
            return SegmentRules.AtEnd(reader, header, null);
        }

        bool isStated = next.Value is { IsNext: true, Header: not null };
        if (isStated)
        {
            return SegmentRules.AtEnd(reader, header, next.Value.Header!.Value.Previous);
        }

        // Nobody says where this segment ends. It is not the last one, so no write of it was cut off.
        return reader.End == Sector.Bytes || reader.IsFollowedByBytes ? new Flaw(reader.End, "what follows is no whole record") : null;
    }

    private void Show(in RecordHeader record, ReadOnlySpan<byte> payload)
    {
        if (visitor is null)
        {
            return;
        }

        if (record.Type == RecordType.Entry && visitor.Wants(new(record.Index)))
        {
            visitor.Entry(record.AsEntry(payload));
        }
        else if (record.Type == RecordType.Truncation)
        {
            visitor.Truncation(new(record.Index));
        }
    }

    private void Report(FindingKind kind, string name, in Flaw flaw)
    {
        var finding = new Finding(kind, name, flaw.Offset, flaw.What);
        _findings.Add(finding);
        visitor?.Damage(finding);
    }

    /// <summary>A segment's file as its name and header say.</summary>
    /// <param name="Name">Its name.</param>
    /// <param name="Sequence">Its place by its name.</param>
    /// <param name="Bytes">Its length.</param>
    /// <param name="Header">Its header, or null if that is not whole.</param>
    /// <param name="IsNext">Whether it follows the file before without a gap.</param>
    /// <param name="Flaws">What is wrong with it so far.</param>
    private readonly record struct SegmentFile(string Name, ulong Sequence, long Bytes, SegmentHeader? Header, bool IsNext, List<Flaw> Flaws);
}
