using System.Net;
using System.Net.Sockets;
using RaftMQ.Consensus;
using RaftMQ.Replica.Peers;
using RaftMQ.Storage.Identity;
using RaftMQ.Transport.Codec;
using RaftMQ.Transport.Handshakes;
using RaftMQ.Transport.Links;
using RaftMQ.Transport.Tests.Support;

namespace RaftMQ.Transport.Tests.Network;

/// <summary>The queue in front of a connection.</summary>
[Collection("loopback")]
public sealed class Sending
{
    private static readonly ServerIdentity One = new(new ClusterId(42), TestNode.Id(1));
    private static readonly ServerIdentity Two = new(new ClusterId(42), TestNode.Id(2));
    private static readonly ForwardCancel Small = new(One.Server, Two.Server, 1);
    private static readonly int SmallBytes = Frames.Of(One.Cluster, Small).Length;

    [Fact]
    public async Task Everything_that_waits_leaves_in_one_write()
    {
        var queue = new SendQueue(1024, 10_000);
        queue.TryEnqueue(One.Cluster, Small).ShouldBe(EnqueueOutcome.Queued);
        queue.TryEnqueue(One.Cluster, Small with { Request = 2 }).ShouldBe(EnqueueOutcome.Queued);

        (await queue.WaitAsync()).ShouldBeTrue();
        byte[] written = queue.Take().ToArray();

        byte[] expected = [.. Frames.Of(One.Cluster, Small), .. Frames.Of(One.Cluster, Small with { Request = 2 })];
        written.ShouldBe(expected);
    }

    [Fact]
    public async Task A_message_beyond_the_bound_is_dropped_and_what_is_being_written_counts()
    {
        var queue = new SendQueue(1024, 2 * SmallBytes);
        queue.TryEnqueue(One.Cluster, Small).ShouldBe(EnqueueOutcome.Queued);
        await queue.WaitAsync();
        queue.Take().Length.ShouldBe(SmallBytes);

        queue.TryEnqueue(One.Cluster, Small).ShouldBe(EnqueueOutcome.Queued);
        queue.TryEnqueue(One.Cluster, Small).ShouldBe(EnqueueOutcome.NoRoom);
        queue.QueuedBytes.ShouldBe(2 * SmallBytes);

        queue.Written();
        queue.TryEnqueue(One.Cluster, Small).ShouldBe(EnqueueOutcome.Queued);
    }

    [Fact]
    public void A_message_larger_than_a_frame_is_never_queued()
    {
        var queue = new SendQueue(1024, 1_000_000);

        queue.TryEnqueue(One.Cluster, new ForwardRequest(One.Server, Two.Server, 1, 1, new byte[1024])).ShouldBe(EnqueueOutcome.TooLarge);
    }

    [Fact]
    public async Task A_waiting_writer_is_woken_by_a_message_and_by_the_end()
    {
        var queue = new SendQueue(1024, 10_000);
        ValueTask<bool> waiting = queue.WaitAsync();
        waiting.IsCompleted.ShouldBeFalse();
        queue.TryEnqueue(One.Cluster, Small);
        (await waiting).ShouldBeTrue();
        queue.Take();
        queue.Written();

        waiting = queue.WaitAsync();
        waiting.IsCompleted.ShouldBeFalse();
        queue.Close();
        (await waiting).ShouldBeFalse();
        queue.TryEnqueue(One.Cluster, Small).ShouldBe(EnqueueOutcome.NoRoom);
    }

    [Fact]
    public void A_message_that_finds_the_queue_idle_leaves_at_once()
    {
        var left = new List<byte[]>();
        var queue = new SendQueue(1024, 10_000, frame =>
        {
            left.Add(frame.ToArray());
            return frame.Length;
        });

        queue.TryEnqueue(One.Cluster, Small).ShouldBe(EnqueueOutcome.Queued);

        left.ShouldHaveSingleItem().ShouldBe(Frames.Of(One.Cluster, Small));
        queue.QueuedBytes.ShouldBe(0);
    }

    [Fact]
    public async Task A_message_that_follows_at_once_gathers_with_the_next_ones()
    {
        int leftAtOnce = 0;
        var queue = new SendQueue(1024, 10_000_000, frame =>
        {
            leftAtOnce++;
            return frame.Length;
        });

        ulong sent = 0;
        while (queue.QueuedBytes == 0)
        {
            queue.TryEnqueue(One.Cluster, Small with { Request = sent++ });
            sent.ShouldBeLessThan(100_000UL);
        }

        queue.TryEnqueue(One.Cluster, Small with { Request = sent });
        (await queue.WaitAsync()).ShouldBeTrue();
        byte[] expected = [.. Frames.Of(One.Cluster, Small with { Request = sent - 1 }), .. Frames.Of(One.Cluster, Small with { Request = sent })];
        queue.Take().ToArray().ShouldBe(expected);
        leftAtOnce.ShouldBe((int)sent - 1);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(40)]
    public async Task What_the_system_does_not_take_at_once_is_the_writers_first(int taken)
    {
        byte[] first = Frames.Of(One.Cluster, Small);
        byte[] second = Frames.Of(One.Cluster, Small with { Request = 2 });
        taken.ShouldBeLessThan(first.Length);
        int calls = 0;
        var queue = new SendQueue(1024, 10_000, _ => calls++ == 0 ? taken : 0);
        queue.TryEnqueue(One.Cluster, Small).ShouldBe(EnqueueOutcome.Queued);
        queue.TryEnqueue(One.Cluster, Small with { Request = 2 }).ShouldBe(EnqueueOutcome.Queued);

        (await queue.WaitAsync()).ShouldBeTrue();
        byte[] expected = [.. first[taken..], .. second];
        queue.Take().ToArray().ShouldBe(expected);

        queue.Written();
        queue.TryEnqueue(One.Cluster, Small with { Request = 2 });
        (await queue.WaitAsync()).ShouldBeTrue();
        queue.Take().ToArray().ShouldBe(second);
    }

    [Fact]
    public void A_message_costs_no_allocation()
    {
        var queue = new SendQueue(1024 * 1024, 100_000_000);
        byte[][] payloads = [.. Enumerable.Range(0, 100).Select(_ => new byte[100])];
        var append = new RaftPeerMessage(Gens.AppendOf(One.Server, Two.Server, 3, LogPosition.Zero, payloads));

        // Twice, since there are two buffers.
        SendAndWrite(queue, append);
        SendAndWrite(queue, append);
        long before = GC.GetAllocatedBytesForCurrentThread();

        for (int i = 0; i < 100; i++)
        {
            SendAndWrite(queue, append);
        }

        (GC.GetAllocatedBytesForCurrentThread() - before).ShouldBe(0);
    }

    [Fact]
    public async Task A_peer_that_does_not_read_fills_its_queue_and_hinders_nobody_and_is_closed()
    {
        IReadOnlyDictionary<uint, int> ports = TestNode.FreePorts(1, 2, 3);
        using var listener = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        listener.Bind(new IPEndPoint(IPAddress.Loopback, ports[2]));
        listener.Listen();
        await using TestNode node = TestNode.Start(One, ports, options => options with
        {
            MaxQueuedBytes = 4 * 1024 * 1024,
            Timeouts = new PeerTimeouts { Stall = TimeSpan.FromMilliseconds(500) },
        });
        await using TestNode third = TestNode.Start(
            new ServerIdentity(One.Cluster, TestNode.Id(3)), ports.Where(pair => pair.Key != 2).ToDictionary());
        await node.Events.UntilUp(third.Server);
        using RawPeer slow = await RawPeer.AcceptAsync(listener);
        await slow.ReadAnswerAsync();
        await slow.SendAsync(Introduction.Welcome(Two, Frames.Version1).Encode(withPreamble: true));
        var large = new ForwardRequest(One.Server, Two.Server, 1, 1, new byte[100_000]);

        int sent = 0;
        while (!node.Network.TrySend(large))
        {
            await Task.Yield();
        }

        while (node.Network.TrySend(large))
        {
            (++sent).ShouldBeLessThan(1_000);
        }

        node.Network.TrySend(new ForwardCancel(One.Server, third.Server, 7)).ShouldBeTrue();
        await third.Events.UntilMessages(1);

        // Closed for the stall: what had left is read, then the end comes, and the node dials again.
        await node.Log.UntilLine("to 2/66 ended", "nothing could be written for 0.5 s");
        using RawPeer again = await RawPeer.AcceptAsync(listener);
        var rest = new MemoryStream();
        try
        {
            await slow.Stream.CopyToAsync(rest, TestContext.Current.CancellationToken);
        }
        catch (IOException)
        {
            // A reset, since much was still to be written.
        }

        rest.Length.ShouldBeLessThan(sent * 100_000L);
    }

    [Fact]
    public async Task A_slow_reader_gets_everything_in_order()
    {
        const int Count = 300;
        IReadOnlyDictionary<uint, int> ports = TestNode.FreePorts(1, 2);
        using var listener = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { ReceiveBufferSize = 8 * 1024 };
        listener.Bind(new IPEndPoint(IPAddress.Loopback, ports[2]));
        listener.Listen();
        await using TestNode node = TestNode.Start(One, ports);
        using RawPeer slow = await RawPeer.AcceptAsync(listener);
        await slow.ReadAnswerAsync();
        await slow.SendAsync(Introduction.Welcome(Two, Frames.Version1).Encode(withPreamble: true));
        for (ulong i = 0; i < Count;)
        {
            if (node.Network.TrySend(new ForwardRequest(One.Server, Two.Server, i, 1, new byte[50_000])))
            {
                i++;
            }
            else
            {
                await Task.Yield();
            }
        }

        using var receiver = new FrameReceiver(slow.Stream, 1024 * 1024);
        var requests = new List<ulong>();
        while (requests.Count < Count && await receiver.FillAsync(TestContext.Current.CancellationToken))
        {
            while (receiver.TryTakeFrame(out FrameHeader header, out ReadOnlySpan<byte> body))
            {
                requests.Add(((ForwardRequest)PeerMessageCodec.Read(header.Type, body)).Request);
            }
        }

        requests.ShouldBe(Enumerable.Range(0, Count).Select(i => (ulong)i));
    }

    private static void SendAndWrite(SendQueue queue, PeerMessage message)
    {
        queue.TryEnqueue(One.Cluster, message);
        queue.TryEnqueue(One.Cluster, message);
        queue.WaitAsync().Result.ShouldBeTrue();
        queue.Take();
        queue.Written();
    }
}
