using System.Net;
using System.Net.Sockets;
using System.Text;
using Microsoft.Extensions.Logging.Abstractions;
using RaftMQ.Consensus;
using RaftMQ.Node;
using RaftMQ.Server.Hosting;
using RaftMQ.Server.Http;
using RaftMQ.Server.Tests.Http;
using RaftMQ.Transport;

namespace RaftMQ.Server.Tests.Hosting;

/// <summary>Clients and peers on one port: the first bytes tell which is which, and nobody waits for somebody else's.</summary>
public sealed class SharedPorts : IAsyncLifetime
{
    private readonly TaskCompletionSource<string> _peerSaid = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private ClientListener? _listener;

    private IPEndPoint Address => new(IPAddress.Loopback, _listener!.Address.Port);

    public async ValueTask InitializeAsync()
    {
        var connections = new ClientConnections(new HttpOptions());
        var options = new NodeOptions { Node = new NodeId(1), Members = [] };
        var api = new CourseApi(new FakeNode(options.Limits), options, connections, NullLogger.Instance);
        var port = new SharedPort(AnswerPeerAsync, NullLogger.Instance);
        _listener = await ClientListener.StartAsync(
            new IPEndPoint(IPAddress.Loopback, 0), connections, api.HandleAsync, NullLoggerFactory.Instance, port.Sniff);
    }

    public async ValueTask DisposeAsync()
    {
        await _listener!.StopAsync(TimeSpan.FromSeconds(1));
        await _listener.DisposeAsync();
    }

    [Fact]
    public async Task A_client_is_answered()
    {
        (await RawRequest.SendAsync(Address, RawRequest.Bytes("GET /status", []))).Status.ShouldBe(200);
    }

    [Fact]
    public async Task A_peer_is_handed_over_with_its_first_byte_and_can_be_answered()
    {
        using TcpClient peer = await ConnectAsync();
        byte[] hello = [.. PeerNetwork.Magic, .. "hello"u8];

        await peer.GetStream().WriteAsync(hello, Limit);

        byte[] answer = new byte[4];
        await peer.GetStream().ReadExactlyAsync(answer, Limit);
        Encoding.ASCII.GetString(answer).ShouldBe("pong");
        (await _peerSaid.Task.WaitAsync(Limit)).ShouldBe(Encoding.ASCII.GetString(hello));
    }

    [Fact]
    public async Task A_peer_whose_first_bytes_come_one_by_one_is_still_known()
    {
        using TcpClient peer = await ConnectAsync();
        peer.NoDelay = true;

        foreach (byte each in PeerNetwork.Magic.ToArray().Concat("hello"u8.ToArray()))
        {
            await peer.GetStream().WriteAsync(new[] { each }, Limit);
        }

        (await _peerSaid.Task.WaitAsync(Limit)).ShouldBe(Encoding.ASCII.GetString(PeerNetwork.Magic) + "hello");
    }

    [Fact]
    public async Task Silent_connections_and_half_said_ones_hold_up_nobody()
    {
        using TcpClient silent = await ConnectAsync();
        using TcpClient half = await ConnectAsync();
        await half.GetStream().WriteAsync("RAFT"u8.ToArray(), Limit);

        (await RawRequest.SendAsync(Address, RawRequest.Bytes("GET /status", []))).Status.ShouldBe(200);
    }

    [Fact]
    public async Task A_method_that_begins_like_a_peer_is_http()
    {
        (await RawRequest.SendAsync(Address, RawRequest.Bytes("RAFTMQ /status", []))).Status.ShouldBe(405);
    }

    [Fact]
    public async Task A_connection_that_ends_before_it_says_what_it_is_is_closed()
    {
        using TcpClient half = await ConnectAsync();
        NetworkStream stream = half.GetStream();
        await stream.WriteAsync("RAFT"u8.ToArray(), Limit);
        half.Client.Shutdown(SocketShutdown.Send);

        int read;
        try
        {
            read = await stream.ReadAsync(new byte[1], Limit);
        }
        catch (IOException)
        {
            read = 0;
        }

        read.ShouldBe(0);
    }

    private static CancellationToken Limit => TestContext.Current.CancellationToken;

    private async Task<TcpClient> ConnectAsync()
    {
        var client = new TcpClient();
        await client.ConnectAsync(Address, Limit);
        return client;
    }

    private async Task AnswerPeerAsync(Stream stream, EndPoint? remote, CancellationToken cancellation)
    {
        byte[] hello = new byte[PeerNetwork.Magic.Length + "hello".Length];
        await stream.ReadExactlyAsync(hello, cancellation);
        await stream.WriteAsync("pong"u8.ToArray(), cancellation);
        await stream.FlushAsync(cancellation);
        _peerSaid.SetResult(Encoding.ASCII.GetString(hello));
    }
}
