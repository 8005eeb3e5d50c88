namespace RaftMQ.Transport.Tests.Support;

/// <summary>A connection whose other end says a fixed sequence of bytes, in pieces of a fixed size, and listens to everything.</summary>
internal sealed class ScriptedStream(ReadOnlyMemory<byte> script, int pieceBytes = int.MaxValue) : Stream
{
    private ReadOnlyMemory<byte> _rest = script;

    public bool IsDisposed { get; private set; }

    public override bool CanRead => true;

    public override bool CanWrite => true;

    public override bool CanSeek => false;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        cancellationToken.ThrowIfCancellationRequested();
        buffer.Length.ShouldBeGreaterThan(0);
        int count = Math.Min(Math.Min(buffer.Length, _rest.Length), pieceBytes);
        _rest.Span[..count].CopyTo(buffer.Span);
        _rest = _rest[count..];
        return ValueTask.FromResult(count);
    }

    public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default) => ValueTask.CompletedTask;

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override void Flush()
    {
    }

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    protected override void Dispose(bool disposing)
    {
        IsDisposed = true;
        base.Dispose(disposing);
    }
}
