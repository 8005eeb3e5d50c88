using CsCheck;
using RaftMQ.Consensus;
using RaftMQ.Consensus.Messages;
using RaftMQ.Replica.Peers;
using RaftMQ.Transport.Codec;
using RaftMQ.Transport.Tests.Support;

namespace RaftMQ.Transport.Tests.Codec;

/// <summary>What is written is what is read.</summary>
public sealed class RoundTrips
{
    [Fact]
    public void Every_message_is_read_as_it_was_written() =>
        Gens.Message.Sample(
            message =>
            {
                byte[] frame = Frames.Of(new ClusterId(7), message);
                FrameHeader header = FrameHeader.Read(frame, frame.Length);
                FrameHeader.Verify(frame);

                PeerMessage read = PeerMessageCodec.Read(header.Type, frame.AsSpan(FrameHeader.Size));

                Frames.AreEqual(read, message).ShouldBeTrue();
                header.Cluster.ShouldBe(new ClusterId(7));
                header.FrameBytes.ShouldBe(frame.Length);
            },
            iter: 5_000);

    [Fact]
    public void The_generator_makes_every_kind_of_message()
    {
        FrameType[] messages = [.. Enum.GetValues<FrameType>().Where(type => type >= FrameType.RequestVote)];
        var made = new HashSet<FrameType>();

        Gens.Message.Sample(message => { lock (made) { made.Add(PeerMessageCodec.TypeOf(message)); } }, iter: 2_000);

        made.Order().ShouldBe(messages.Order());
    }

    [Fact]
    public void An_entry_keeps_an_array_of_its_own()
    {
        AppendEntries append = Gens.AppendOf(TestNode.Id(1), TestNode.Id(2), 3, LogPosition.Zero, [1, 2, 3], [4, 5]);
        byte[] frame = Frames.Of(ClusterId.None, new RaftPeerMessage(append));
        var read = (RaftPeerMessage)PeerMessageCodec.Read(FrameType.AppendEntries, frame.AsSpan(FrameHeader.Size));
        Array.Clear(frame);

        var entries = ((AppendEntries)read.Message).Entries.ToArray();

        entries[0].Payload.ToArray().ShouldBe(new byte[] { 1, 2, 3 });
        entries[1].Payload.ToArray().ShouldBe(new byte[] { 4, 5 });
        entries.ShouldAllBe(entry => ArrayLength(entry.Payload) == entry.Payload.Length);
    }

    [Fact]
    public void The_largest_piece_of_a_snapshot_fits_a_frame_and_a_larger_one_is_refused_before_memory_is_taken()
    {
        byte[] largest = Frames.Of(ClusterId.None, Piece(new byte[InstallSnapshot.MaxDataBytes]));
        largest.Length.ShouldBe((8 * 1024 * 1024) + 109, "as PROTOCOL.md says");
        largest.Length.ShouldBeLessThanOrEqualTo(new PeerNetworkOptions { Peers = new Dictionary<NodeId, string>() }.MaxFrameBytes);
        ((InstallSnapshot)((RaftPeerMessage)PeerMessageCodec.Read(FrameType.InstallSnapshot, largest.AsSpan(FrameHeader.Size))).Message).Data.Length.ShouldBe(InstallSnapshot.MaxDataBytes);

        byte[] tooLarge = Frames.Of(ClusterId.None, Piece(new byte[InstallSnapshot.MaxDataBytes + 1]));
        Should.Throw<PeerProtocolException>(() => PeerMessageCodec.Read(FrameType.InstallSnapshot, tooLarge.AsSpan(FrameHeader.Size)));
    }

    [Fact]
    public void A_negative_offset_in_a_snapshot_is_refused()
    {
        var position = new LogPosition(new LogIndex(1), new Term(1));
        byte[] request = Frames.Of(ClusterId.None, Piece([], offset: -1));
        byte[] response = Frames.Of(ClusterId.None, new RaftPeerMessage(
            new InstallSnapshotResponse(TestNode.Id(1), TestNode.Id(2), new Term(1), position, NextOffset: -1, false, 0, true)));

        Should.Throw<PeerProtocolException>(() => PeerMessageCodec.Read(FrameType.InstallSnapshot, request.AsSpan(FrameHeader.Size)));
        Should.Throw<PeerProtocolException>(() => PeerMessageCodec.Read(FrameType.InstallSnapshotResponse, response.AsSpan(FrameHeader.Size)));
    }

    [Theory]
    [InlineData("31 32 33 34 35 36 37 38 39", 0xE3069283)]
    [InlineData("00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00", 0x8A9136AA)]
    [InlineData("ff ff ff ff ff ff ff ff ff ff ff ff ff ff ff ff ff ff ff ff ff ff ff ff ff ff ff ff ff ff ff ff", 0x62A8AB43)]
    [InlineData("00 01 02 03 04 05 06 07 08 09 0a 0b 0c 0d 0e 0f 10 11 12 13 14 15 16 17 18 19 1a 1b 1c 1d 1e 1f", 0x46DD794E)]
    public void The_checksum_is_that_of_RFC_3720(string hex, uint checksum) =>
        Crc32C.Of(Convert.FromHexString(hex.Replace(" ", ""))).ShouldBe(checksum);

    private static RaftPeerMessage Piece(byte[] data, long offset = 0) =>
        new(new InstallSnapshot(TestNode.Id(1), TestNode.Id(2), new Term(1), new LogPosition(new LogIndex(1), new Term(1)), offset, data, IsLast: false, 0));

    private static int ArrayLength(ReadOnlyMemory<byte> memory)
    {
        System.Runtime.InteropServices.MemoryMarshal.TryGetArray(memory, out ArraySegment<byte> segment).ShouldBeTrue();
        return segment.Array!.Length;
    }
}
