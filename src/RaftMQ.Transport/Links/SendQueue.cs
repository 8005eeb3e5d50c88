using System.Buffers;
using System.Diagnostics;
using System.Threading.Tasks.Sources;
using RaftMQ.Consensus;
using RaftMQ.Replica.Peers;
using RaftMQ.Transport.Codec;

namespace RaftMQ.Transport.Links;

/// <summary>Hands bytes to the system without waiting, and says how many it took.</summary>
internal delegate int SendNow(ReadOnlySpan<byte> bytes);

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
/// Messages on their way out of one connection. A message that finds it idle leaves at once, on the thread that sends it: waking a writer would cost that
/// thread as much as the send, and the message a switch of context. What follows closely gathers in a buffer, which the one writer swaps for an empty one
/// and writes with one call. Nothing is allocated per message.
/// </summary>
internal sealed class SendQueue(int maxFrameBytes, long maxQueuedBytes, SendNow? sendNow = null) : IValueTaskSource<bool>
{
    private const int FirstBufferBytes = 64 * 1024;

    /// <summary>A larger buffer goes back to the pool when it has been written.</summary>
    private const int LargestKeptBytes = 1024 * 1024;

    /// <summary>
    /// Messages that follow another within this time gather for the writer: one system call for many, when a turn of the replica sends many.
    /// </summary>
    private static readonly long BurstTimestamps = Stopwatch.Frequency / 20_000;

    private readonly Lock _gate = new();
    private ManualResetValueTaskSourceCore<bool> _wake = new() { RunContinuationsAsynchronously = true };
    private byte[] _gathering = ArrayPool<byte>.Shared.Rent(FirstBufferBytes);
    private byte[] _writing = [];
    private int _gathered;
    private int _underWay;

    // At the front of the gathering buffer: bytes that have left already, and bytes whose checksums are in place.
    private int _left;
    private int _sealed;
    private long _lastSentNow;
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
            if (_gathered == frameBytes && _underWay == 0 && SendNow())
            {
                return EnqueueOutcome.Queued;
            }

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
        int left;
        int sealedBytes;
        lock (_gate)
        {
            (_gathering, _writing) = (_writing, _gathering);
            _underWay = _gathered;
            _gathered = 0;
            (left, _left) = (_left, 0);
            (sealedBytes, _sealed) = (_sealed, 0);
        }

        FrameHeader.SealAll(_writing.AsSpan(sealedBytes.._underWay));
        return _writing.AsMemory(left.._underWay);
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

    /// <summary>Sends the one frame that has gathered without the writer, unless another was just sent so. What the system does not take stays.</summary>
    private bool SendNow()
    {
        long now = Stopwatch.GetTimestamp();
        if (sendNow is null || now - _lastSentNow < BurstTimestamps)
        {
            return false;
        }

        _lastSentNow = now;
        Span<byte> frame = _gathering.AsSpan(0, _gathered);
        FrameHeader.Seal(frame);
        int sent = sendNow(frame);
        bool all = sent == _gathered;
        _left = all ? 0 : sent;
        _sealed = all ? 0 : _gathered;
        _gathered = all ? 0 : _gathered;
        return all;
    }

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
