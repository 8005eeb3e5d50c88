using RaftMQ.Consensus;
using RaftMQ.Storage.Files;

namespace RaftMQ.Storage.Wal;

/// <summary>Looks at a file through a buffer, so that records can be read one by one without a read of the disk for each.</summary>
internal sealed class FileWindow(IFile file, int length, int windowBytes, ReadBuffer buffer)
{
    private int _windowBytes = Math.Min(windowBytes, length);
    private byte[] _buffer = buffer.AtLeast(Math.Min(windowBytes, length));
    private int _start;
    private int _count;

    /// <summary>The bytes of the file that may be looked at.</summary>
    public int Length { get; } = length;

    /// <summary>The bytes from an offset on. Valid until the next look.</summary>
    public ReadOnlySpan<byte> Peek(int offset, int count)
    {
        Invariant.Require(offset >= 0 && count >= 0 && count <= Length - offset, "a look stays within the file");
        if (offset < _start || offset + count > _start + _count)
        {
            Fill(offset, count);
        }

        return _buffer.AsSpan(offset - _start, count);
    }

    /// <summary>The first offset at or after this one, in steps of a record's alignment, at which a byte is not zero; the length if there is none.</summary>
    public int SkipZeros(int offset)
    {
        while (offset < Length)
        {
            // What the buffer holds already is looked at first: a look at a full buffer from each record's beginning would read the disk for each.
            int held = _start + _count - offset;
            int count = offset >= _start && held > 0 ? held : Math.Min(_windowBytes, Length - offset);
            int found = Peek(offset, count).IndexOfAnyExcept((byte)0);
            if (found >= 0)
            {
                return (offset + found) & ~(Sector.RecordAlignment - 1);
            }

            offset += count;
        }

        return Length;
    }

    private void Fill(int offset, int count)
    {
        if (count > _windowBytes)
        {
            _windowBytes = count;
            _buffer = buffer.AtLeast(count);
        }

        int wanted = Math.Min(_windowBytes, Length - offset);
        _start = offset;
        _count = file.Read(offset, _buffer.AsSpan(0, wanted));

        // A file that is shorter than its header says reads as zeros behind its end: nothing valid.
        _buffer.AsSpan(_count, wanted - _count).Clear();
        _count = wanted;
    }
}
