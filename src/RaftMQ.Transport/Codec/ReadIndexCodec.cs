using RaftMQ.Consensus;
using RaftMQ.Consensus.Messages;

namespace RaftMQ.Transport.Codec;

/// <summary>Reads (thesis §6.4): <see cref="ReadIndexRequest"/> and its answer.</summary>
internal static class ReadIndexCodec
{
    public const int RequestBytes = sizeof(ulong) + sizeof(ulong);
    public const int ResponseBytes = sizeof(ulong) + sizeof(ulong) + sizeof(ulong);

    public static void Write(ref WireWriter writer, ReadIndexRequest message)
    {
        writer.UInt64(message.Term.Value);
        writer.UInt64(message.Read.Value);
    }

    public static ReadIndexRequest ReadRequest(ref WireReader reader, ServerId from, ServerId to) =>
        new(from, to, reader.Term(), new ReadId(reader.UInt64()));

    public static void Write(ref WireWriter writer, ReadIndexResponse message)
    {
        writer.UInt64(message.Term.Value);
        writer.UInt64(message.Read.Value);
        writer.UInt64(message.Index.Value);
    }

    public static ReadIndexResponse ReadResponse(ref WireReader reader, ServerId from, ServerId to) =>
        new(from, to, reader.Term(), new ReadId(reader.UInt64()), reader.Index());
}
