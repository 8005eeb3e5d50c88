namespace RaftMQ.Storage.Transfer;

/// <summary>Takes the parts of a travelling snapshot out of pieces of any size; in memory is no more than one part and one piece.</summary>
/// <param name="take">Is given each part, in order, once its checksum was found right.</param>
internal sealed class FrameParser(FrameParser.Take take)
{
    private byte[] _held = [];
    private int _heldBytes;
    private uint _lastCrc;

    /// <summary>A part.</summary>
    internal delegate void Take(FrameType type, ReadOnlySpan<byte> payload);

    /// <summary>Whether the last piece ended in the middle of a part.</summary>
    public bool IsInPart => _heldBytes > 0;

    /// <summary>Takes the next piece.</summary>
    /// <exception cref="FormatException">It is damaged.</exception>
    public void Add(ReadOnlySpan<byte> piece)
    {
        int needed = _heldBytes + piece.Length;
        if (_held.Length < needed)
        {
            Array.Resize(ref _held, Math.Max(needed, Math.Min(_held.Length * 2, TransferFrame.MaxPayloadBytes)));
        }

        piece.CopyTo(_held.AsSpan(_heldBytes));
        _heldBytes = needed;
        int at = 0;
        while (TransferFrame.LengthOf(_held.AsSpan(at, _heldBytes - at)) is { } length && length <= _heldBytes - at)
        {
            FrameType type = TransferFrame.Read(_held.AsSpan(at, length), ref _lastCrc, out ReadOnlySpan<byte> payload);
            take(type, payload);
            at += length;
        }

        _held.AsSpan(at, _heldBytes - at).CopyTo(_held);
        _heldBytes -= at;
    }
}
