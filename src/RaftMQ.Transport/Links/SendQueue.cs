using System.Buffers;
using System.Threading.Tasks.Sources;
using RaftMQ.Consensus;
using RaftMQ.Replica.Peers;
using RaftMQ.Transport.Codec;

namespace RaftMQ.Transport.Links;

/// <summary>What became of a message that was to be sent.</summary>
internal enum EnqueueOutcome
{
    /// <summary>It will leave unless the connection ends.</summary>
    Queued,

    /// <summary>The queue is full or closed.</summary>
    NoRoom,

    /// <summary>It is larger than a frame may be, and can never be sent.</summary>
    TooLarge,
}

/// <summary>
/// Messages on their way out of one connection. Any thread encodes into the buffer that gathers; the one writer swaps it for an empty one and
/// writes all that has gathered at once. Checksums are the writer's work, so that the thread that steps the replica only copies. Nothing is
/// allocated per message.
/// </summary>
internal sealed class SendQueue(int maxFrameBytes, long maxQueuedBytes) : IValueTaskSource<bool>
{
    private const int FirstBufferBytes = 64 * 1024;

    /// <summary>A larger buffer goes back to the pool when it has been written.</summary>
    private const int LargestKeptBytes = 1024 * 1024;

    private readonly Lock _gate = new();
    private ManualResetValueTaskSourceCore<bool> _wake = new() { RunContinuationsAsynchronously = true };
    private byte[] _gathering = ArrayPool<byte>.Shared.Rent(FirstBufferBytes);
    private byte[] _writing = [];
    private int _gathered;
    private int _underWay;
    private bool _writerWaits;
    private bool _closed;

    /// <summary>The bytes that wait, those being written included.</summary>
    public long QueuedBytes
    {
        get
        {
            lock (_gate)
            {
                return (long)_gathered + _underWay;
            }
        }
    }

    /// <summary>Encodes a message at the end of the queue.</summary>
    public EnqueueOutcome TryEnqueue(ClusterId cluster, PeerMessage message)
    {
        long frameBytes = FrameHeader.Size + PeerMessageCodec.BodySize(message);
        if (frameBytes > maxFrameBytes)
        {
            return EnqueueOutcome.TooLarge;
        }

        bool wake;
        lock (_gate)
        {
            if (_closed || _gathered + _underWay + frameBytes > maxQueuedBytes)
            {
                return EnqueueOutcome.NoRoom;
            }

            Reserve((int)frameBytes);
            PeerMessageCodec.Write(_gathering.AsSpan(_gathered, (int)frameBytes), cluster, message);
            _gathered += (int)frameBytes;
            wake = _writerWaits;
            _writerWaits = false;
        }

        if (wake)
        {
            _wake.SetResult(true);
        }

        return EnqueueOutcome.Queued;
    }

    /// <summary>Waits until something is queued. Only the writer calls it, one call at a time.</summary>
    /// <returns>False once the queue is closed.</returns>
    public ValueTask<bool> WaitAsync()
    {
        lock (_gate)
        {
            if (_closed || _gathered > 0)
            {
                return new ValueTask<bool>(!_closed);
            }

            _wake.Reset();
            _writerWaits = true;
            return new ValueTask<bool>(this, _wake.Version);
        }
    }

    /// <summary>Takes everything that is queued, sealed; to be given back by <see cref="Written"/>.</summary>
    public ReadOnlyMemory<byte> Take()
    {
        lock (_gate)
        {
            (_gathering, _writing) = (_writing, _gathering);
            _underWay = _gathered;
            _gathered = 0;
        }

        FrameHeader.SealAll(_writing.AsSpan(0, _underWay));
        return _writing.AsMemory(0, _underWay);
    }

    /// <summary>What was taken has been written.</summary>
    public void Written()
    {
        lock (_gate)
        {
            _underWay = 0;
            if (_writing.Length > LargestKeptBytes)
            {
                ArrayPool<byte>.Shared.Return(_writing);
                _writing = [];
            }
        }
    }

    /// <summary>Takes no more messages and wakes the writer.</summary>
    public void Close()
    {
        bool wake;
        lock (_gate)
        {
            _closed = true;
            wake = _writerWaits;
            _writerWaits = false;
        }

        if (wake)
        {
            _wake.SetResult(false);
        }
    }

    /// <summary>Gives the buffers back. Only the writer calls it, when it has ended.</summary>
    public void Release()
    {
        lock (_gate)
        {
            _closed = true;
            _gathered = 0;
            _underWay = 0;
            Return(ref _gathering);
            Return(ref _writing);
        }
    }

    bool IValueTaskSource<bool>.GetResult(short token) => _wake.GetResult(token);

    ValueTaskSourceStatus IValueTaskSource<bool>.GetStatus(short token) => _wake.GetStatus(token);

    void IValueTaskSource<bool>.OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        _wake.OnCompleted(continuation, state, token, flags);

    private void Reserve(int frameBytes)
    {
        if (_gathering.Length - _gathered >= frameBytes)
        {
            return;
        }

        int wanted = Math.Max(Math.Max(FirstBufferBytes, _gathering.Length * 2), _gathered + frameBytes);
        byte[] larger = ArrayPool<byte>.Shared.Rent(wanted);
        _gathering.AsSpan(0, _gathered).CopyTo(larger);
        Return(ref _gathering);
        _gathering = larger;
    }

    private static void Return(ref byte[] buffer)
    {
        if (buffer.Length > 0)
        {
            ArrayPool<byte>.Shared.Return(buffer);
            buffer = [];
        }
    }
}
