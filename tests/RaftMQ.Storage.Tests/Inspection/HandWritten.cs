using RaftMQ.Consensus;
using RaftMQ.Simulation.Disk;
using RaftMQ.Storage.Files;
using RaftMQ.Storage.Wal;

namespace RaftMQ.Storage.Tests.Inspection;

/// <summary>Files of records that the log and the files of bodies would never write, with checksums that are right.</summary>
internal static class HandWritten
{
    public static RecordHeader Entry(ulong index, ulong term = 1) => RecordHeader.Of(TestLog.Entry(index, term));

    public static RecordHeader Hard(ulong term) => RecordHeader.Of(new HardState(new Term(term), null));

    public static RecordHeader Cut(ulong from) => new() { Type = RecordType.Truncation, Index = from };

    public static RecordHeader Mark() => new() { Type = RecordType.SyncedMark };

    /// <summary>A file that holds these records, one write unit each; a copy, whose sequence number is 0, is not allocated.</summary>
    public static void Write(SimulatedDisk disk, string name, SegmentHeader header, params RecordHeader[] records)
    {
        IFile file = disk.Create(name);
        if (header.Sequence > 0)
        {
            file.Allocate(header.SegmentBytes);
        }

        byte[] bytes = new byte[SegmentHeader.Size];
        header.Write(bytes);
        file.Write(0, bytes);
        using var writer = new SegmentWriter(file, header, 0, Sector.Bytes, header.Seed, 4_096);
        foreach (RecordHeader record in records)
        {
            writer.Add(record, new byte[record.Length]);
            writer.Sync();
        }
    }

    /// <summary>The header of a file of records as a later format might write it.</summary>
    public static void MakeNewer(SimulatedDisk disk, string name)
    {
        byte[] header = disk.Contents(name)[..SegmentHeader.Size].ToArray();
        header[8] = 2;
        BitConverter.GetBytes(Checksums.Crc32C.Compute(0, header.AsSpan(0, SegmentHeader.Size - 4))).CopyTo(header, SegmentHeader.Size - 4);
        using IFile file = disk.Open(name);
        file.Write(0, header);
    }
}
