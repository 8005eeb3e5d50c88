using RaftMQ.Consensus;
using RaftMQ.Consensus.Messages;

namespace RaftMQ.Transport.Codec;

/// <summary>Snapshots: <see cref="InstallSnapshot"/> and its answer.</summary>
internal static class InstallSnapshotCodec
{
    public const int ResponseBytes = sizeof(ulong) + WireWriter.PositionBytes + sizeof(long) + 1 + sizeof(ulong) + 1 + sizeof(ulong) + 1;

    private const int FixedBytes = sizeof(ulong) + WireWriter.PositionBytes + sizeof(long) + 1 + sizeof(ulong) + sizeof(ulong) + sizeof(uint);

    public static long Size(InstallSnapshot message) => FixedBytes + (long)message.Data.Length;

    public static void Write(ref WireWriter writer, InstallSnapshot message)
    {
        writer.UInt64(message.Term.Value);
        writer.Position(message.Snapshot);
        writer.UInt64((ulong)message.Offset);
        writer.Bool(message.IsLast);
        writer.UInt64(message.ReadRound);
        writer.UInt64(message.Number);
        writer.UInt32((uint)message.Data.Length);
        writer.Bytes(message.Data.Span);
    }

    public static InstallSnapshot Read(ref WireReader reader, ServerId from, ServerId to)
    {
        Term term = reader.Term();
        LogPosition snapshot = reader.Position();
        long offset = Offset(ref reader);
        bool isLast = reader.Bool();
        ulong round = reader.UInt64();
        ulong number = reader.UInt64();
        uint count = reader.UInt32();
        if (count > InstallSnapshot.MaxDataBytes)
        {
            throw new PeerProtocolException($"a piece of a snapshot of {count} bytes, where {InstallSnapshot.MaxDataBytes} are allowed");
        }

        return new InstallSnapshot(from, to, term, snapshot, offset, reader.Bytes(count), isLast, round, number);
    }

    public static void Write(ref WireWriter writer, InstallSnapshotResponse message)
    {
        writer.UInt64(message.Term.Value);
        writer.Position(message.Snapshot);
        writer.UInt64((ulong)message.NextOffset);
        writer.Bool(message.IsInstalled);
        writer.UInt64(message.ReadRound);
        writer.Bool(message.AcceptsPublishes);
        writer.UInt64(message.Number);
        writer.Bool(message.IsBusy);
    }

    public static InstallSnapshotResponse ReadResponse(ref WireReader reader, ServerId from, ServerId to) =>
        new(from, to, reader.Term(), reader.Position(), Offset(ref reader), reader.Bool(), reader.UInt64(), reader.Bool(), reader.UInt64(), reader.Bool());

    private static long Offset(ref WireReader reader)
    {
        ulong offset = reader.UInt64();
        return offset <= long.MaxValue ? (long)offset : throw new PeerProtocolException($"an offset of {offset} in a snapshot");
    }
}
