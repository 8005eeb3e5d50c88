using System.Buffers.Binary;
using RaftMQ.Consensus;
using RaftMQ.Storage.Bodies;
using RaftMQ.Storage.Snapshots;
using RaftMQ.Storage.Wal;

namespace RaftMQ.Storage.Transfer;

/// <summary>A snapshot with the bodies that it refers to, as it travels and as it stands in a backup: frame after frame, each made as it is asked for (FORMAT.md).</summary>
public static class SnapshotFrames
{
    /// <summary>How much is read from the disk at a time for bodies.</summary>
    private const int BytesPerRead = 1024 * 1024;

    /// <summary>The frames.</summary>
    /// <param name="metadata">What the snapshot says of itself.</param>
    /// <param name="chunks">The state.</param>
    /// <param name="live">What it refers to; as long as the frames are asked for, all of it is there.</param>
    /// <param name="read">Reads entries, wherever they lie.</param>
    /// <param name="sizes">Sizes of the log.</param>
    public static IEnumerable<byte[]> Of(
        SnapshotMetadata metadata, IEnumerable<ReadOnlyMemory<byte>> chunks, LiveBodies live, Action<IReadOnlyList<LogIndex>, List<LogEntry>> read, WalOptions sizes)
    {
        uint crc = 0;
        yield return TransferFrame.Of(FrameType.Header, SnapshotHeader.Write(metadata, out _), ref crc);
        foreach (ReadOnlyMemory<byte> chunk in chunks)
        {
            yield return TransferFrame.Of(FrameType.State, chunk.Span, ref crc);
        }

        long count = 0;
        var entries = new List<LogEntry>();
        foreach (IReadOnlyList<LogIndex> piece in live.InPieces(new LogIndex(1), metadata.Last.Index, BytesPerRead, sizes.IndexIntervalBytes))
        {
            read(piece, entries);
            foreach (LogEntry entry in entries)
            {
                yield return TransferFrame.Of(entry, ref crc);
            }

            count += entries.Count;
            entries.Clear();
        }

        byte[] total = new byte[8];
        BinaryPrimitives.WriteInt64LittleEndian(total, count);
        yield return TransferFrame.Of(FrameType.End, total, ref crc);
    }
}
