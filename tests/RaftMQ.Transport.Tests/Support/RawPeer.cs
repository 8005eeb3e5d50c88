using System.Net;
using System.Net.Sockets;
using RaftMQ.Consensus;
using RaftMQ.Storage.Identity;
using RaftMQ.Transport.Codec;
using RaftMQ.Transport.Handshakes;

namespace RaftMQ.Transport.Tests.Support;

/// <summary>A client that says whatever the test wants.</summary>
internal sealed class RawPeer : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private readonly Socket _socket;

    private RawPeer(Socket socket)
    {
        _socket = socket;
        Stream = new NetworkStream(socket, ownsSocket: true) { ReadTimeout = (int)Patience.TotalMilliseconds };
    }

    public NetworkStream Stream { get; }

    public EndPoint Local => _socket.LocalEndPoint!;

    public static async Task<RawPeer> ConnectAsync(int port)
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        await socket.ConnectAsync(IPAddress.Loopback, port);
        return new RawPeer(socket);
    }

    /// <summary>Dials, says hello, and reads the answer.</summary>
    public static async Task<RawPeer> IntroduceAsync(int port, ServerIdentity self, ServerId expects)
    {
        RawPeer peer = await ConnectAsync(port);
        await peer.SendAsync(Frames.Hello(self, expects));
        (await peer.ReadAnswerAsync()).Type.ShouldBe(FrameType.Welcome);
        return peer;
    }

    /// <summary>Waits as the acceptor on a port for somebody to dial.</summary>
    public static async Task<RawPeer> AcceptAsync(Socket listener) => new(await listener.AcceptAsync().WaitAsync(Patience));

    public async Task SendAsync(byte[] bytes) => await Stream.WriteAsync(bytes).AsTask().WaitAsync(Patience);

    public async Task<Introduction> ReadAnswerAsync()
    {
        byte[] preamble = new byte[Preamble.Size];
        await Stream.ReadExactlyAsync(preamble).AsTask().WaitAsync(Patience);
        Preamble.TryRead(preamble, out _).ShouldBeTrue();
        return await ReadIntroductionAsync();
    }

    public async Task<Introduction> ReadIntroductionAsync()
    {
        byte[] header = new byte[FrameHeader.Size];
        await Stream.ReadExactlyAsync(header).AsTask().WaitAsync(Patience);
        byte[] frame = new byte[FrameHeader.Read(header, Introduction.MaxFrameBytes).FrameBytes];
        header.CopyTo(frame, 0);
        await Stream.ReadExactlyAsync(frame.AsMemory(FrameHeader.Size)).AsTask().WaitAsync(Patience);
        FrameHeader.Verify(frame);
        return Introduction.Read(FrameHeader.Read(frame, Introduction.MaxFrameBytes), frame.AsSpan(FrameHeader.Size));
    }

    /// <summary>Whether the other end has closed; waits for it.</summary>
    public async Task<bool> IsClosedAsync()
    {
        try
        {
            return await Stream.ReadAsync(new byte[1]).AsTask().WaitAsync(Patience) == 0;
        }
        catch (IOException)
        {
            return true;
        }
    }

    public void Dispose() => Stream.Dispose();
}
