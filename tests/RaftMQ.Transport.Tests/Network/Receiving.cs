using System.Buffers.Binary;
using CsCheck;
using RaftMQ.Consensus;
using RaftMQ.Replica.Peers;
using RaftMQ.Transport.Codec;
using RaftMQ.Transport.Links;
using RaftMQ.Transport.Tests.Support;

namespace RaftMQ.Transport.Tests.Network;

/// <summary>How a stream is cut into frames.</summary>
public sealed class Receiving
{
    private const int MaxFrameBytes = 64 * 1024;

    [Fact]
    public void Frames_are_found_however_the_bytes_are_cut() =>
        Gen.Select(Gens.Message.Array[1, 20], Gen.Int[1, 200]).Sample(
            async (messages, pieceBytes) =>
            {
                byte[] bytes = [.. messages.SelectMany(message => Frames.Of(ClusterId.None, message))];
                using var receiver = new FrameReceiver(new ScriptedStream(bytes, pieceBytes), MaxFrameBytes);

                List<PeerMessage> read = await ReadAllAsync(receiver);

                read.Count.ShouldBe(messages.Length);
                read.Zip(messages).ShouldAllBe(pair => Frames.AreEqual(pair.First, pair.Second));
            },
            iter: 300);

    [Fact]
    public async Task A_frame_of_the_largest_size_is_taken_and_one_byte_more_is_refused()
    {
        ServerId from = TestNode.Id(1);
        int command = MaxFrameBytes - Frames.Of(ClusterId.None, new ForwardRequest(from, from, 1, 1, Array.Empty<byte>())).Length;
        byte[] largest = Frames.Of(ClusterId.None, new ForwardRequest(from, from, 1, 1, new byte[command]));
        byte[] larger = Frames.Of(ClusterId.None, new ForwardRequest(from, from, 1, 1, new byte[command + 1]));

        using var takes = new FrameReceiver(new ScriptedStream(largest), MaxFrameBytes);
        (await ReadAllAsync(takes)).Count.ShouldBe(1);

        using var refuses = new FrameReceiver(new ScriptedStream(larger), MaxFrameBytes);
        await Should.ThrowAsync<PeerProtocolException>(() => ReadAllAsync(refuses));
    }

    [Fact]
    public async Task A_length_that_lies_is_given_no_memory_before_its_bytes_have_come()
    {
        byte[] frame = new byte[FrameHeader.Size + 100];
        BinaryPrimitives.WriteInt32LittleEndian(frame.AsSpan(4), 1024 * 1024 * 1024);
        using var receiver = new FrameReceiver(new ScriptedStream(frame), int.MaxValue);

        (await ReadAllAsync(receiver)).ShouldBeEmpty();

        receiver.BufferBytes.ShouldBeLessThan(256 * 1024);
    }

    [Fact]
    public async Task The_buffer_grows_with_what_arrives_and_shrinks_when_it_is_empty()
    {
        ServerId from = TestNode.Id(1);
        byte[] small = Frames.Of(ClusterId.None, new ForwardCancel(from, from, 1));
        byte[] large = Frames.Of(ClusterId.None, new ForwardRequest(from, from, 1, 1, new byte[3_000_000]));
        using var receiver = new FrameReceiver(new ScriptedStream((byte[])[.. large, .. small]), 16 * 1024 * 1024);
        int largestBuffer = 0;

        while (await receiver.FillAsync(CancellationToken.None))
        {
            largestBuffer = Math.Max(largestBuffer, receiver.BufferBytes);
            while (receiver.TryTakeFrame(out _, out _))
            {
            }
        }

        largestBuffer.ShouldBeInRange(large.Length, 4 * large.Length);
        receiver.BufferBytes.ShouldBeLessThan(1024 * 1024);
    }

    [Fact]
    public void Every_flipped_bit_of_a_frame_is_noticed()
    {
        ServerId from = TestNode.Id(1);
        byte[] frame = Frames.Of(new ClusterId(42), new RaftPeerMessage(Gens.AppendOf(from, from, 3, LogPosition.Zero, [1, 2, 3], [4, 5])));
        for (int bit = 0; bit < frame.Length * 8; bit++)
        {
            frame[bit / 8] ^= (byte)(1 << (bit % 8));
            IsTaken(frame).ShouldBeFalse($"bit {bit}");
            frame[bit / 8] ^= (byte)(1 << (bit % 8));
        }

        IsTaken(frame).ShouldBeTrue();
    }

    [Fact]
    public void A_message_cut_short_or_with_bytes_behind_it_is_refused_even_under_a_right_checksum() =>
        Gens.Message.Sample(
            message =>
            {
                byte[] body = Frames.Of(ClusterId.None, message)[FrameHeader.Size..];
                FrameType type = PeerMessageCodec.TypeOf(message);
                bool endsAnywhere = type == FrameType.ForwardRequest;
                for (int length = 0; length < body.Length && !endsAnywhere; length++)
                {
                    Should.Throw<PeerProtocolException>(() => PeerMessageCodec.Read(type, body.AsSpan(0, length)));
                }

                if (!endsAnywhere)
                {
                    Should.Throw<PeerProtocolException>(() => PeerMessageCodec.Read(type, [.. body, 0]));
                }
            },
            iter: 100);

    [Fact]
    public void Random_bodies_under_a_right_checksum_are_read_or_refused_and_never_more() =>
        Gen.Select(Gen.Int[0, 255], Gen.Byte.Array[0, 200]).Sample(
            (type, body) =>
            {
                try
                {
                    PeerMessageCodec.Read((FrameType)type, body);
                }
                catch (PeerProtocolException)
                {
                    // Refused.
                }
            },
            iter: 50_000);

    [Fact]
    public void A_count_that_lies_allocates_nothing()
    {
        ServerId from = TestNode.Id(1);
        byte[] body = Frames.Of(ClusterId.None, new RaftPeerMessage(Gens.AppendOf(from, from, 3, LogPosition.Zero, [1])))[FrameHeader.Size..];
        const int CountAt = 24 + 8 + 16 + 8 + 8 + 4;
        body[CountAt].ShouldBe((byte)1);
        BinaryPrimitives.WriteUInt32LittleEndian(body.AsSpan(CountAt), 100_000_000);
        long before = GC.GetAllocatedBytesForCurrentThread();

        Should.Throw<PeerProtocolException>(() => PeerMessageCodec.Read(FrameType.AppendEntries, body));

        (GC.GetAllocatedBytesForCurrentThread() - before).ShouldBeLessThan(100_000);
    }

    private static bool IsTaken(byte[] frame)
    {
        using var receiver = new FrameReceiver(new ScriptedStream(frame), MaxFrameBytes);
        try
        {
            return ReadAllAsync(receiver).GetAwaiter().GetResult().Count == 1;
        }
        catch (PeerProtocolException)
        {
            return false;
        }
    }

    private static async Task<List<PeerMessage>> ReadAllAsync(FrameReceiver receiver)
    {
        var read = new List<PeerMessage>();
        while (await receiver.FillAsync(CancellationToken.None))
        {
            while (receiver.TryTakeFrame(out FrameHeader header, out ReadOnlySpan<byte> body))
            {
                read.Add(PeerMessageCodec.Read(header.Type, body));
            }
        }

        return read;
    }
}
