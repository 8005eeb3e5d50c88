using RaftMQ.Consensus;
using RaftMQ.Replica.Peers;

namespace RaftMQ.Transport.Codec;

/// <summary>
/// The birth of a cluster, handed to a member that may be unborn: <see cref="BirthCertificate"/>. The index is sent, since nothing else names it.
/// </summary>
internal static class BirthCertificateCodec
{
    public static long Size(BirthCertificate message) => sizeof(ulong) + (long)EntryCodec.Size(message.Entry);

    public static void Write(ref WireWriter writer, BirthCertificate message)
    {
        writer.UInt64(message.Entry.Index.Value);
        EntryCodec.Write(ref writer, message.Entry);
    }

    public static BirthCertificate Read(ref WireReader reader, ServerId from, ServerId to) =>
        new(from, to, EntryCodec.Read(ref reader, reader.Index()));
}
