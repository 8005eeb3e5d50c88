using RaftMQ.Consensus;
using RaftMQ.Simulation.Disk;
using RaftMQ.Storage.Identity;
using RaftMQ.Storage.Inspection;
using RaftMQ.Storage.Snapshots;
using RaftMQ.Storage.Wal;

namespace RaftMQ.Storage.Tests.Inspection;

/// <summary>A data folder with an identity and a log, and its inspection.</summary>
internal sealed class Folder
{
    public static readonly ClusterId Cluster = new(0x0102);
    public static readonly ServerId Server = new(new NodeId(1), 7);
    public static readonly HardState TermOne = new(new Term(1), Server);
    public static readonly Membership Alone = new([new Member(Server.Node, Server.Incarnation, "a:1", "a:2")]);

    public Folder(ClusterId? cluster = null)
    {
        IdentityFile.Write(Disk, new ServerIdentity(cluster ?? Cluster, Server));
        Log = new TestLog(Disk);
    }

    public SimulatedDisk Disk { get; } = new(1);

    public TestLog Log { get; }

    public static LogEntry BirthEntry { get; } =
        new(new LogIndex(1), new Term(1), EntryKind.Birth, new LogTime(10), new Birth(Cluster, Server, Alone, default).Encode());

    /// <summary>Birth and 60 commands, one write unit each, in four segments or more.</summary>
    public static Folder Long()
    {
        var folder = new Folder();
        folder.Log.WriteAndSync(TermOne, null, BirthEntry);
        for (ulong i = 2; i <= 61; i++)
        {
            folder.Log.WriteAndSync(null, null, TestLog.Entry(i, 1, 300));
        }

        folder.Log.Log.WorkInBackground(idle: true);
        folder.Log.Log.Dispose();
        return folder;
    }

    /// <summary>Turns a bit over in the payload of an entry.</summary>
    public (string Segment, int Offset) Damage(ulong index)
    {
        foreach (string name in Disk.List().Where(SegmentName.IsSegment))
        {
            SegmentRules.ReadHeader(Disk, name, SegmentName.SequenceOf(name)!.Value, out SegmentHeader? header);
            var reader = new SegmentReader(Disk.Open(name), header!.Value, 4_096);
            int before = reader.End;
            while (reader.TryNext(out RecordHeader record, out _))
            {
                if (record.Type == RecordType.Entry && record.Index == index)
                {
                    Disk.FlipBit(name, reader.RecordOffset + RecordHeader.Size + 3, 1);
                    return (name, before);
                }

                before = reader.End;
            }
        }

        throw new InvalidOperationException($"entry {index} is in no segment that can be read");
    }

    /// <summary>A snapshot up to an entry.</summary>
    public void Save(ulong index, ulong term = 1, params LogEntry[] configurations)
    {
        var store = SnapshotStore.Open(Disk);
        store.Load<object>((_, chunks, _) => chunks.Count(), _ => { });
        var metadata = new SnapshotMetadata(new LogPosition(new LogIndex(index), new Term(term)), new LogTime(10), 5, configurations.Length == 0 ? [BirthEntry] : configurations);
        store.Begin(metadata, [new byte[300]]);
        store.Step(stepBytes: 10_000, out _).ShouldBeTrue();
    }

    public FolderInspection Inspect(IJournalVisitor? visitor = null) => FolderInspection.Run(Disk, Log.Options, visitor);

    /// <summary>Damage as file@offset.</summary>
    public string[] Damaged() => [.. Inspect().Findings.Where(finding => finding.Kind == FindingKind.Damage).Select(finding => $"{finding.File}@{finding.Offset}")];
}
