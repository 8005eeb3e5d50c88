using RaftMQ.Consensus;
using RaftMQ.Simulation;
using RaftMQ.Simulation.Disk;
using RaftMQ.Storage.Wal;

namespace RaftMQ.Storage.Tests;

/// <summary>A log on a simulated disk, with tiny segments, and what a test says to it.</summary>
internal sealed class TestLog
{
    public const int SegmentBytes = 8 * 1024;

    private static readonly WalOptions TinySegments = new() { SegmentBytes = SegmentBytes, MaxPayloadBytes = 3 * 1024, SpareSegments = 1, TailBytes = 1024 * 1024 };

    /// <summary>The same, with whatever is done in steps done in many: a write unit, a window, a copy, a spare.</summary>
    public static readonly WalOptions SmallSteps = TinySegments with
    {
        WriteAheadBytes = 700,
        ReadWindowBytes = 1_000,
        CopyBytes = 1_000,
        SpareStepBytes = 1_000,
        IndexIntervalBytes = 500,
    };

    private ulong _lastId;

    public TestLog(SimulatedDisk disk, WalOptions? options = null)
    {
        Disk = disk;
        Options = options ?? TinySegments;
        Reopen();
    }

    public SimulatedDisk Disk { get; }

    public WalOptions Options { get; }

    public WriteAheadLog Log { get; private set; } = null!;

    public RecoveredLog Recovered { get; private set; } = null!;

    public static LogEntry Entry(ulong index, ulong term, int bytes = 20) => new(
        new LogIndex(index), new Term(term), EntryKind.Command, new LogTime((long)index * 10), Body(index, term, bytes));

    public static byte[] Body(ulong index, ulong term, int bytes)
    {
        byte[] body = new byte[bytes];
        var chance = new Chance((index * 1_000) + term);
        foreach (ref byte single in body.AsSpan())
        {
            single = (byte)chance.Below(256);
        }

        return body;
    }

    public void Reopen()
    {
        Log = WriteAheadLog.Open(Disk, Options, () => ++_lastId * 0x9E3779B97F4A7C15, null, out RecoveredLog recovered);
        Recovered = recovered;
    }

    public void Write(HardState? state = null, ulong? truncateFrom = null, params LogEntry[] entries) =>
        Log.Append(new WalBatch(state, truncateFrom is { } from ? new LogIndex(from) : null, entries));

    public void WriteAndSync(HardState? state = null, ulong? truncateFrom = null, params LogEntry[] entries)
    {
        Write(state, truncateFrom, entries);
        Log.Sync();
    }

    public List<LogEntry> ReadAll()
    {
        var all = new List<LogEntry>();
        while ((ulong)all.Count < Log.LastIndex.Value)
        {
            var some = new List<LogEntry>();
            Log.Read(new LogIndex((ulong)all.Count + 1), Log.LastIndex, 4_096, some);
            all.AddRange(some);
        }

        return all;
    }

    /// <summary>The entries as index@term, checked byte by byte.</summary>
    public string Describe()
    {
        List<LogEntry> all = ReadAll();
        foreach (LogEntry entry in all)
        {
            entry.Payload.ToArray().ShouldBe(Body(entry.Index.Value, entry.Term.Value, entry.Payload.Length));
        }

        return string.Join(" ", all.Select(entry => entry.Position));
    }
}
