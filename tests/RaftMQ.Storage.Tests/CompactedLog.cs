using RaftMQ.Consensus;
using RaftMQ.Simulation;
using RaftMQ.Simulation.Disk;
using RaftMQ.Storage.Bodies;
using RaftMQ.Storage.Identity;
using RaftMQ.Storage.Scrubbing;
using RaftMQ.Storage.Snapshots;
using RaftMQ.Storage.Tests.Inspection;
using RaftMQ.Storage.Transfer;
using RaftMQ.Storage.Wal;

namespace RaftMQ.Storage.Tests;

/// <summary>A log with its files of bodies, a model of what is needed of it, and snapshots that are only positions: as if they were durable at once.</summary>
internal sealed class CompactedLog : IDisposable
{
    private readonly bool _smallSteps;
    private readonly SortedDictionary<ulong, LogEntry> _written = [];
    private readonly SortedSet<ulong> _waiting = [];
    private TestLog _log;
    private BodyStore _bodies = null!;
    private LogCompaction _compaction = null!;
    private (SnapshotMetadata Metadata, ulong[] Waiting)? _oldest;
    private (SnapshotMetadata Metadata, ulong[] Waiting)? _newest;
    private ulong _term = 1;
    private ulong _lastId = 1_000;

    public CompactedLog(SimulatedDisk disk, bool smallSteps = false)
    {
        _smallSteps = smallSteps;
        _log = new TestLog(disk, smallSteps ? TestLog.SmallSteps : null);
        _log.WriteAndSync(new HardState(new Term(1), null));
        OpenBodies();
    }

    public SimulatedDisk Disk => _log.Disk;

    public WriteAheadLog Log => _log.Log;

    public RecoveredLog Recovered { get; private set; } = null!;

    public long CopiedBytes => _compaction.CopiedBytes;

    public int LiveCount => _waiting.Count;

    public long BodyFileBytes => _bodies.FileBytes;

    public string[] FileNames(string ending) => [.. Disk.List().Where(name => name.EndsWith(ending, StringComparison.Ordinal))];

    public void Publish(int count, int bytes)
    {
        for (int i = 0; i < count; i++)
        {
            LogEntry entry = TestLog.Entry(Log.LastIndex.Value + 1, _term, bytes);
            _written[entry.Index.Value] = entry;
            _log.Write(null, null, entry);
            if (i % 7 == 0)
            {
                Log.Sync();
            }
        }

        Log.Sync();
        for (ulong index = Log.LastIndex.Value - (ulong)count + 1; index <= Log.LastIndex.Value; index++)
        {
            _waiting.Add(index);
        }
    }

    /// <summary>Entries that no snapshot contains are replaced by others of a later term.</summary>
    public void Overwrite(int count)
    {
        ulong committed = _newest?.Metadata.Last.Index.Value ?? 0;
        ulong from = Math.Max(committed + 1, Log.LastIndex.Value - Math.Min((ulong)count, Log.LastIndex.Value) + 1);
        if (from > Log.LastIndex.Value)
        {
            return;
        }

        _term++;
        foreach (ulong index in _written.Keys.Where(index => index >= from).ToArray())
        {
            _written.Remove(index);
            _waiting.Remove(index);
        }

        LogEntry entry = TestLog.Entry(from, _term, 50);
        _written[from] = entry;
        _log.WriteAndSync(new HardState(new Term(_term), null), from, entry);
        _waiting.Add(from);
    }

    public void Consume(int count)
    {
        foreach (ulong index in _waiting.Take(count).ToArray())
        {
            _waiting.Remove(index);
        }
    }

    public void ConsumeAllBut(ulong index) => _waiting.RemoveWhere(waiting => waiting > index - 50 && waiting != index);

    public void ConsumeFourOfFive() => _waiting.RemoveWhere(index => index % 5 != 0);

    public void ConsumeSome(Chance chance, int count)
    {
        ulong[] waiting = [.. _waiting];
        for (int i = 0; i < Math.Min(count, waiting.Length); i++)
        {
            _waiting.Remove(waiting[chance.Below(waiting.Length)]);
        }
    }

    /// <summary>A snapshot of now; the one before is the oldest kept, and what it does not need is given back.</summary>
    public void Snapshot()
    {
        LogEntry last = _written[Log.LastIndex.Value];
        var metadata = new SnapshotMetadata(last.Position, last.Time, 0, [Folder.BirthEntry]);
        (_oldest, _newest) = (_newest, (metadata, _waiting.ToArray()));
        if (_oldest is not { } oldest)
        {
            return;
        }

        var live = new LiveBodies();
        foreach (ulong index in oldest.Waiting.Reverse())
        {
            live.Add(new LogIndex(index), _written[index].Payload.Length);
        }

        _compaction.Begin(oldest.Metadata.Last.Index, live);
        while (_compaction.IsRunning)
        {
            _compaction.Step();
        }
    }

    /// <summary>What stands for a state.</summary>
    public static byte[] State { get; } = [.. Enumerable.Range(0, 2_500).Select(i => (byte)(i * 7))];

    /// <summary>The entries that the newest snapshot refers to.</summary>
    public IEnumerable<LogIndex> NewestNeeds => _newest!.Value.Waiting.Select(index => new LogIndex(index));

    /// <summary>Writes the newest snapshot to the disk.</summary>
    public SnapshotMetadata SaveNewest()
    {
        SnapshotMetadata metadata = _newest!.Value.Metadata;
        using SnapshotStore store = SnapshotStore.Open(Disk);
        store.Begin(metadata, State.Chunk(300).Select(chunk => new ReadOnlyMemory<byte>(chunk)));
        while (!store.Step(1_000, out _))
        {
        }

        return metadata;
    }

    /// <summary>The newest snapshot with its bodies, to be sent.</summary>
    public SnapshotSource Source()
    {
        var live = new LiveBodies();
        foreach (LogIndex index in NewestNeeds)
        {
            live.Add(index, _written[index.Value].Payload.Length);
        }

        return new SnapshotSource(Disk, _newest!.Value.Metadata.Last, live, Read, _log.Options);
    }

    /// <summary>What reads all of it again, the snapshots that are on the disk now included.</summary>
    public Scrub NewScrub()
    {
        SnapshotStore store = SnapshotStore.Open(Disk);
        store.Load((metadata, _, _) => metadata, _ => { });
        return new Scrub(Disk, Log, _bodies, store, _log.Options);
    }

    private void Read(IReadOnlyList<LogIndex> wanted, List<LogEntry> into)
    {
        _bodies.Read([.. wanted.Where(index => index < Log.FirstIndex)], into);
        Log.Read([.. wanted.Where(index => index >= Log.FirstIndex)], into);
    }

    public void Reopen()
    {
        Dispose();
        _log = new TestLog(Disk, _smallSteps ? TestLog.SmallSteps : null);
        OpenBodies();
        Recovered = Log.BeginBehind((_oldest ?? _newest)?.Metadata, _log.Recovered);
        foreach (ulong index in _written.Keys.Where(index => index > Log.LastIndex.Value).ToArray())
        {
            _written.Remove(index);
            _waiting.Remove(index);
        }
    }

    /// <summary>Every body that the oldest kept snapshot, or a state behind it, refers to, and every entry behind that snapshot.</summary>
    public void RequireAllThere() => RequireAllThere(Log, _bodies, (_oldest ?? _newest)?.Metadata);

    /// <summary>The snapshots as files, and whose folder it is. The log has no birth of its own, so without a snapshot the node is unborn.</summary>
    public void SaveSnapshots()
    {
        IdentityFile.Write(Disk, new ServerIdentity(_newest is null ? ClusterId.None : Folder.Cluster, Folder.Server));
        var store = SnapshotStore.Open(Disk);
        foreach (SnapshotMetadata metadata in new[] { _oldest?.Metadata, _newest?.Metadata }.OfType<SnapshotMetadata>().DistinctBy(metadata => metadata.Last))
        {
            store.Begin(metadata, [new byte[100], new byte[200]]);
            store.Step(stepBytes: 10_000, out _).ShouldBeTrue();
        }
    }

    /// <summary>A start with a copy of the folder, and everything that it needs is read.</summary>
    /// <returns>The last entry of the log.</returns>
    /// <exception cref="StorageDamagedException">Something is damaged.</exception>
    public LogIndex StartWith(SimulatedDisk copy)
    {
        SnapshotStore snapshots = SnapshotStore.Open(copy);
        BodyStore bodies = BodyStore.Open(copy, _log.Options);
        using WriteAheadLog log = WriteAheadLog.Open(copy, _log.Options, () => ++_lastId * 0x9E3779B97F4A7C15, null, out RecoveredLog recovered);
        SnapshotMetadata? newest = snapshots.Load((metadata, chunks, _) => chunks.Count() == 2 ? metadata : throw new FormatException(), _ => { });
        recovered = log.BeginBehind(snapshots.Oldest, recovered);
        if (newest?.Last.Index > recovered.LastIndex)
        {
            throw new StorageDamagedException("the log ends before the newest snapshot");
        }

        RequireAllThere(log, bodies, snapshots.Oldest);
        return recovered.LastIndex;
    }

    private void RequireAllThere(WriteAheadLog log, BodyStore bodies, SnapshotMetadata? oldest)
    {
        ulong start = oldest?.Last.Index.Value ?? 0;
        ulong end = log.LastIndex.Value;
        ulong[] waiting = oldest is null ? [] : oldest.Last == _oldest?.Metadata.Last ? _oldest.Value.Waiting : _newest!.Value.Waiting;
        List<LogIndex> wanted = [.. waiting.Select(index => new LogIndex(index))];
        for (ulong index = start + 1; index <= end; index++)
        {
            wanted.Add(new LogIndex(index));
        }

        var read = new List<LogEntry>();
        int released = wanted.FindIndex(index => index >= log.FirstIndex);
        released = released < 0 ? wanted.Count : released;
        bodies.Read(wanted[..released], read);
        log.Read(wanted[released..], read);
        read.Select(entry => entry.Index).ShouldBe(wanted);
        foreach (LogEntry entry in read)
        {
            entry.Payload.Span.SequenceEqual(TestLog.Body(entry.Index.Value, entry.Term.Value, entry.Payload.Length)).ShouldBeTrue();
            bool isCommitted = entry.Index.Value <= (_newest?.Metadata.Last.Index.Value ?? 0);
            if (isCommitted)
            {
                entry.Position.ShouldBe(_written[entry.Index.Value].Position);
            }
        }
    }

    public void Dispose()
    {
        _compaction.Dispose();
        Log.Dispose();
    }

    private void OpenBodies()
    {
        _bodies = BodyStore.Open(Disk, _log.Options);
        _compaction = new LogCompaction(Disk, Log, _bodies, _log.Options, () => ++_lastId * 0x9E3779B97F4A7C15);
    }
}
