using RaftMQ.Consensus;
using RaftMQ.Consensus.Messages;

namespace RaftMQ.Transport.Codec;

/// <summary>What is remembered of a server that comes back: <see cref="Reminder"/>.</summary>
internal static class ReminderCodec
{
    public const int Bytes = sizeof(ulong) + sizeof(ulong) + WireWriter.PositionBytes;

    public static void Write(ref WireWriter writer, Reminder message)
    {
        writer.UInt64(message.Term.Value);
        writer.UInt64(message.MatchIndex.Value);
        writer.Position(message.LeftAt);
    }

    public static Reminder Read(ref WireReader reader, ServerId from, ServerId to) => new(from, to, reader.Term(), reader.Index(), reader.Position());
}
