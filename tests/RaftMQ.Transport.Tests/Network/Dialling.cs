using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using RaftMQ.Consensus;
using RaftMQ.Replica.Peers;
using RaftMQ.Storage.Identity;
using RaftMQ.Transport.Handshakes;
using RaftMQ.Transport.Links;
using RaftMQ.Transport.Tests.Support;

namespace RaftMQ.Transport.Tests.Network;

/// <summary>How a lost link is told from a dead peer.</summary>
[Collection("loopback")]
public sealed class Dialling
{
    private static readonly ServerIdentity One = new(new ClusterId(42), TestNode.Id(1));
    private static readonly ServerIdentity Two = new(new ClusterId(42), TestNode.Id(2));

    [Fact]
    public async Task A_link_that_closes_and_is_dialled_again_with_success_is_up_again_and_never_down()
    {
        IReadOnlyDictionary<uint, int> ports = TestNode.FreePorts(1, 2);
        using Socket listener = Listen(ports[2]);

        // Whatever is not at once would come only after the test has failed.
        await using TestNode node = TestNode.Start(One, ports, options => options with
        {
            Timeouts = new PeerTimeouts { FirstRedial = TimeSpan.FromHours(1), LongestRedial = TimeSpan.FromHours(1) },
        });
        RawPeer dialled = await WelcomeAsync(listener);
        using RawPeer dialling = await RawPeer.IntroduceAsync(ports[1], Two, One.Server);
        await node.Events.UntilUp(Two.Server);

        dialled.Dispose();
        using RawPeer again = await WelcomeAsync(listener);
        await node.Events.UntilUp(Two.Server, times: 2);

        node.Events.Of<RecordedEvents.Down>().ShouldBeEmpty();
    }

    [Fact]
    public async Task A_peer_that_is_not_there_yet_is_dialled_until_it_is()
    {
        IReadOnlyDictionary<uint, int> ports = TestNode.FreePorts(1, 2);
        await using TestNode node = TestNode.Start(One, ports);

        // Nobody listens on port 2, and nobody dials: only the node's own patience brings it here again.
        await UntilRefusedAsync(ports[2]);
        using Socket listener = Listen(ports[2]);

        using RawPeer dialled = await WelcomeAsync(listener);
        await node.Events.UntilMet(Two);
    }

    [Fact]
    public async Task A_link_is_up_only_when_both_directions_are()
    {
        IReadOnlyDictionary<uint, int> ports = TestNode.FreePorts(1, 2);
        using Socket listener = Listen(ports[2]);
        await using TestNode node = TestNode.Start(One, ports);
        using RawPeer dialled = await WelcomeAsync(listener);
        await node.Events.UntilMet(Two);
        await UntilSent(node, Two.Server);
        node.Events.Of<RecordedEvents.Up>().ShouldBeEmpty();

        using RawPeer dialling = await RawPeer.IntroduceAsync(ports[1], Two, One.Server);
        await node.Events.UntilUp(Two.Server);
    }

    [Fact]
    public async Task A_peer_that_accepts_and_hangs_up_at_once_is_down()
    {
        IReadOnlyDictionary<uint, int> ports = TestNode.FreePorts(1, 2);
        using Socket listener = Listen(ports[2]);
        await using TestNode node = TestNode.Start(One, ports);
        using RawPeer dialled = await WelcomeAsync(listener);
        RawPeer dialling = await RawPeer.IntroduceAsync(ports[1], Two, One.Server);
        await node.Events.UntilUp(Two.Server);

        dialled.Dispose();
        (await RawPeer.AcceptAsync(listener)).Dispose();

        await node.Events.UntilDown(Two.Server);
        (await dialling.IsClosedAsync()).ShouldBeTrue();
    }

    [Fact]
    public async Task Everything_that_a_dead_peer_had_sent_is_delivered_before_it_is_reported_down()
    {
        const int Count = 10_000;
        IReadOnlyDictionary<uint, int> ports = TestNode.FreePorts(1, 2);
        Socket listener = Listen(ports[2]);
        await using TestNode node = TestNode.Start(One, ports);
        RawPeer dialled = await WelcomeAsync(listener);
        RawPeer dialling = await RawPeer.IntroduceAsync(ports[1], Two, One.Server);
        await node.Events.UntilUp(Two.Server);

        // As a process ends: it has just sent much, and all its sockets close.
        byte[] frame = Frames.Of(Two.Cluster, new ForwardCancel(Two.Server, One.Server, 1));
        node.Events.SpinsPerMessage = 200;
        await dialling.SendAsync([.. Enumerable.Repeat(frame, Count).SelectMany(bytes => bytes)]);
        listener.Dispose();
        dialled.Dispose();
        dialling.Dispose();
        await node.Events.UntilDown(Two.Server);

        IReadOnlyList<object> happened = node.Events.Of<object>();
        happened.OfType<RecordedEvents.Got>().Count().ShouldBe(Count);
        happened[^1].ShouldBe(new RecordedEvents.Down(Two.Server));
    }

    [Fact]
    public async Task A_dead_peer_on_this_machine_is_reported_within_milliseconds()
    {
        IReadOnlyDictionary<uint, int> ports = TestNode.FreePorts(1, 2);
        await using TestNode node = TestNode.Start(One, ports);
        var fastest = TimeSpan.MaxValue;
        for (int life = 1; life <= 5; life++)
        {
            TestNode peer = TestNode.Start(Two, ports);
            await node.Events.UntilUp(Two.Server, times: life);
            long ended = Stopwatch.GetTimestamp();
            await peer.DisposeAsync();
            await node.Events.UntilDown(Two.Server, times: life);
            TimeSpan took = Stopwatch.GetElapsedTime(ended);
            fastest = took < fastest ? took : fastest;
        }

        // The fastest of five: the machine may be busy once, but not each time.
        fastest.ShouldBeLessThan(TimeSpan.FromMilliseconds(50));
    }

    [Fact]
    public async Task Something_else_than_a_peer_on_its_address_is_named()
    {
        IReadOnlyDictionary<uint, int> ports = TestNode.FreePorts(1, 2);
        using Socket listener = Listen(ports[2]);
        await using TestNode node = TestNode.Start(One, ports);
        using RawPeer dialled = await RawPeer.AcceptAsync(listener);

        await dialled.SendAsync("HTTP/1.1 400 Bad Request\r\n\r\n"u8.ToArray());

        await node.Log.UntilLine("node 2", $"127.0.0.1:{ports[2]}", "something else than the peer protocol", "correct its peer address");
    }

    [Fact]
    public async Task A_welcome_by_another_node_is_refused()
    {
        IReadOnlyDictionary<uint, int> ports = TestNode.FreePorts(1, 2, 3);
        using Socket listener = Listen(ports[2]);
        await using TestNode node = TestNode.Start(One, ports);
        using RawPeer dialled = await RawPeer.AcceptAsync(listener);
        await dialled.ReadAnswerAsync();

        await dialled.SendAsync(Introduction.Welcome(new ServerIdentity(One.Cluster, TestNode.Id(3)), Frames.Version1).Encode(withPreamble: true));

        (await dialled.ReadIntroductionAsync()).Reason.ShouldBe(RefusalReason.WrongNode);
        (await dialled.IsClosedAsync()).ShouldBeTrue();
    }

    [Fact]
    public async Task A_taken_port_shows_when_it_is_bound()
    {
        IReadOnlyDictionary<uint, int> ports = TestNode.FreePorts(1, 2);
        await using TestNode first = TestNode.Start(One, ports);
        await using TestNode second = TestNode.Prepare(One, ports);

        Should.Throw<SocketException>(second.Network.Bind).SocketErrorCode.ShouldBe(SocketError.AddressAlreadyInUse);
    }

    [Fact]
    public async Task Who_comes_before_the_start_is_closed_at_once()
    {
        IReadOnlyDictionary<uint, int> ports = TestNode.FreePorts(1, 2);
        await using TestNode node = TestNode.Prepare(One, ports);
        node.Network.Bind();
        using RawPeer early = await RawPeer.ConnectAsync(ports[1]);

        (await early.IsClosedAsync()).ShouldBeTrue();
    }

    [Fact]
    public void Waits_double_from_20_to_500_ms_and_begin_anew_after_a_success()
    {
        var backoff = new Backoff(new PeerTimeouts());
        double[] expected = [20, 40, 80, 160, 320, 500, 500];

        foreach (double least in expected)
        {
            backoff.AfterFailure().TotalMilliseconds.ShouldBeInRange(least, least * 1.25);
        }

        backoff.Reset();
        backoff.AfterFailure().TotalMilliseconds.ShouldBeInRange(20, 25);
    }

    [Fact]
    public void A_lost_link_is_dialled_again_at_once_but_not_twice_within_a_second()
    {
        var backoff = new Backoff(new PeerTimeouts());

        backoff.AfterLoss().ShouldBe(TimeSpan.Zero);
        backoff.AfterLoss().ShouldBeGreaterThan(TimeSpan.Zero);
    }

    [Theory]
    [InlineData("10.0.0.2")]
    [InlineData("10.0.0.2:")]
    [InlineData("10.0.0.2:0")]
    [InlineData("10.0.0.2:70000")]
    [InlineData("10.0.0.2:-1")]
    [InlineData(":7001")]
    [InlineData("::1:7001")]
    public void An_address_without_host_or_port_is_refused(string address) => Should.Throw<FormatException>(() => PeerAddress.Parse(address));

    [Fact]
    public void Addresses_are_names_or_numbers_with_a_port()
    {
        PeerAddress.Parse("10.0.0.2:7001").ShouldBe(new IPEndPoint(IPAddress.Parse("10.0.0.2"), 7001));
        PeerAddress.Parse("[::1]:7001").ShouldBe(new IPEndPoint(IPAddress.IPv6Loopback, 7001));
        PeerAddress.Parse("node-2.example:7001").ShouldBe(new DnsEndPoint("node-2.example", 7001));
    }

    private static Socket Listen(int port)
    {
        var listener = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        listener.Bind(new IPEndPoint(IPAddress.Loopback, port));
        listener.Listen();
        return listener;
    }

    private static async Task UntilRefusedAsync(int port) =>
        (await Should.ThrowAsync<SocketException>(() => RawPeer.ConnectAsync(port))).SocketErrorCode.ShouldBe(SocketError.ConnectionRefused);

    private static async Task<RawPeer> WelcomeAsync(Socket listener)
    {
        RawPeer peer = await RawPeer.AcceptAsync(listener);
        await peer.ReadAnswerAsync();
        await peer.SendAsync(Introduction.Welcome(Two, Frames.Version1).Encode(withPreamble: true));
        return peer;
    }

    private static async Task UntilSent(TestNode node, ServerId to)
    {
        while (!node.Network.TrySend(new ForwardCancel(node.Server, to, 1)))
        {
            await Task.Yield();
        }
    }
}
