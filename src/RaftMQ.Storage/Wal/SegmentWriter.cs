using RaftMQ.Consensus;
using RaftMQ.Storage.Files;

namespace RaftMQ.Storage.Wal;

/// <summary>Writes the records of one segment in write units: gathered in memory, written in one go, made durable with one sync.</summary>
internal sealed class SegmentWriter : IDisposable
{
    private const int FirstBufferBytes = 4 * 1024;

    private readonly IFile _file;
    private readonly int _writeAheadBytes;
    private readonly uint _seed;
    private byte[] _buffer;
    private int _buffered;
    private int _written;
    private uint _lastCrc;
    private int _lastEnd;

    /// <param name="file">The segment's file, zero behind <paramref name="end"/>.</param>
    /// <param name="header">The segment's header.</param>
    /// <param name="number">The segment's place among those of this log.</param>
    /// <param name="end">Where its records end.</param>
    /// <param name="lastCrc">The checksum of its last record, or its seed.</param>
    /// <param name="writeAheadBytes">How much is gathered before it is written.</param>
    public SegmentWriter(IFile file, SegmentHeader header, int number, int end, uint lastCrc, int writeAheadBytes)
    {
        _file = file;
        Header = header;
        Number = number;
        _writeAheadBytes = writeAheadBytes;
        _buffer = new byte[Math.Min(FirstBufferBytes, Math.Min(writeAheadBytes, header.SegmentBytes))];
        _seed = header.Seed;
        _lastCrc = lastCrc;
        _lastEnd = end;
        UnitStart = Sector.AlignUp(end);
        _written = UnitStart;
    }

    public SegmentHeader Header { get; }

    public int Number { get; }

    /// <summary>Where the write unit under way begins.</summary>
    public int UnitStart { get; private set; }

    /// <summary>The end of the last record, for the successor's header.</summary>
    public SegmentEnd End => new(Header.Id, _lastEnd, _lastCrc);

    /// <summary>Whether anything was written since the last sync.</summary>
    public bool IsDirty => _buffered > 0 || _written > UnitStart;

    /// <summary>The bytes that are left for records.</summary>
    public int BytesLeft => Header.SegmentBytes - NextOffset;

    private int NextOffset => _written + Sector.AlignRecord(_buffered);

    public bool HasRoomFor(int payloadBytes) => BytesLeft >= RecordHeader.Size + payloadBytes;

    /// <summary>Adds a record to the unit under way.</summary>
    /// <returns>Where it stands, and what a reader has to know to begin with it.</returns>
    public IndexPoint Add(RecordHeader header, ReadOnlySpan<byte> payload)
    {
        Invariant.Require(HasRoomFor(payload.Length), "a record fits its segment");
        int at = Sector.AlignRecord(_buffered);
        EnsureBuffer(at + RecordHeader.Size + payload.Length);
        _buffer.AsSpan(_buffered, at - _buffered).Clear();
        header = header with { PreviousCrc = _lastCrc, UnitStart = UnitStart };
        var point = new IndexPoint(new LogIndex(header.Index), Number, _written + at, _lastCrc, UnitStart);
        _lastCrc = header.Write(_buffer.AsSpan(at), payload, _seed);
        _buffered = at + header.RecordBytes;
        _lastEnd = _written + _buffered;
        if (_buffered >= _writeAheadBytes)
        {
            WriteBuffered();
        }

        return point;
    }

    /// <summary>Writes what is gathered and makes the unit durable; the next one begins in a sector of its own.</summary>
    public void Sync()
    {
        WriteBuffered();
        _file.SyncData();
        UnitStart = Sector.AlignUp(_lastEnd);
        _written = UnitStart;
    }

    public void Dispose() => _file.Dispose();

    private void WriteBuffered()
    {
        if (_buffered == 0)
        {
            return;
        }

        int aligned = Sector.AlignRecord(_buffered);
        EnsureBuffer(aligned);
        _buffer.AsSpan(_buffered, aligned - _buffered).Clear();
        _file.Write(_written, _buffer.AsSpan(0, _buffered));
        _written += aligned;
        _buffered = 0;
    }

    private void EnsureBuffer(int bytes)
    {
        if (bytes > _buffer.Length)
        {
            Array.Resize(ref _buffer, Math.Max(bytes, _buffer.Length * 2));
        }
    }
}
