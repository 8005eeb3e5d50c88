using System.Text;
using RaftMQ.Consensus;
using RaftMQ.Node;
using RaftMQ.Storage.Identity;
using RaftMQ.Transport.Codec;

namespace RaftMQ.Transport.Handshakes;

/// <summary>The frames of a handshake: the dialler's hello, and the acceptor's welcome or either end's refusal.</summary>
/// <param name="Type">Hello, Welcome or Refusal.</param>
/// <param name="Identity">Who sent it.</param>
/// <param name="Versions">What it says of cluster versions.</param>
/// <param name="Expects">In a hello: the node that the dialler believes it talks to.</param>
/// <param name="Reason">In a refusal: why.</param>
/// <param name="Address">In a hello: where the dialler is dialled itself, as host:port of at most 255 bytes of UTF-8; empty if it does not say.</param>
internal readonly record struct Introduction(FrameType Type, ServerIdentity Identity, SpokenVersions Versions, NodeId Expects, RefusalReason Reason, string Address)
{
    /// <summary>No frame of a handshake is larger; a connection that has not introduced itself gets no larger buffer.</summary>
    public const int MaxFrameBytes = 512;

    private const int VersionsBytes = 3 * sizeof(ushort);

    public static Introduction Hello(ServerIdentity self, SpokenVersions versions, NodeId expects, string address) => new(FrameType.Hello, self, versions, expects, RefusalReason.None, address);

    public static Introduction Welcome(ServerIdentity self, SpokenVersions versions) => new(FrameType.Welcome, self, versions, default, RefusalReason.None, "");

    public static Introduction Refusal(ServerIdentity self, SpokenVersions versions, RefusalReason reason) => new(FrameType.Refusal, self, versions, default, reason, "");

    /// <summary>The sealed frame, behind a preamble if it is the first that this end sends.</summary>
    public byte[] Encode(bool withPreamble)
    {
        int extra = Type switch
        {
            FrameType.Hello => sizeof(uint) + 1 + Encoding.UTF8.GetByteCount(Address),
            FrameType.Refusal => 1,
            _ => 0,
        };
        int start = withPreamble ? Preamble.Size : 0;
        byte[] bytes = new byte[start + FrameHeader.Size + WireWriter.ServerBytes + VersionsBytes + extra];
        if (withPreamble)
        {
            Preamble.Write(bytes);
        }

        Span<byte> frame = bytes.AsSpan(start);
        new FrameHeader(frame.Length - FrameHeader.Size, Type, Identity.Cluster).Write(frame);
        var writer = new WireWriter(frame[FrameHeader.Size..]);
        writer.Server(Identity.Server);
        writer.UInt16((ushort)Versions.Understands.Oldest);
        writer.UInt16((ushort)Versions.Understands.Newest);
        writer.UInt16((ushort)Versions.Cluster);
        if (Type == FrameType.Hello)
        {
            writer.UInt32(Expects.Value);
            byte[] address = Encoding.UTF8.GetBytes(Address);
            writer.Byte(checked((byte)address.Length));
            writer.Bytes(address);
        }
        else if (Type == FrameType.Refusal)
        {
            writer.Byte((byte)Reason);
        }

        FrameHeader.Seal(frame);
        return bytes;
    }

    /// <summary>Reads a verified frame.</summary>
    /// <exception cref="PeerProtocolException">It is no introduction, or one of nobody.</exception>
    public static Introduction Read(FrameHeader header, ReadOnlySpan<byte> body)
    {
        if (header.Type is not (FrameType.Hello or FrameType.Welcome or FrameType.Refusal))
        {
            throw new PeerProtocolException($"a frame of type {(byte)header.Type} where an introduction is due");
        }

        var reader = new WireReader(body);
        ServerId server = reader.Server();
        if (server.Node.Value == 0 || server.Incarnation == 0)
        {
            throw new PeerProtocolException("an introduction that names nobody");
        }

        var versions = new SpokenVersions(new ClusterVersions(reader.UInt16(), reader.UInt16()), reader.UInt16());
        NodeId expects = header.Type == FrameType.Hello ? new NodeId(reader.UInt32()) : default;
        string address = header.Type == FrameType.Hello ? Encoding.UTF8.GetString(reader.Bytes(reader.Byte())) : "";
        RefusalReason reason = header.Type == FrameType.Refusal ? Known(reader.Byte()) : RefusalReason.None;
        reader.End();
        return new Introduction(header.Type, new ServerIdentity(header.Cluster, server), versions, expects, reason, address);
    }

    private static RefusalReason Known(byte reason) =>
        reason is >= (byte)RefusalReason.Version and <= (byte)RefusalReason.ClusterVersion ? (RefusalReason)reason : RefusalReason.Other;
}
