using RaftMQ.Consensus;
using RaftMQ.Replica.Peers;
using RaftMQ.Replica.Requests;

namespace RaftMQ.Transport.Codec;

/// <summary>
/// Clients' commands on their way to the leader: <see cref="ForwardRequest"/>, <see cref="ForwardCancel"/> and <see cref="ForwardResponse"/>.
/// </summary>
internal static class ForwardCodec
{
    public const int CancelBytes = sizeof(ulong);
    public const int ResponseBytes = sizeof(ulong) + 1 + WireWriter.PositionBytes + 1 + sizeof(ulong);

    private const int RequestFixedBytes = sizeof(ulong) + sizeof(uint);

    public static long Size(ForwardRequest message) => RequestFixedBytes + (long)message.Command.Length;

    public static void Write(ref WireWriter writer, ForwardRequest message)
    {
        writer.UInt64(message.Request);
        writer.UInt32(message.DeadlineMs);
        writer.Bytes(message.Command.Span);
    }

    public static ForwardRequest ReadRequest(ref WireReader reader, ServerId from, ServerId to) =>
        new(from, to, reader.UInt64(), reader.UInt32(), reader.Rest());

    public static void Write(ref WireWriter writer, ForwardCancel message) => writer.UInt64(message.Request);

    public static ForwardCancel ReadCancel(ref WireReader reader, ServerId from, ServerId to) => new(from, to, reader.UInt64());

    public static void Write(ref WireWriter writer, ForwardResponse message)
    {
        writer.UInt64(message.Request);
        writer.Byte((byte)message.Verdict);
        writer.Position(message.Position);
        writer.Byte((byte)message.Limit.Limit);
        writer.UInt64((ulong)message.Limit.Value);
    }

    public static ForwardResponse ReadResponse(ref WireReader reader, ServerId from, ServerId to)
    {
        ulong request = reader.UInt64();
        var verdict = (ForwardVerdict)reader.Byte();
        if (verdict is < ForwardVerdict.Proposed or > ForwardVerdict.MemoryFull)
        {
            throw new PeerProtocolException($"the unknown verdict {(byte)verdict}");
        }

        LogPosition position = reader.Position();
        return new ForwardResponse(from, to, request, verdict, position, new LimitReached((NodeLimit)reader.Byte(), (long)reader.UInt64()));
    }
}
