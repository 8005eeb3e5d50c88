using System.Buffers;
using System.IO.Pipelines;

namespace RaftMQ.Server.Http;

/// <summary>
/// A whole body, still in the connection's buffers where it lies in one piece, and in a rented one where it does not. To be disposed when
/// nothing refers to <see cref="Bytes"/> any more.
/// </summary>
internal struct RequestBody : IDisposable
{
    private readonly BodyBudget? _budget;
    private readonly long _taken;
    private PipeReader? _reader;
    private byte[]? _rented;
    private ReadOnlySequence<byte> _buffer;

    /// <summary>A refused body.</summary>
    public RequestBody(Refusal refusal) => Refusal = refusal;

    /// <summary>A received body.</summary>
    public RequestBody(PipeReader reader, ReadOnlySequence<byte> buffer, BodyBudget budget, long taken)
    {
        (_reader, _buffer, _budget, _taken) = (reader, buffer, budget, taken);
        if (!buffer.IsSingleSegment)
        {
            _rented = ArrayPool<byte>.Shared.Rent((int)buffer.Length);
            buffer.CopyTo(_rented);
        }
    }

    /// <summary>Why there is no body, or null.</summary>
    public Refusal? Refusal { get; }

    /// <summary>The body.</summary>
    public readonly ReadOnlySpan<byte> Bytes => _rented is null ? _buffer.FirstSpan : _rented.AsSpan(0, (int)_buffer.Length);

    public void Dispose()
    {
        if (_rented is not null)
        {
            ArrayPool<byte>.Shared.Return(_rented);
            _rented = null;
        }

        if (_reader is not null)
        {
            _reader.AdvanceTo(_buffer.End);
            _reader = null;
            _buffer = default;
            if (_taken > 0)
            {
                _budget!.Return(_taken);
            }
        }
    }
}
