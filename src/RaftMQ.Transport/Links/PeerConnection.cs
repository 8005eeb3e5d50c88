using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using RaftMQ.Transport.Codec;
using RaftMQ.Transport.Handshakes;

namespace RaftMQ.Transport.Links;

/// <summary>
/// One connection, dialled or accepted: a stream, a receiver that cuts it into frames, and the marks by which the watch sees that it hangs. It ends
/// by <see cref="Close"/>, from whatever thread, which fails the read and the write under way.
/// </summary>
internal sealed class PeerConnection : IDisposable
{
    /// <summary>What one write hands to the system: progress shows at least this often.</summary>
    private const int MaxWriteBytes = 256 * 1024;

    private const string UnknownAddress = "an unknown address";

    private readonly Stream _stream;
    private readonly ConnectionWatch _watch;
    private readonly CancellationTokenSource _closing;
    private readonly long _opened = Stopwatch.GetTimestamp();
    private long _writeBegan;
    private long _partialFrameSince;
    private volatile bool _introduced;
    private string? _closedBecause;

    public PeerConnection(Stream stream, EndPoint? remote, ConnectionWatch watch, CancellationToken cancellation)
    {
        _stream = stream;
        _watch = watch;
        _closing = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        Remote = remote?.ToString() ?? UnknownAddress;
        Receiver = new FrameReceiver(stream, Introduction.MaxFrameBytes);
        watch.Add(this);
    }

    /// <summary>The other end's address, for people.</summary>
    public string Remote { get; }

    public FrameReceiver Receiver { get; }

    /// <summary>Why this end closed it, or null if it did not.</summary>
    public string? ClosedBecause => Volatile.Read(ref _closedBecause);

    /// <summary>How long it has been open.</summary>
    public TimeSpan Age => Stopwatch.GetElapsedTime(_opened);

    /// <summary>The handshake is over: frames of full size are taken from now on.</summary>
    public void MarkIntroduced(int maxFrameBytes)
    {
        Receiver.MaxFrameBytes = maxFrameBytes;
        _introduced = true;
    }

    /// <summary>Reads more of the stream.</summary>
    /// <returns>False at its end.</returns>
    public async ValueTask<bool> FillAsync()
    {
        Volatile.Write(ref _partialFrameSince, Receiver.IsMidFrame ? Stopwatch.GetTimestamp() : 0);
        bool more = await Receiver.FillAsync(_closing.Token).ConfigureAwait(false);
        Volatile.Write(ref _partialFrameSince, 0);
        return more;
    }

    /// <summary>Reads the preamble of the other end; null at the end of the stream.</summary>
    /// <exception cref="PeerProtocolException">It is not a peer.</exception>
    public async ValueTask<(bool Known, ushort Version)?> ReadPreambleAsync()
    {
        while (true)
        {
            if (Receiver.TryTake(Preamble.Size, out ReadOnlySpan<byte> bytes))
            {
                bool known = Preamble.TryRead(bytes, out ushort version);
                return (known, version);
            }

            if (!await FillAsync().ConfigureAwait(false))
            {
                return null;
            }
        }
    }

    /// <summary>Reads a frame of the handshake; null at the end of the stream.</summary>
    /// <exception cref="PeerProtocolException">It is something else.</exception>
    public async ValueTask<Introduction?> ReadIntroductionAsync()
    {
        while (true)
        {
            if (Receiver.TryTakeFrame(out FrameHeader header, out ReadOnlySpan<byte> body))
            {
                return Introduction.Read(header, body);
            }

            if (!await FillAsync().ConfigureAwait(false))
            {
                return null;
            }
        }
    }

    /// <summary>Writes all of it.</summary>
    public async ValueTask WriteAsync(ReadOnlyMemory<byte> bytes)
    {
        while (!bytes.IsEmpty)
        {
            ReadOnlyMemory<byte> slice = bytes[..Math.Min(bytes.Length, MaxWriteBytes)];
            Volatile.Write(ref _writeBegan, Stopwatch.GetTimestamp());
            await _stream.WriteAsync(slice, _closing.Token).ConfigureAwait(false);
            bytes = bytes[slice.Length..];
        }

        Volatile.Write(ref _writeBegan, 0);
    }

    /// <summary>Closes it if a handshake, a write or a frame has been under way for too long.</summary>
    public void CloseIfStalled(PeerTimeouts timeouts)
    {
        if (!_introduced && Age > timeouts.Handshake)
        {
            Close($"the handshake was not over after {timeouts.Handshake.TotalSeconds} s");
        }
        else if (Exceeded(Volatile.Read(ref _writeBegan), timeouts.Stall))
        {
            Close($"nothing could be written for {timeouts.Stall.TotalSeconds} s");
        }
        else if (Exceeded(Volatile.Read(ref _partialFrameSince), timeouts.Stall))
        {
            Close($"the rest of a frame has not come for {timeouts.Stall.TotalSeconds} s");
        }
    }

    /// <summary>Closes it. The first reason stays.</summary>
    public void Close(string reason)
    {
        if (Interlocked.CompareExchange(ref _closedBecause, reason, null) is null)
        {
            _watch.Remove(this);
            try
            {
                _closing.Cancel();
            }
            catch (ObjectDisposedException)
            {
                // Its reader has ended in this very moment and taken everything down.
            }

            _stream.Dispose();
        }
    }

    /// <summary>Closes it and gives its buffer back. Only the one who reads from it calls this, when it has stopped reading.</summary>
    public void Dispose()
    {
        Close("it ended");

        // Again, if another thread closes it in this moment: its owner may rely on it that the stream is closed.
        _stream.Dispose();
        Receiver.Dispose();
        _closing.Dispose();
    }

    /// <summary>The other end's address, for people.</summary>
    public static string AddressOf(Socket socket)
    {
        try
        {
            return socket.RemoteEndPoint?.ToString() ?? UnknownAddress;
        }
        catch (SocketException)
        {
            // It has gone already.
            return UnknownAddress;
        }
    }

    /// <summary>Whether an exception is only the way in which the end of a connection shows.</summary>
    public static bool IsEnd(Exception exception) =>
        exception is IOException or SocketException or ObjectDisposedException or OperationCanceledException;

    private static bool Exceeded(long since, TimeSpan limit) => since != 0 && Stopwatch.GetElapsedTime(since) > limit;
}
