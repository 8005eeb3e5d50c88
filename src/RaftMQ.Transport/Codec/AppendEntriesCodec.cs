using RaftMQ.Consensus;
using RaftMQ.Consensus.Messages;

namespace RaftMQ.Transport.Codec;

/// <summary>Replication: <see cref="AppendEntries"/> and its answer.</summary>
internal static class AppendEntriesCodec
{
    public const int ResponseBytes = sizeof(ulong) + 1 + sizeof(ulong) + WireWriter.PositionBytes + sizeof(ulong) + 1;

    private const int FixedBytes = sizeof(ulong) + WireWriter.PositionBytes + sizeof(ulong) + sizeof(ulong) + sizeof(uint) + sizeof(uint);

    /// <summary>The body's bytes; long, because the entries of a defective caller might not fit an int.</summary>
    public static long Size(AppendEntries message)
    {
        long size = FixedBytes;
        foreach (ref readonly LogEntry entry in message.Entries.Span)
        {
            size += EntryCodec.Size(entry);
        }

        return size;
    }

    public static void Write(ref WireWriter writer, AppendEntries message)
    {
        writer.UInt64(message.Term.Value);
        writer.Position(message.Previous);
        writer.UInt64(message.LeaderCommit.Value);
        writer.UInt64(message.ReadRound);
        writer.UInt32((uint)message.ElectionTimeoutMs);
        writer.UInt32((uint)message.Entries.Length);
        LogIndex expected = message.Previous.Index;
        foreach (ref readonly LogEntry entry in message.Entries.Span)
        {
            expected = expected.Next;
            Invariant.Require(entry.Index == expected, "the entries of AppendEntries are contiguous after its previous entry");
            EntryCodec.Write(ref writer, entry);
        }
    }

    public static AppendEntries Read(ref WireReader reader, ServerId from, ServerId to)
    {
        Term term = reader.Term();
        LogPosition previous = reader.Position();
        LogIndex commit = reader.Index();
        ulong round = reader.UInt64();
        uint timeout = reader.UInt32();
        uint count = reader.UInt32();
        if (count > (uint)(reader.Remaining / EntryCodec.FixedBytes))
        {
            throw new PeerProtocolException($"{count} entries in {reader.Remaining} bytes");
        }

        if (previous.Index.Value > ulong.MaxValue - count)
        {
            throw new PeerProtocolException($"{count} entries after index {previous.Index}");
        }

        LogEntry[] entries = count == 0 ? [] : new LogEntry[count];
        LogIndex index = previous.Index;
        for (int i = 0; i < entries.Length; i++)
        {
            index = index.Next;
            entries[i] = EntryCodec.Read(ref reader, index);
        }

        return new AppendEntries(from, to, term, previous, entries, commit, round, (int)Math.Min(timeout, int.MaxValue));
    }

    public static void Write(ref WireWriter writer, AppendEntriesResponse message)
    {
        writer.UInt64(message.Term.Value);
        writer.Bool(message.Success);
        writer.UInt64(message.MatchIndex.Value);
        writer.Position(message.Conflict);
        writer.UInt64(message.ReadRound);
        writer.Bool(message.AcceptsPublishes);
    }

    public static AppendEntriesResponse ReadResponse(ref WireReader reader, ServerId from, ServerId to) =>
        new(from, to, reader.Term(), reader.Bool(), reader.Index(), reader.Position(), reader.UInt64(), reader.Bool());
}
