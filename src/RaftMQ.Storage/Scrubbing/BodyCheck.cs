using RaftMQ.Storage.Bodies;
using RaftMQ.Storage.Files;
using RaftMQ.Storage.Snapshots;
using RaftMQ.Storage.Wal;

namespace RaftMQ.Storage.Scrubbing;

/// <summary>
/// A file of bodies. Nothing says where it ends but itself: a copy ends with a mark, a segment that the log has released with the last entry of its name; behind that are zeros.
/// </summary>
internal sealed class BodyCheck(BodyStore bodies, BodyFile file, int windowBytes, ReadBuffer buffer) : RecordsCheck(file.Name, windowBytes, buffer)
{
    public override bool IsThere => bodies.Files.Contains(file);

    protected override Flaw? JudgeHeader(in SegmentHeader header) => null;

    protected override Flaw? JudgeEnd(SegmentReader reader, in SegmentHeader header, out bool zerosFollow)
    {
        zerosFollow = true;
        bool isCopy = header.Sequence == 0;
        bool isWhole = isCopy ? LastType == RecordType.SyncedMark : LastIndex == file.Last.Value;
        return isWhole ? null : new Flaw(reader.End, "a record is damaged or missing");
    }
}

/// <summary>A snapshot.</summary>
internal sealed class SnapshotCheck(IFileSystem files, SnapshotStore snapshots, string name, SnapshotMetadata metadata) : FileCheck(name)
{
    private SnapshotPlace? _place;

    public override bool IsThere => snapshots.Files.Any(kept => ReferenceEquals(kept.Metadata, metadata));

    public override bool Read(IFile file, int bytes, out int read, out Flaw? flaw)
    {
        (read, flaw) = (0, null);
        using var reader = new SnapshotFileReader(files, Name);
        SnapshotPlace place = _place ?? reader.Begin;
        while (read < bytes)
        {
            long before = place.Offset;
            bool isEnd = reader.ReadChunk(ref place).IsEmpty;
            read += (int)(place.Offset - before);
            if (isEnd)
            {
                return false;
            }
        }

        _place = place;
        return true;
    }
}
