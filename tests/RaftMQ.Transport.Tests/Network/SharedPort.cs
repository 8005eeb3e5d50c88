using System.Net;
using System.Net.Sockets;
using RaftMQ.Consensus;
using RaftMQ.Replica.Peers;
using RaftMQ.Storage.Identity;
using RaftMQ.Transport.Tests.Support;

namespace RaftMQ.Transport.Tests.Network;

/// <summary>A network whose connections somebody else accepts, as on a port shared with HTTP.</summary>
[Collection("loopback")]
public sealed class SharedPort
{
    [Fact]
    public async Task A_connection_accepted_elsewhere_is_a_link_like_any_other()
    {
        IReadOnlyDictionary<uint, int> ports = TestNode.FreePorts(1, 2);
        using var shared = new TcpListener(IPAddress.Loopback, ports[1]);
        shared.Start();
        var one = new ServerIdentity(new ClusterId(42), TestNode.Id(1));
        await using TestNode behind = TestNode.Start(one, ports, options => options with { Listen = null });
        behind.Network.LocalAddress.ShouldBeNull();
        Task accepting = AcceptAsync(shared, behind.Network);
        await using TestNode other = TestNode.Start(new ServerIdentity(new ClusterId(42), TestNode.Id(2)), ports);

        await Task.WhenAll(behind.Events.UntilUp(other.Server), other.Events.UntilUp(behind.Server));
        other.Network.TrySend(new ForwardCancel(other.Server, behind.Server, 1)).ShouldBeTrue();
        await behind.Events.UntilMessages(1);
        behind.Network.TrySend(new ForwardCancel(behind.Server, other.Server, 2)).ShouldBeTrue();
        await other.Events.UntilMessages(1);

        await other.DisposeAsync();
        await behind.Events.UntilDown(other.Server);
        shared.Stop();
        await accepting;
    }

    [Fact]
    public async Task A_connection_that_is_handed_over_too_early_or_too_late_is_closed()
    {
        await using TestNode node = TestNode.Prepare(new ServerIdentity(default, TestNode.Id(1)), TestNode.FreePorts(1, 2));
        var early = new ScriptedStream(new byte[100]);
        await node.Network.AcceptAsync(early, null, TestContext.Current.CancellationToken);
        early.IsDisposed.ShouldBeTrue();

        node.Start();
        await node.Network.DisposeAsync();
        var late = new ScriptedStream(new byte[100]);
        await node.Network.AcceptAsync(late, null, TestContext.Current.CancellationToken);
        late.IsDisposed.ShouldBeTrue();
    }

    [Fact]
    public async Task The_caller_can_end_a_connection_that_it_handed_over()
    {
        IReadOnlyDictionary<uint, int> ports = TestNode.FreePorts(1, 2);
        await using TestNode node = TestNode.Start(new ServerIdentity(default, TestNode.Id(1)), ports);
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        using RawPeer client = await RawPeer.ConnectAsync(((IPEndPoint)listener.LocalEndpoint).Port);
        using Socket accepted = await listener.AcceptSocketAsync(TestContext.Current.CancellationToken);
        using var ending = new CancellationTokenSource();
        Task serving = node.Network.AcceptAsync(new NetworkStream(accepted), accepted.RemoteEndPoint, ending.Token);
        serving.IsCompleted.ShouldBeFalse();

        await ending.CancelAsync();
        await serving;
    }

    private static async Task AcceptAsync(TcpListener listener, PeerNetwork network)
    {
        var serving = new List<Task>();
        try
        {
            while (true)
            {
                Socket socket = await listener.AcceptSocketAsync();
                serving.Add(network.AcceptAsync(new NetworkStream(socket, ownsSocket: true), socket.RemoteEndPoint, CancellationToken.None));
            }
        }
        catch (SocketException)
        {
            await Task.WhenAll(serving);
        }
    }
}
