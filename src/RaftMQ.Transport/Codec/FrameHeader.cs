using System.Buffers.Binary;
using RaftMQ.Consensus;

namespace RaftMQ.Transport.Codec;

/// <summary>The first 32 bytes of every frame: checksum, length, type, and the cluster of the sender at the time of sending.</summary>
/// <param name="BodyBytes">The length of what follows the header.</param>
/// <param name="Type">What the body holds.</param>
/// <param name="Cluster">The sender's cluster, or none while it is unborn.</param>
internal readonly record struct FrameHeader(int BodyBytes, FrameType Type, ClusterId Cluster)
{
    public const int Size = 32;

    private const int ChecksumBytes = sizeof(uint);
    private const int LengthAt = 4;
    private const int TypeAt = 8;
    private const int ReservedAt = 9;
    private const int GroupAt = 12;
    private const int ClusterAt = 16;

    /// <summary>Header and body together, in bytes.</summary>
    public int FrameBytes => Size + BodyBytes;

    /// <summary>Writes everything but the checksum, which <see cref="Seal"/> puts in when the body is complete.</summary>
    public void Write(Span<byte> frame)
    {
        frame[..ClusterAt].Clear();
        BinaryPrimitives.WriteInt32LittleEndian(frame[LengthAt..], BodyBytes);
        frame[TypeAt] = (byte)Type;
        BinaryPrimitives.WriteUInt128LittleEndian(frame[ClusterAt..], Cluster.Value);
    }

    /// <summary>Puts the checksum into a complete frame.</summary>
    public static void Seal(Span<byte> frame) => BinaryPrimitives.WriteUInt32LittleEndian(frame, Crc32C.Of(frame[ChecksumBytes..]));

    /// <summary>Seals each of the frames that stand one after the other.</summary>
    public static void SealAll(Span<byte> frames)
    {
        while (!frames.IsEmpty)
        {
            int length = Size + BinaryPrimitives.ReadInt32LittleEndian(frames[LengthAt..]);
            Seal(frames[..length]);
            frames = frames[length..];
        }
    }

    /// <summary>
    /// Reads a header that is not verified yet: its length may be a lie, but never one above the bound. Nothing else of it may be believed before
    /// <see cref="Verify"/>.
    /// </summary>
    /// <exception cref="PeerProtocolException">The frame would be larger than <paramref name="maxFrameBytes"/>.</exception>
    public static FrameHeader Read(ReadOnlySpan<byte> frame, int maxFrameBytes)
    {
        uint bodyBytes = BinaryPrimitives.ReadUInt32LittleEndian(frame[LengthAt..]);
        if (bodyBytes > (uint)Math.Max(0, maxFrameBytes - Size))
        {
            throw new PeerProtocolException($"a frame with a body of {bodyBytes} bytes, where frames have at most {maxFrameBytes} in all");
        }

        var cluster = new ClusterId(BinaryPrimitives.ReadUInt128LittleEndian(frame[ClusterAt..]));
        return new FrameHeader((int)bodyBytes, (FrameType)frame[TypeAt], cluster);
    }

    /// <summary>Checks a whole frame: its checksum, then that what is reserved is zero.</summary>
    /// <exception cref="PeerProtocolException">One of them is wrong.</exception>
    public static void Verify(ReadOnlySpan<byte> frame)
    {
        uint told = BinaryPrimitives.ReadUInt32LittleEndian(frame);
        uint found = Crc32C.Of(frame[ChecksumBytes..]);
        if (told != found)
        {
            throw new PeerProtocolException($"a frame with checksum {told:x8} whose bytes have {found:x8}");
        }

        if (frame[ReservedAt..GroupAt].ContainsAnyExcept((byte)0) || frame[GroupAt..ClusterAt].ContainsAnyExcept((byte)0))
        {
            throw new PeerProtocolException("a frame of another group, or with reserved bytes that are not zero");
        }
    }
}
