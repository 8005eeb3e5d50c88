using System.Globalization;
using System.Runtime.CompilerServices;
using RaftMQ.Consensus;
using RaftMQ.Simulation.Disk;
using RaftMQ.Storage.Bodies;
using RaftMQ.Storage.Identity;
using RaftMQ.Storage.Snapshots;
using RaftMQ.Storage.Wal;

namespace RaftMQ.Storage.Tests;

/// <summary>The worked examples in FORMAT.md are what the code writes. RAFTMQ_REWRITE_FORMAT=1 prints what it writes now.</summary>
public sealed class FormatDocument
{
    [Fact]
    public void The_example_of_a_segment_is_what_the_code_writes()
    {
        var disk = new SimulatedDisk(1);
        WriteAheadLog log = WriteAheadLog.Open(
            disk, new WalOptions { SegmentBytes = 4096, MaxPayloadBytes = 1024 }, () => 0x1122334455667788, null, out _);
        log.Append(new WalBatch(
            new HardState(new Term(1), new ServerId(new NodeId(2), 0xABCD)),
            null,
            [new LogEntry(new LogIndex(1), new Term(1), EntryKind.Command, new LogTime(1_700_000_000_000), "hello"u8.ToArray())]));
        log.Sync();

        Compare("Example: a segment", disk.Contents("0000000001.wal").Span);
    }

    [Fact]
    public void The_example_of_an_identity_is_what_the_code_writes()
    {
        var disk = new SimulatedDisk(1);

        IdentityFile.Write(disk, new ServerIdentity(new ClusterId(0x0102030405060708), new ServerId(new NodeId(3), 0x1122334455667788)));

        Compare("Example: an identity", disk.Contents("identity").Span);
    }

    [Fact]
    public void The_example_of_a_snapshot_is_what_the_code_writes()
    {
        var disk = new SimulatedDisk(1);
        SnapshotStore store = SnapshotStore.Open(disk);
        var birth = new LogEntry(new LogIndex(1), new Term(1), EntryKind.Birth, new LogTime(1_700_000_000_000), "birth"u8.ToArray());
        store.Begin(
            new SnapshotMetadata(new LogPosition(new LogIndex(42), new Term(3)), new LogTime(1_700_000_000_777), 0x1122334455667788, [birth]), ["sta"u8.ToArray(), "te"u8.ToArray()]);
        store.Step(stepBytes: 1_000, out _).ShouldBeTrue();

        Compare("Example: a snapshot", disk.Contents("00000000000000000042.snapshot").Span);
    }

    [Fact]
    public void The_example_of_a_copied_file_of_bodies_is_what_the_code_writes()
    {
        var disk = new SimulatedDisk(1);
        using (var writer = new BodyFileWriter(disk, 4096, 0x1122334455667788, 1024))
        {
            writer.Add(new LogEntry(new LogIndex(7), new Term(1), EntryKind.Command, new LogTime(1_700_000_000_000), "seven"u8.ToArray()));
            writer.Add(new LogEntry(new LogIndex(9), new Term(2), EntryKind.Command, new LogTime(1_700_000_000_009), "nine"u8.ToArray()));
            writer.Sync();
            writer.Complete("00000000000000000005-00000000000000000009.bodies");
        }

        Compare("Example: a copied file of bodies", disk.Contents("00000000000000000005-00000000000000000009.bodies").Span);
    }

    private static void Compare(string heading, ReadOnlySpan<byte> written)
    {
        if (Environment.GetEnvironmentVariable("RAFTMQ_REWRITE_FORMAT") == "1")
        {
            Console.WriteLine(heading + "\n" + Dump(written));
            return;
        }

        (int offset, byte[] bytes)[] documented = ReadExample(heading);
        documented.ShouldNotBeEmpty();
        byte[] expected = new byte[written.Length];
        foreach ((int offset, byte[] bytes) in documented)
        {
            bytes.CopyTo(expected, offset);
        }

        Dump(written).ShouldBe(Dump(expected));
    }

    /// <summary>Rows of sixteen bytes; those that are all zero are left out.</summary>
    private static string Dump(ReadOnlySpan<byte> bytes)
    {
        var rows = new List<string>();
        for (int offset = 0; offset < bytes.Length; offset += 16)
        {
            ReadOnlySpan<byte> row = bytes.Slice(offset, Math.Min(16, bytes.Length - offset));
            if (row.IndexOfAnyExcept((byte)0) >= 0)
            {
                rows.Add($"{offset:x4}  {string.Join(' ', row.ToArray().Select(single => single.ToString("x2", CultureInfo.InvariantCulture)))}");
            }
        }

        return string.Join('\n', rows);
    }

    private static (int Offset, byte[] Bytes)[] ReadExample(string heading, [CallerFilePath] string here = "")
    {
        string path = Path.Combine(Path.GetDirectoryName(here)!, "../../src/RaftMQ.Storage/FORMAT.md");
        return [.. File.ReadLines(path)
            .SkipWhile(line => !line.EndsWith(heading, StringComparison.Ordinal))
            .SkipWhile(line => !line.StartsWith("```", StringComparison.Ordinal)).Skip(1)
            .TakeWhile(line => !line.StartsWith("```", StringComparison.Ordinal))
            .Select(line => line.Split("  ")[..2])
            .Select(parts => (int.Parse(parts[0], NumberStyles.HexNumber, CultureInfo.InvariantCulture), Convert.FromHexString(parts[1].Replace(" ", string.Empty))))];
    }
}
