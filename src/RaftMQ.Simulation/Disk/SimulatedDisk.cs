using RaftMQ.Consensus;
using RaftMQ.Storage.Files;

namespace RaftMQ.Simulation.Disk;

/// <summary>The machine stopped at this point: nothing after it happened.</summary>
public sealed class SimulatedCrashException() : Exception("the simulated machine stopped here");

/// <summary>
/// A data folder on a disk that does to un-synced data what a real one may do: at a loss of power each 512-byte sector that was written and not synced is kept,
/// lost or garbage, and names that were not synced are gone. A failed sync marks its pages clean: they read well until the power goes, and are lost then. The
/// same seed and the same calls give the same disk. Not thread-safe; one owner at a time.
/// </summary>
public sealed partial class SimulatedDisk : IFileSystem
{
    private readonly Chance _chance;
    private readonly List<NameChange> _unsyncedNames = [];
    private SortedDictionary<string, SimulatedFile> _names = new(StringComparer.Ordinal);
    private SortedDictionary<string, SimulatedFile> _durableNames = new(StringComparer.Ordinal);
    private bool _failNextSync;
    private bool _shortenNextWrite;
    private SimulatedFile[]? _logFiles;
    private int _operationsLeft = -1;
    private int _locks;

    /// <summary>An empty disk.</summary>
    /// <param name="seed">Where the fate of un-synced sectors comes from.</param>
    public SimulatedDisk(ulong seed)
    {
        _chance = new Chance(seed);
        _faults = _chance.Fork(1);
    }

    /// <inheritdoc/>
    public string Description => "the simulated disk";

    /// <summary>The bytes that all files together may have. Without bound at first.</summary>
    public long CapacityBytes { get; set; } = long.MaxValue;

    /// <summary>How many operations that change something were begun.</summary>
    public int Operations { get; private set; }

    /// <summary>How many syncs of files were done.</summary>
    public int Syncs { get; private set; }

    /// <summary>How many reads of files were done.</summary>
    public int Reads { get; private set; }

    /// <summary>Sectors of the log that were written and are not synced.</summary>
    public int UnsyncedLogSectors
    {
        get
        {
            int sectors = 0;
            foreach (SimulatedFile file in LogFiles)
            {
                sectors += file.UnsyncedSectors;
            }

            return sectors;
        }
    }

    /// <inheritdoc/>
    public long FreeBytes => Math.Max(0, CapacityBytes - UsedBytes);

    /// <summary>The bytes that all files together have.</summary>
    public long UsedBytes => _names.Values.Sum(file => (long)file.Length);

    /// <summary>How many syncs of a million fail, and mark their pages clean.</summary>
    public int FailedSyncsPerMillion { get; set; }

    /// <summary>How many changes of names, and syncs of the folder, of a million fail: nothing has changed.</summary>
    public int FailedNameChangesPerMillion { get; set; }

    /// <summary>How many writes of a million stop half way with an error.</summary>
    public int ShortWritesPerMillion { get; set; }

    /// <summary>How often it has failed to do what it was asked for, or had no room for it.</summary>
    public long Failures { get; private set; }

    /// <summary>The next sync of a file fails, and marks its pages clean nevertheless.</summary>
    public void FailNextSync() => _failNextSync = true;

    /// <summary>The next write stops half way with an error.</summary>
    public void ShortenNextWrite() => _shortenNextWrite = true;

    /// <summary>The machine stops when this many more operations are done: the next one throws <see cref="SimulatedCrashException"/>, as do all after it.</summary>
    public void CrashAfter(int operations) => _operationsLeft = operations;

    /// <summary>The process has ended and the machine goes on: what was written is still to be read, synced or not.</summary>
    public void RestartProcess()
    {
        _operationsLeft = -1;
        _locks = 0;
    }

    /// <summary>The power was lost: what was not synced meets its fate.</summary>
    /// <returns>How many un-synced sectors left something behind, whole or spoiled: what recovery may find of a torn write.</returns>
    public int Crash()
    {
        RestartProcess();
        _failNextSync = false;
        _shortenNextWrite = false;
        _logFiles = null;

        LoseNames();
        _names = new(_durableNames, StringComparer.Ordinal);
        int left = 0;
        foreach (SimulatedFile file in _names.Values.Distinct())
        {
            left += file.LosePower(_chance);
        }

        return left;
    }

    /// <summary>Turns one bit over, on the disk itself.</summary>
    /// <param name="name">The file.</param>
    /// <param name="offset">The byte.</param>
    /// <param name="bit">0 to 7.</param>
    public void FlipBit(string name, int offset, int bit) => _names[name].FlipBit(offset, bit);

    /// <summary>A sector of a file can no longer be read.</summary>
    /// <param name="name">The file.</param>
    /// <param name="sector">Which, counted from its beginning.</param>
    public void MakeUnreadable(string name, int sector) => _names[name].MakeUnreadable(sector);

    /// <summary>Cuts a file off, or lengthens it with zeros, on the disk itself.</summary>
    public void SetLength(string name, int length) => _names[name].SetLength(length);

    /// <summary>The bytes of a file as they read now.</summary>
    public ReadOnlyMemory<byte> Contents(string name) => _names[name].Contents;

    /// <summary>A disk with the same durable contents, for another try from the same point. What is un-synced is taken over as durable.</summary>
    /// <param name="seed">Its own chance.</param>
    public SimulatedDisk Copy(ulong seed)
    {
        var copy = new SimulatedDisk(seed) { CapacityBytes = CapacityBytes };
        foreach ((string name, SimulatedFile file) in _names)
        {
            copy._names.Add(name, file.Copy());
        }

        copy._durableNames = new(copy._names, StringComparer.Ordinal);
        return copy;
    }

    /// <inheritdoc/>
    public IReadOnlyList<string> List() => [.. _names.Keys];

    /// <inheritdoc/>
    public IFile Open(string name) =>
        _names.TryGetValue(name, out SimulatedFile? file) ? new Handle(this, file) : throw new IOException($"there is no file {name}");

    /// <inheritdoc/>
    public IFile Create(string name)
    {
        OperateOnNames();
        var file = new SimulatedFile();
        Change(name, name, names => names[name] = file);
        return new Handle(this, file);
    }

    /// <inheritdoc/>
    public void Rename(string from, string to)
    {
        OperateOnNames();
        Invariant.Require(_names.ContainsKey(from), "only a file that exists is renamed");
        Change(from, to, names =>
        {
            if (names.Remove(from, out SimulatedFile? file))
            {
                names[to] = file;
            }
        });
    }

    /// <inheritdoc/>
    public void Delete(string name)
    {
        OperateOnNames();
        Change(name, name, names => names.Remove(name));
    }

    /// <inheritdoc/>
    public void SyncFolder()
    {
        OperateOnNames();
        _unsyncedNames.Clear();
        _durableNames = new(_names, StringComparer.Ordinal);
    }

    /// <inheritdoc/>
    public IDisposable? TryLock()
    {
        if (_locks > 0)
        {
            return null;
        }

        _locks++;
        return new Lock(this);
    }

    /// <summary>The log's segments, in their order.</summary>
    private SimulatedFile[] LogFiles => _logFiles ??= [.. _names.Where(file => IsLog(file.Key)).Select(file => file.Value)];

    private void Change(string from, string to, Action<SortedDictionary<string, SimulatedFile>> change)
    {
        change(_names);
        _logFiles = null;
        _unsyncedNames.Add(new NameChange(from, to, change));
    }

    /// <summary>Changes of one name reach the disk in their order, those of different names by themselves: what follows a lost change of its name is lost with it.</summary>
    private void LoseNames()
    {
        var lost = new HashSet<string>();
        foreach (NameChange change in _unsyncedNames)
        {
            bool isLost = _chance.Below(2) == 0 || lost.Contains(change.From) || lost.Contains(change.To);
            if (isLost)
            {
                lost.Add(change.From);
                lost.Add(change.To);
            }
            else
            {
                change.Apply(_durableNames);
            }
        }

        _unsyncedNames.Clear();
    }

    private void OperateOnNames()
    {
        Operate();
        if (_faults.PerMillion(FailedNameChangesPerMillion))
        {
            Failures++;
            throw new IOException("the simulated folder could not be changed");
        }
    }

    private void Operate()
    {
        if (_operationsLeft == 0)
        {
            throw new SimulatedCrashException();
        }

        _operationsLeft -= _operationsLeft > 0 ? 1 : 0;
        Operations++;
    }

    private void Grow(SimulatedFile file, long length)
    {
        if (length > file.Length && UsedBytes + length - file.Length > CapacityBytes)
        {
            Failures++;
            throw new DiskFullException("the simulated disk is full");
        }
    }

    private readonly record struct NameChange(string From, string To, Action<SortedDictionary<string, SimulatedFile>> Apply);

    private sealed class Lock(SimulatedDisk disk) : IDisposable
    {
        private bool _released;

        public void Dispose()
        {
            disk._locks -= _released || disk._locks == 0 ? 0 : 1;
            _released = true;
        }
    }

    private sealed class Handle(SimulatedDisk disk, SimulatedFile file) : IFile
    {
        public long Length => file.Length;

        public int Read(long offset, Span<byte> buffer)
        {
            disk.Reads++;
            return disk.ReadFrom(file, (int)offset, buffer);
        }

        public void Write(long offset, ReadOnlySpan<byte> bytes)
        {
            disk.Operate();
            disk.Grow(file, offset + bytes.Length);
            bool isShort = disk._shortenNextWrite || disk._faults.PerMillion(disk.ShortWritesPerMillion);
            disk._shortenNextWrite = false;
            file.Write((int)offset, isShort ? bytes[..disk._faults.Below(bytes.Length)] : bytes);
            if (isShort)
            {
                disk.Failures++;
                throw new IOException("the simulated write was short");
            }
        }

        public void Allocate(long length)
        {
            disk.Operate();
            disk.Grow(file, length);
            file.Allocate((int)length);
        }

        public void SyncData()
        {
            disk.Operate();
            disk.Syncs++;
            bool fails = disk._failNextSync || disk._faults.PerMillion(disk.FailedSyncsPerMillion);
            disk._failNextSync = false;
            if (fails)
            {
                file.MarkCleanWithoutSync();
                disk.Failures++;
                throw new IOException("the simulated sync failed");
            }

            file.Sync();
        }

        public void Dispose()
        {
        }
    }
}
