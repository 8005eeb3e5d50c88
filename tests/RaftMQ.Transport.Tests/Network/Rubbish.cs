using CsCheck;
using RaftMQ.Consensus;
using RaftMQ.Replica.Peers;
using RaftMQ.Storage.Identity;
using RaftMQ.Transport.Codec;
using RaftMQ.Transport.Handshakes;
using RaftMQ.Transport.Tests.Support;

namespace RaftMQ.Transport.Tests.Network;

/// <summary>Whoever sends something else than the protocol is dropped and named; nothing else happens.</summary>
[Collection("loopback")]
public sealed class Rubbish
{
    private static readonly ServerIdentity One = new(new ClusterId(42), TestNode.Id(1));
    private static readonly ServerIdentity Two = new(new ClusterId(42), TestNode.Id(2));
    private static readonly ServerIdentity Three = new(new ClusterId(42), TestNode.Id(3));

    public static TheoryData<string, byte[], string> Strangers => new()
    {
        { "HTTP", "GET / HTTP/1.1\r\nHost: x\r\n\r\n"u8.ToArray(), "something else than the peer protocol" },
        { "zeros", new byte[100], "something else than the peer protocol" },
        { "a frame too large for a handshake", [.. Start(), .. Header(bodyBytes: 1_000_000)], "1000000 bytes" },
        { "a negative length", [.. Start(), .. Header(bodyBytes: -1)], "4294967295 bytes" },
        { "a wrong checksum", [.. Start(), .. Header(bodyBytes: 0)], "checksum" },
        { "a message before the hello", [.. Start(), .. Frames.Of(Two.Cluster, new ForwardCancel(Two.Server, One.Server, 1))], "is due" },
        { "a welcome for a hello", Introduction.Welcome(Two, Frames.Version1).Encode(withPreamble: true), "hello is due" },
        { "nobody's hello", Frames.Hello(new ServerIdentity(Two.Cluster, new ServerId(new NodeId(2), 0)), One.Server), "names nobody" },
    };

    public static TheoryData<string, byte[], string> Peers => new()
    {
        { "a wrong checksum", Flipped(Frames.Of(Two.Cluster, new ForwardCancel(Two.Server, One.Server, 1))), "checksum" },
        { "an unknown type", OfType((FrameType)99), "type 99" },
        { "a hello", Introduction.Hello(Two, Frames.Version1, One.Server.Node, "").Encode(withPreamble: false), "too early" },
        { "too large a frame", Header(bodyBytes: 1_000_000_000), "1000000000 bytes" },
        { "a message without its fields", OfType(FrameType.AppendEntries), "too early" },
        { "bytes behind a message", Longer(new ForwardCancel(Two.Server, One.Server, 1)), "behind the end" },
        { "another group", Reserved(at: 12), "another group" },
        { "a reserved byte", Reserved(at: 9), "reserved" },
    };

    [Theory]
    [MemberData(nameof(Strangers))]
    public async Task A_stranger_is_dropped_and_named_while_others_go_on(string name, byte[] bytes, string reason)
    {
        IReadOnlyDictionary<uint, int> ports = TestNode.FreePorts(1, 3);
        await using TestNode node = TestNode.Start(One, ports);
        await using TestNode other = TestNode.Start(Three, ports);
        await other.Events.UntilUp(One.Server);
        using RawPeer stranger = await RawPeer.ConnectAsync(ports[1]);

        await stranger.SendAsync(bytes);

        (await stranger.IsClosedAsync()).ShouldBeTrue(name);
        await node.Log.UntilLine(stranger.Local.ToString()!, reason);
        other.Network.TrySend(new ForwardCancel(Three.Server, One.Server, 1)).ShouldBeTrue();
        await node.Events.UntilMessages(1);
    }

    [Theory]
    [MemberData(nameof(Peers))]
    public async Task A_peer_that_has_introduced_itself_is_dropped_and_named_with_its_node(string name, byte[] bytes, string reason)
    {
        IReadOnlyDictionary<uint, int> ports = TestNode.FreePorts(1, 2, 3);
        await using TestNode node = TestNode.Start(One, ports);
        await using TestNode other = TestNode.Start(Three, ports);
        await other.Events.UntilUp(One.Server);
        using RawPeer peer = await RawPeer.IntroduceAsync(ports[1], Two, One.Server);

        await peer.SendAsync(bytes);

        (await peer.IsClosedAsync()).ShouldBeTrue(name);
        await node.Log.UntilLine(Two.Server.ToString(), peer.Local.ToString()!, reason);
        other.Network.TrySend(new ForwardCancel(Three.Server, One.Server, 1)).ShouldBeTrue();
        await node.Events.UntilMessages(1);
        node.Events.Messages.ShouldBe([new ForwardCancel(Three.Server, One.Server, 1)]);
    }

    [Fact]
    public async Task Who_stays_silent_in_the_handshake_is_closed()
    {
        IReadOnlyDictionary<uint, int> ports = TestNode.FreePorts(1, 2);
        await using TestNode node = TestNode.Start(One, ports, options => options with
        {
            Timeouts = new PeerTimeouts { Handshake = TimeSpan.FromMilliseconds(100) },
        });
        using RawPeer silent = await RawPeer.ConnectAsync(ports[1]);

        (await silent.IsClosedAsync()).ShouldBeTrue();
    }

    [Fact]
    public async Task Half_a_frame_is_not_waited_for_without_end()
    {
        IReadOnlyDictionary<uint, int> ports = TestNode.FreePorts(1, 2);
        await using TestNode node = TestNode.Start(One, ports, options => options with
        {
            Timeouts = new PeerTimeouts { Stall = TimeSpan.FromMilliseconds(100) },
        });
        using RawPeer peer = await RawPeer.IntroduceAsync(ports[1], Two, One.Server);

        await peer.SendAsync(Frames.Of(Two.Cluster, new ForwardCancel(Two.Server, One.Server, 1))[..40]);

        (await peer.IsClosedAsync()).ShouldBeTrue();
    }

    [Fact]
    public async Task No_more_than_so_many_strangers_are_listened_to_at_a_time()
    {
        IReadOnlyDictionary<uint, int> ports = TestNode.FreePorts(1, 2);
        await using TestNode node = TestNode.Start(One, ports, options => options with { MaxHalfOpenConnections = 3 });
        var strangers = new List<RawPeer>();
        for (int i = 0; i < 4; i++)
        {
            strangers.Add(await RawPeer.ConnectAsync(ports[1]));
        }

        // Which of the four comes last is the system's choice: one is closed, and the other three still answer.
        Task<bool>[] closed = [.. strangers.Select(stranger => stranger.IsClosedAsync())];
        Task<bool> first = await Task.WhenAny(closed);
        (await first).ShouldBeTrue();
        await node.Log.UntilLine("3 others have not introduced themselves");
        closed.Count(task => task.IsCompleted).ShouldBe(1);

        strangers.First(stranger => !closed[strangers.IndexOf(stranger)].IsCompleted).Dispose();
        using RawPeer welcome = await UntilWelcomeAsync(ports[1]);
        strangers.ForEach(stranger => stranger.Dispose());
    }

    [Fact]
    public async Task Strangers_cannot_fill_the_log()
    {
        IReadOnlyDictionary<uint, int> ports = TestNode.FreePorts(1, 2);
        await using TestNode node = TestNode.Start(One, ports);

        for (int i = 0; i < 50; i++)
        {
            await node.Network.AcceptAsync(new ScriptedStream(new byte[100]), null, TestContext.Current.CancellationToken);
        }

        node.Log.Lines.Count(line => line.Contains("something else")).ShouldBe(10);
    }

    [Fact]
    public async Task Whatever_is_sent_the_connection_ends_and_the_node_goes_on()
    {
        IReadOnlyDictionary<uint, int> ports = TestNode.FreePorts(1, 2);
        await using TestNode node = TestNode.Start(One, ports);
        Gen<byte[]> good = Gens.Message.Array[1, 5].Select(messages => (byte[])
            [.. Frames.Hello(Two, One.Server), .. messages.SelectMany(message => Frames.Of(Two.Cluster, message))]);
        Gen<byte[]> spoiled = Gen.Select(good, Gen.Int[0, 10_000_000].Array[1, 4], (bytes, bits) =>
        {
            foreach (int bit in bits)
            {
                bytes[bit / 8 % bytes.Length] ^= (byte)(1 << (bit % 8));
            }

            return bytes;
        });
        Gen<byte[]> cut = Gen.Select(good, Gen.Double[0, 1], (bytes, share) => bytes[..(int)(bytes.Length * share)]);
        Gen<byte[]> random = Gen.Byte.Array[0, 2_000].Select(bytes => (byte[])[.. Frames.Hello(Two, One.Server), .. bytes]);

        await Gen.Select(Gen.OneOf(good, spoiled, cut, random, Gen.Byte.Array[0, 500]), Gen.Int[1, 500]).SampleAsync(
            async (bytes, pieceBytes) =>
            {
                var stream = new ScriptedStream(bytes, pieceBytes);
                await node.Network.AcceptAsync(stream, null, CancellationToken.None);
                stream.IsDisposed.ShouldBeTrue();
            },
            iter: 5_000);

        node.Log.Lines.ShouldNotContain(line => line.StartsWith("Critical"));
        using RawPeer peer = await RawPeer.IntroduceAsync(ports[1], Two, One.Server);
    }

    private static async Task<RawPeer> UntilWelcomeAsync(int port)
    {
        while (true)
        {
            RawPeer peer = await RawPeer.ConnectAsync(port);
            try
            {
                await peer.SendAsync(Frames.Hello(Two, One.Server));
                (await peer.ReadAnswerAsync()).Type.ShouldBe(FrameType.Welcome);
                return peer;
            }
            catch (IOException)
            {
                // Closed: the place of the one that went was not free yet.
                peer.Dispose();
            }
        }
    }

    private static byte[] Start()
    {
        byte[] bytes = new byte[Preamble.Size];
        Preamble.Write(bytes);
        return bytes;
    }

    private static byte[] Header(int bodyBytes)
    {
        byte[] bytes = new byte[FrameHeader.Size];
        new FrameHeader(bodyBytes, FrameType.Hello, Two.Cluster).Write(bytes);
        return bytes;
    }

    private static byte[] OfType(FrameType type)
    {
        byte[] frame = Frames.Of(Two.Cluster, new ForwardCancel(Two.Server, One.Server, 1));
        new FrameHeader(frame.Length - FrameHeader.Size, type, Two.Cluster).Write(frame);
        FrameHeader.Seal(frame);
        return frame;
    }

    private static byte[] Longer(PeerMessage message)
    {
        byte[] frame = [.. Frames.Of(Two.Cluster, message), 0];
        new FrameHeader(frame.Length - FrameHeader.Size, PeerMessageCodec.TypeOf(message), Two.Cluster).Write(frame);
        FrameHeader.Seal(frame);
        return frame;
    }

    private static byte[] Reserved(int at)
    {
        byte[] frame = Frames.Of(Two.Cluster, new ForwardCancel(Two.Server, One.Server, 1));
        frame[at] = 1;
        FrameHeader.Seal(frame);
        return frame;
    }

    private static byte[] Flipped(byte[] frame)
    {
        frame[^1] ^= 1;
        return frame;
    }
}
