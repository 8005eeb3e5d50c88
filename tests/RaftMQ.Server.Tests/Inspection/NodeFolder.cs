using System.Buffers.Binary;
using System.Numerics;
using RaftMQ.Consensus;
using RaftMQ.Queues;
using RaftMQ.Server.Tests.Commands;
using RaftMQ.Storage.Bodies;
using RaftMQ.Storage.Files;
using RaftMQ.Storage.Identity;
using RaftMQ.Storage.Snapshots;
using RaftMQ.Storage.Wal;

namespace RaftMQ.Server.Tests.Inspection;

/// <summary>The data folder of a stopped node on this machine, and <c>raftmq inspect</c> on it.</summary>
internal sealed class NodeFolder : IDisposable
{
    public const string Segment = "0000000001.wal";
    public const string Copy = "00000000000000000001-00000000000000000015.bodies";
    public const string FormerSegment = "00000000000000000016-00000000000000000022.bodies";

    private static readonly WalOptions Sizes = new() { SegmentBytes = 8_192, MaxPayloadBytes = 1_024, SpareSegments = 1 };
    private static readonly ServerId Server = new(new NodeId(1), 7);
    private static readonly Membership Members = new([new Member(Server.Node, Server.Incarnation, "127.0.0.1:7001", "127.0.0.1:8081")]);
    private static readonly byte[] BirthPayload = new Birth(new ClusterId(0xC1), Server, Members, default).Encode();
    private readonly DirectoryInfo _above = Directory.CreateTempSubdirectory("raftmq-inspect-");

    /// <summary>Birth, a topic, three messages (the last two truncated, one written again) and a pop, one write unit each.</summary>
    public NodeFolder()
    {
        var files = new PhysicalFileSystem(Path);
        using IDisposable taken = files.TryLock().ShouldNotBeNull();
        IdentityFile.Write(files, new ServerIdentity(new ClusterId(0xC1), Server));
        using WriteAheadLog log = WriteAheadLog.Open(files, Sizes, () => 5, null, out _);
        Append(log, new HardState(new Term(1), Server), null, 1, EntryKind.Birth, BirthPayload);
        Append(log, null, null, 2, EntryKind.Command, QueueCommandCodec.CreateTopic("orders"));
        Append(log, null, null, 3, EntryKind.Command, QueueCommandCodec.Publish("orders", "one"u8, "key"));
        Append(log, null, null, 4, EntryKind.Command, QueueCommandCodec.Publish("orders", "lost"u8));
        Append(log, null, 4, 4, EntryKind.Command, QueueCommandCodec.Pop("orders"));
        log.WorkInBackground(idle: true);
    }

    public string Path => System.IO.Path.Combine(_above.FullName, "data");

    public string Above => _above.FullName;

    /// <summary>The cluster lets this node go, as the node itself has heard.</summary>
    public void LetGo()
    {
        var files = new PhysicalFileSystem(Path);
        ulong ids = 5;
        using WriteAheadLog log = WriteAheadLog.Open(files, Sizes, () => ++ids, null, out _);
        Append(log, null, null, log.LastIndex.Value + 1, EntryKind.Membership, new Membership([new Member(new NodeId(2), 8, "127.0.0.1:7002", "127.0.0.1:8082")]).Encode());
        log.WorkInBackground(idle: true);
    }

    /// <summary>The cluster is raised to a version that no program of today understands.</summary>
    public void Raise()
    {
        var files = new PhysicalFileSystem(Path);
        ulong ids = 5;
        using WriteAheadLog log = WriteAheadLog.Open(files, Sizes, () => ++ids, null, out _);
        Append(log, null, null, log.LastIndex.Value + 1, EntryKind.Membership, Members.WithVersion(ushort.MaxValue).Encode());
        log.WorkInBackground(idle: true);
    }

    /// <summary>Publishes up to entry 60, and takes two snapshots: of the first segment one message waits, of the second all do, of the third none.</summary>
    public void Compact()
    {
        var files = new PhysicalFileSystem(Path);
        ulong ids = 5;
        using WriteAheadLog log = WriteAheadLog.Open(files, Sizes, () => ++ids, null, out _);
        for (ulong index = log.LastIndex.Value + 1; index <= 60; index++)
        {
            Append(log, null, null, index, EntryKind.Command, QueueCommandCodec.Publish("orders", new byte[900]));
        }

        SaveSnapshot(files, 40);
        SaveSnapshot(files, 55);
        var live = new LiveBodies();
        foreach (ulong index in new ulong[] { 7 }.Concat(Enumerable.Range(13, 12).Select(index => (ulong)index)))
        {
            live.Add(new LogIndex(index), 900);
        }

        Compact(files, log, 40, live, () => ++ids);
        log.WorkInBackground(idle: true);
    }

    /// <summary>Elections without entries fill the last segment, and a snapshot contains all entries: none is left in the log.</summary>
    public void ReleaseAllEntries()
    {
        var files = new PhysicalFileSystem(Path);
        ulong ids = 5;
        using WriteAheadLog log = WriteAheadLog.Open(files, Sizes, () => ++ids, null, out _);
        for (ulong term = 2; term < 30; term++)
        {
            log.Append(new WalBatch(new HardState(new Term(term), null), null, []));
            log.Sync();
        }

        SaveSnapshot(files, log.LastIndex.Value);
        Compact(files, log, log.LastIndex.Value, new LiveBodies(), () => ++ids);
    }

    public void FlipBit(string name, int offset)
    {
        using FileStream file = File.Open(System.IO.Path.Combine(Path, name), FileMode.Open);
        file.Position = offset;
        int before = file.ReadByte();
        file.Position = offset;
        file.WriteByte((byte)(before ^ 1));
    }

    /// <summary>Goes on with the log until a listing of it takes more than a buffer.</summary>
    public void WriteLongLog()
    {
        var files = new PhysicalFileSystem(Path);
        ulong ids = 100;
        using WriteAheadLog log = WriteAheadLog.Open(files, Sizes with { SegmentBytes = 1024 * 1024 }, () => ++ids, null, out _);
        LogEntry[] entries = [.. Enumerable.Range((int)log.LastIndex.Value + 1, 2_000)
            .Select(index => new LogEntry(new LogIndex((ulong)index), new Term(1), EntryKind.Command, new LogTime(1_700_000_000_000), QueueCommandCodec.Pop("orders")))];
        log.Append(new WalBatch(null, null, entries));
        log.Sync();
    }

    /// <summary>The identity, or a file of records, as a later format might write it.</summary>
    public void MakeNewer(string name)
    {
        string path = System.IO.Path.Combine(Path, name);
        int checkedBytes = name == "identity" ? 44 : 60;
        byte[] bytes = File.ReadAllBytes(path);
        bytes[8] = 2;
        uint checksum = ~bytes[..checkedBytes].Aggregate(~0u, BitOperations.Crc32C);
        BinaryPrimitives.WriteUInt32LittleEndian(bytes.AsSpan(checkedBytes), checksum);
        File.WriteAllBytes(path, bytes);
    }

    /// <summary>Names and contents of all files.</summary>
    public Dictionary<string, string> Everything() =>
        Directory.GetFileSystemEntries(Path).ToDictionary(file => file, file => Convert.ToHexString(File.ReadAllBytes(file)));

    public static Task<(int Code, string Output, string Error)> Inspect(params string[] arguments) => Shell.RunAsync(["inspect", .. arguments]);

    public void Dispose() => _above.Delete(recursive: true);

    private static void SaveSnapshot(PhysicalFileSystem files, ulong upTo)
    {
        var birth = new LogEntry(new LogIndex(1), new Term(1), EntryKind.Birth, new LogTime(1_700_000_000_001), BirthPayload);
        using var snapshots = SnapshotStore.Open(files);
        snapshots.Load<object>((_, chunks, _) => chunks.Count(), _ => { });
        snapshots.Begin(new SnapshotMetadata(new LogPosition(new LogIndex(upTo), new Term(1)), new LogTime(1_700_000_000_000 + (long)upTo), 9, [birth]), [new byte[100]]);
        snapshots.Step(stepBytes: 10_000, out _);
    }

    private static void Compact(PhysicalFileSystem files, WriteAheadLog log, ulong upTo, LiveBodies live, Func<ulong> drawId)
    {
        using var compaction = new LogCompaction(files, log, BodyStore.Open(files, Sizes), Sizes, drawId);
        compaction.Begin(new LogIndex(upTo), live);
        while (compaction.IsRunning)
        {
            compaction.Step();
        }
    }

    private static void Append(WriteAheadLog log, HardState? state, ulong? truncateFrom, ulong index, EntryKind kind, byte[] payload)
    {
        var entry = new LogEntry(new LogIndex(index), new Term(1), kind, new LogTime(1_700_000_000_000 + (long)index), payload);
        log.Append(new WalBatch(state, truncateFrom is { } from ? new LogIndex(from) : null, [entry]));
        log.Sync();
    }
}
