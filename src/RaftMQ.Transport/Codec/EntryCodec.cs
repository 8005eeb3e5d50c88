using RaftMQ.Consensus;

namespace RaftMQ.Transport.Codec;

/// <summary>An entry of the log inside a message. Its index is not sent: the message says where its entries begin, and they are contiguous.</summary>
internal static class EntryCodec
{
    /// <summary>The bytes of an entry without its payload.</summary>
    public const int FixedBytes = sizeof(ulong) + sizeof(byte) + sizeof(long) + sizeof(uint);

    public static int Size(in LogEntry entry) => FixedBytes + entry.Payload.Length;

    public static void Write(ref WireWriter writer, in LogEntry entry)
    {
        writer.UInt64(entry.Term.Value);
        writer.Byte((byte)entry.Kind);
        writer.UInt64((ulong)entry.Time.Milliseconds);
        writer.UInt32((uint)entry.Payload.Length);
        writer.Bytes(entry.Payload.Span);
    }

    /// <summary>
    /// Reads one entry. Its payload gets an array of its own: an entry that lives long must not hold on to the hundreds that came with it, and one
    /// array for a large frame would land on the large object heap, which only a full collection empties.
    /// </summary>
    public static LogEntry Read(ref WireReader reader, LogIndex index)
    {
        Term term = reader.Term();
        var kind = (EntryKind)reader.Byte();
        if (kind is < EntryKind.Birth or > EntryKind.Membership)
        {
            throw new PeerProtocolException($"an entry of the unknown kind {(byte)kind}");
        }

        var time = new LogTime((long)reader.UInt64());
        return new LogEntry(index, term, kind, time, reader.Bytes(reader.UInt32()));
    }
}
