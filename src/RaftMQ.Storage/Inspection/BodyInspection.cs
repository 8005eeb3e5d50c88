using RaftMQ.Storage.Bodies;
using RaftMQ.Storage.Files;
using RaftMQ.Storage.Wal;

namespace RaftMQ.Storage.Inspection;

/// <summary>Reads every file of bodies to its end, and goes on behind damage. Which of the bodies a message still waits for is the queue's to say, so each counts.</summary>
internal sealed class BodyInspection(IFileSystem files, WalOptions options, ReadingProgress progress)
{
    private readonly List<BodyFileHead> _heads = [];
    private readonly List<InspectedBodyFile> _inspected = [];
    private readonly List<Finding> _findings = [];

    public IReadOnlyList<InspectedBodyFile> Files => _inspected;

    public IReadOnlyList<Finding> Findings => _findings;

    /// <summary>Reads the headers of all, so that one of a newer format is met before anything else is read.</summary>
    /// <exception cref="StorageRefusedException">A file is of a newer format.</exception>
    public void ReadHeaders()
    {
        foreach (NamedBodies named in BodyFileName.Among(files.List()))
        {
            BodyFileHead head = ReadHeader(named);
            _heads.Add(head);
            progress.Expect(head.Header is null ? 0 : head.Bytes);
        }
    }

    /// <summary>Reads all of them.</summary>
    public void Run()
    {
        NamedBodies? before = null;
        foreach (BodyFileHead head in _heads)
        {
            if (head.Named.Within is null)
            {
                JudgePlace(head.Named, before);
                before = head.Named;
            }

            int found = _findings.Count;
            long entries = Inspect(head);
            _inspected.Add(new InspectedBodyFile
            {
                Name = head.Named.Name,
                First = head.Named.First,
                Last = head.Named.Last,
                Kind = head.Header is not { } header ? BodyFileKind.Unreadable : IsCopy(header) ? BodyFileKind.Copy : BodyFileKind.Segment,
                FileBytes = head.Bytes,
                Entries = entries,
                IsSound = _findings.Count == found,
                Within = head.Named.Within,
            });
        }
    }

    private static bool IsCopy(in SegmentHeader header) => header.Sequence == BodyFileWriter.SequenceOfCopy;

    private BodyFileHead ReadHeader(in NamedBodies named)
    {
        long bytes = 0;
        try
        {
            using IFile file = files.Open(named.Name);
            bytes = file.Length;
            SegmentHeader? header = SegmentRules.HeaderOf(file, named.Name, files.Description);
            return new BodyFileHead(named, bytes, header, header is null ? "the header of the file is damaged" : null);
        }
        catch (IOException failure)
        {
            return new BodyFileHead(named, bytes, null, $"the file cannot be read: {failure.Message}");
        }
    }

    private void JudgePlace(in NamedBodies named, NamedBodies? before)
    {
        if (before is { } other && named.First <= other.Last)
        {
            Report(named, new Flaw(0, $"its part of the log and that of {other.Name} overlap, and neither lies within the other"));
        }
    }

    private long Inspect(in BodyFileHead head)
    {
        if (head.Header is not { } header)
        {
            Report(head.Named, new Flaw(0, head.Flaw!));
            return 0;
        }

        bool isCopy = IsCopy(header);
        bool isOfOddSize = !isCopy && head.Bytes != header.SegmentBytes;
        if (isOfOddSize)
        {
            Report(head.Named, new Flaw(Math.Min(head.Bytes, header.SegmentBytes), $"the file has {head.Bytes} bytes and should have {header.SegmentBytes}"));
        }

        var tally = new BodyTally(head.Named.First, head.Named.Last, isCopy);
        int end = 0;
        try
        {
            using IFile file = files.Open(head.Named.Name);
            var reader = new SegmentReader(file, header, options.ReadWindowBytes);
            do
            {
                ReadRecords(head.Named, reader, tally);
                end = reader.End;
            }
            while (PassesDamage(head, reader, tally));
        }
        catch (IOException failure)
        {
            Report(head.Named, new Flaw(end, $"the file cannot be read: {failure.Message}"));
        }

        progress.EndFile(head.Bytes);
        return tally.Entries;
    }

    private void ReadRecords(in NamedBodies named, SegmentReader reader, BodyTally tally)
    {
        while (reader.TryNext(out RecordHeader record, out _))
        {
            if (tally.Take(record) is { } objection)
            {
                Report(named, new Flaw(reader.RecordOffset, objection));
            }

            progress.ReadUpTo(reader.End);
        }
    }

    /// <summary>Where no whole, chained record follows: goes on at the next one that is whole by itself, if there is one.</summary>
    private bool PassesDamage(in BodyFileHead head, SegmentReader reader, BodyTally tally)
    {
        int end = reader.End;
        bool goesOn = reader.TryFind(Sector.AlignRecord(end), out int offset, out RecordHeader next);
        string? what =
            goesOn ? $"a record is damaged; records can be read again from offset {offset} on"
            : reader.IsFollowedByBytes ? "what follows is no whole record"
            : tally.ObjectionToEnd ?? ObjectionToLength(head, end);
        if (what is not null)
        {
            Report(head.Named, new Flaw(end, what));
        }

        if (goesOn)
        {
            tally.LosePlace();
            reader.Seek(offset, next.PreviousCrc, next.UnitStart);
        }

        return goesOn;
    }

    /// <summary>A copy has nothing behind its records; a segment has zeros.</summary>
    private static string? ObjectionToLength(in BodyFileHead head, int end) =>
        IsCopy(head.Header!.Value) && head.Bytes != end ? $"the file has {head.Bytes} bytes, and its records end here" : null;

    private void Report(in NamedBodies named, in Flaw flaw)
    {
        string what = named.Within is null ? flaw.What : $"{flaw.What}; a start removes the file, since {named.Within} has taken its place";
        _findings.Add(new Finding(named.Within is null ? FindingKind.Damage : FindingKind.PassedOver, named.Name, flaw.Offset, what));
    }

    /// <summary>A file as its name and header say.</summary>
    /// <param name="Named">Its name.</param>
    /// <param name="Bytes">Its length.</param>
    /// <param name="Header">Its header, or null if that is not whole.</param>
    /// <param name="Flaw">What is wrong with it so far.</param>
    private readonly record struct BodyFileHead(NamedBodies Named, long Bytes, SegmentHeader? Header, string? Flaw);
}
