using System.Buffers;
using RaftMQ.Transport.Codec;

namespace RaftMQ.Transport.Links;

/// <summary>
/// Cuts a stream into verified frames. The buffer is pooled and grows only as bytes arrive, twofold at a time, so that a length that lies costs its
/// sender as many bytes as it costs us memory; the bound on frames is checked before that.
/// </summary>
internal sealed class FrameReceiver(Stream stream, int maxFrameBytes) : IDisposable
{
    private const int FirstBufferBytes = 4 * 1024;
    private const int UsualBufferBytes = 64 * 1024;

    /// <summary>A larger buffer goes back to the pool when it has been emptied.</summary>
    private const int LargestKeptBytes = 1024 * 1024;

    private byte[] _buffer = ArrayPool<byte>.Shared.Rent(FirstBufferBytes);
    private int _start;
    private int _end;

    /// <summary>The largest frame that is taken.</summary>
    public int MaxFrameBytes { get; set; } = maxFrameBytes;

    /// <summary>Whether some bytes of a frame have come and the rest has not.</summary>
    public bool IsMidFrame => _end > _start;

    /// <summary>The memory held, in bytes.</summary>
    public int BufferBytes => _buffer.Length;

    /// <summary>Reads what there is, at least one byte.</summary>
    /// <returns>False at the end of the stream.</returns>
    public async ValueTask<bool> FillAsync(CancellationToken cancellation)
    {
        MakeRoom();
        int read = await stream.ReadAsync(_buffer.AsMemory(_end), cancellation).ConfigureAwait(false);
        _end += read;
        return read > 0;
    }

    /// <summary>Takes bytes that stand before the first frame. They are valid until the next <see cref="FillAsync"/>.</summary>
    public bool TryTake(int count, out ReadOnlySpan<byte> bytes)
    {
        bool there = _end - _start >= count;
        bytes = there ? _buffer.AsSpan(_start, count) : default;
        _start += there ? count : 0;
        return there;
    }

    /// <summary>Takes the next frame if all of it is there. Its body is valid until the next <see cref="FillAsync"/>.</summary>
    /// <exception cref="PeerProtocolException">It is too large, or its checksum is wrong.</exception>
    public bool TryTakeFrame(out FrameHeader header, out ReadOnlySpan<byte> body)
    {
        ReadOnlySpan<byte> there = _buffer.AsSpan(_start, _end - _start);
        header = default;
        body = default;
        if (there.Length < FrameHeader.Size)
        {
            return false;
        }

        header = FrameHeader.Read(there, MaxFrameBytes);
        if (there.Length < header.FrameBytes)
        {
            return false;
        }

        FrameHeader.Verify(there[..header.FrameBytes]);
        body = there[FrameHeader.Size..header.FrameBytes];
        _start += header.FrameBytes;
        return true;
    }

    /// <summary>Gives the buffer back. Nothing may be read any more, and no read may be under way.</summary>
    public void Dispose()
    {
        byte[] buffer = _buffer;
        _buffer = [];
        _start = 0;
        _end = 0;
        if (buffer.Length > 0)
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    private void MakeRoom()
    {
        int there = _end - _start;
        if (there == 0)
        {
            _start = 0;
            _end = 0;
            if (_buffer.Length > LargestKeptBytes)
            {
                Replace(UsualBufferBytes);
            }
        }
        else if (_end == _buffer.Length && _start > 0)
        {
            _buffer.AsSpan(_start, there).CopyTo(_buffer);
            _start = 0;
            _end = there;
        }

        if (_end == _buffer.Length)
        {
            Replace(Math.Max(UsualBufferBytes, _buffer.Length * 2));
        }
    }

    private void Replace(int size)
    {
        byte[] larger = ArrayPool<byte>.Shared.Rent(size);
        int there = _end - _start;
        _buffer.AsSpan(_start, there).CopyTo(larger);
        ArrayPool<byte>.Shared.Return(_buffer);
        _buffer = larger;
        _start = 0;
        _end = there;
    }
}
