using System.Runtime.CompilerServices;
using RaftMQ.Storage.Files;

namespace RaftMQ.Storage.Wal;

/// <summary>Reads the records of one segment in the order in which they were written, and only such as are whole and chained to their predecessor.</summary>
internal sealed class SegmentReader
{
    private readonly FileWindow _window;
    private readonly uint _seed;

    public SegmentReader(IFile file, SegmentHeader header, int windowBytes, ReadBuffer? buffer = null)
    {
        _window = new FileWindow(file, header.SegmentBytes, (int)Math.Min(windowBytes, file.Length), buffer ?? new ReadBuffer());
        _seed = header.Seed;
        LastCrc = header.Seed;
    }

    /// <summary>The first byte after the last record read.</summary>
    public int End { get; private set; } = Sector.Bytes;

    /// <summary>The checksum that the next record must be chained to.</summary>
    public uint LastCrc { get; private set; }

    /// <summary>Whether anything but zeros stands behind the last record read.</summary>
    public bool IsFollowedByBytes => _window.SkipZeros(Sector.AlignRecord(End)) < _window.Length;

    /// <summary>Where the last record read begins.</summary>
    public int RecordOffset { get; private set; }

    private int LastUnitStart { get; set; } = Sector.Bytes;

    /// <summary>Goes on behind a record that is known to be good.</summary>
    public void Seek(int end, uint crc, int unitStart) => (End, LastCrc, LastUnitStart) = (end, crc, unitStart);

    /// <summary>Reads the next record: in the same write unit right behind the last, or at the beginning of the next unit.</summary>
    /// <param name="header">Its header.</param>
    /// <param name="payload">Its payload; valid until the next read.</param>
    /// <returns>False if no whole, chained record follows.</returns>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public bool TryNext(out RecordHeader header, out ReadOnlySpan<byte> payload)
    {
        int inUnit = Sector.AlignRecord(End);
        int nextUnit = Sector.AlignUp(End);
        return TryTake(inUnit, LastUnitStart, out header, out payload)
            || TryTake(nextUnit, nextUnit, out header, out payload);
    }

    /// <summary>
    /// After <see cref="TryNext"/> has found nothing more: whether something behind proves that what is missing here was durable. A record says where its
    /// write unit begins, and a unit is written only when all before it is durable; the records of the one unit that was under way at a crash may have come to
    /// the disk in any order, and prove nothing.
    /// </summary>
    /// <param name="proof">The offset of the record that proves it.</param>
    public bool ProvesDamage(out int proof)
    {
        int nextUnit = Sector.AlignUp(End);
        int offset = Sector.AlignRecord(End);

        // Bytes behind the last record in its last sector are of its unit, so the unit under way at the crash is that one and not the next.
        bool lastUnitGoesOn = _window.SkipZeros(offset) < nextUnit;
        while (TryFind(offset, out offset, out RecordHeader header))
        {
            bool isOfTornUnit = header.UnitStart == LastUnitStart || (header.UnitStart == nextUnit && offset > nextUnit && !lastUnitGoesOn);
            if (!isOfTornUnit)
            {
                proof = offset;
                return true;
            }

            offset += Sector.RecordAlignment;
        }

        proof = 0;
        return false;
    }

    /// <summary>The next record from an offset on that is whole by itself, whatever it is chained to.</summary>
    /// <param name="from">Where to begin looking, a multiple of a record's alignment.</param>
    /// <param name="offset">Where it begins.</param>
    /// <param name="header">Its header.</param>
    public bool TryFind(int from, out int offset, out RecordHeader header)
    {
        offset = from;
        while ((offset = _window.SkipZeros(offset)) <= _window.Length - RecordHeader.Size)
        {
            if (TryReadAt(offset, out header, out _))
            {
                return true;
            }

            offset += Sector.RecordAlignment;
        }

        header = default;
        return false;
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private bool TryTake(int offset, int unitStart, out RecordHeader header, out ReadOnlySpan<byte> payload)
    {
        if (!TryReadAt(offset, out header, out payload) || header.PreviousCrc != LastCrc || header.UnitStart != unitStart)
        {
            return false;
        }

        RecordOffset = offset;
        End = offset + header.RecordBytes;
        LastCrc = header.Crc;
        LastUnitStart = header.UnitStart;
        return true;
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private bool TryReadAt(int offset, out RecordHeader header, out ReadOnlySpan<byte> payload)
    {
        header = default;
        payload = default;
        int left = _window.Length - offset;
        if (left < RecordHeader.Size || !RecordHeader.TryRead(_window.Peek(offset, RecordHeader.Size), _seed, offset, left, out header))
        {
            return false;
        }

        ReadOnlySpan<byte> record = _window.Peek(offset, header.RecordBytes);
        payload = record[RecordHeader.Size..];
        return header.Verifies(record, _seed);
    }
}
