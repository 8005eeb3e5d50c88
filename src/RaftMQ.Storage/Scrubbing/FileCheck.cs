using RaftMQ.Storage.Files;
using RaftMQ.Storage.Wal;

namespace RaftMQ.Storage.Scrubbing;

/// <summary>One file that is read again, in pieces between which it may go.</summary>
internal abstract class FileCheck(string name)
{
    public string Name { get; } = name;

    /// <summary>Whether the file is still the one that was meant.</summary>
    public abstract bool IsThere { get; }

    /// <summary>Reads on.</summary>
    /// <param name="file">The file, open.</param>
    /// <param name="bytes">About how much.</param>
    /// <param name="read">How much was read.</param>
    /// <param name="flaw">What is not as it was written, or null.</param>
    /// <returns>Whether there is more to read.</returns>
    public abstract bool Read(IFile file, int bytes, out int read, out Flaw? flaw);
}

/// <summary>A file of records: each whole, each chained to the one before, and then the end where it should be.</summary>
internal abstract class RecordsCheck(string name, int windowBytes, ReadBuffer buffer) : FileCheck(name)
{
    private SegmentHeader? _header;
    private (int End, uint Crc, int UnitStart) _place;
    private long _zerosFrom;

    /// <summary>The last record that was read.</summary>
    protected RecordType LastType { get; private set; }

    /// <summary>The last entry that was read.</summary>
    protected ulong LastIndex { get; private set; }

    /// <summary>Whether a header is that of the file that was meant.</summary>
    protected abstract Flaw? JudgeHeader(in SegmentHeader header);

    /// <summary>Judges the place at which no whole, chained record follows.</summary>
    /// <param name="reader">The reader that has come to it.</param>
    /// <param name="header">The header.</param>
    /// <param name="zerosFollow">Whether nothing may follow.</param>
    protected abstract Flaw? JudgeEnd(SegmentReader reader, in SegmentHeader header, out bool zerosFollow);

    public override bool Read(IFile file, int bytes, out int read, out Flaw? flaw)
    {
        read = 0;
        if (_zerosFrom > 0)
        {
            return ReadZeros(file, bytes, out read, out flaw);
        }

        flaw = ReadHeader(file, out SegmentHeader header);
        if (flaw is not null)
        {
            return false;
        }

        var reader = new SegmentReader(file, header, Math.Min(bytes, windowBytes), buffer);
        reader.Seek(_place.End, _place.Crc, _place.UnitStart);
        while (read < bytes)
        {
            if (!reader.TryNext(out RecordHeader record, out _))
            {
                flaw = JudgeEnd(reader, header, out bool zerosFollow);
                _zerosFrom = reader.End;
                return zerosFollow && flaw is null;
            }

            LastType = record.Type;
            LastIndex = record.Type == RecordType.Entry ? record.Index : LastIndex;
            read += reader.End - _place.End;
            _place = (reader.End, reader.LastCrc, record.UnitStart);
        }

        return true;
    }

    private Flaw? ReadHeader(IFile file, out SegmentHeader header)
    {
        Span<byte> head = stackalloc byte[SegmentHeader.Size];
        head.Clear();
        file.Read(0, head);
        if (!SegmentHeader.TryRead(head, out header, out _))
        {
            return new Flaw(0, "the header of the file is damaged");
        }

        if (_header is null)
        {
            _place = (Sector.Bytes, header.Seed, Sector.Bytes);
        }
        else if (_header != header)
        {
            return new Flaw(0, "the header of the file is not the one that it had");
        }

        _header = header;
        return JudgeHeader(header);
    }

    private bool ReadZeros(IFile file, int bytes, out int read, out Flaw? flaw)
    {
        int count = Math.Min(bytes, windowBytes);
        Span<byte> zeros = buffer.AtLeast(count).AsSpan(0, count);
        read = file.Read(_zerosFrom, zeros);
        int found = zeros[..read].IndexOfAnyExcept((byte)0);
        flaw = found < 0 ? null : new Flaw(_zerosFrom + found, "something follows behind its last record");
        _zerosFrom += read;
        return read > 0 && flaw is null;
    }
}

/// <summary>A full segment of the log.</summary>
internal sealed class SegmentCheck(WriteAheadLog log, int number, int windowBytes, ReadBuffer buffer) : RecordsCheck(SegmentName.Of((ulong)number), windowBytes, buffer)
{
    public override bool IsThere => log.Segments.First <= number && number < log.Segments.Last;

    protected override Flaw? JudgeHeader(in SegmentHeader header) =>
        header == log.Segments[number] ? null : new Flaw(0, "the file is another segment by its header");

    protected override Flaw? JudgeEnd(SegmentReader reader, in SegmentHeader header, out bool zerosFollow)
    {
        zerosFollow = false;
        return SegmentRules.AtEnd(reader, header, log.Segments[number + 1].Previous);
    }
}
