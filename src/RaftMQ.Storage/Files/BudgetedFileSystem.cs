using RaftMQ.Storage.Snapshots;

namespace RaftMQ.Storage.Files;

/// <summary>
/// A data folder that takes no more of its disk than it was given: what goes beyond is refused as a full disk refuses it, so that the budget and the disk are one mechanism to all that lies above
/// (design, storage rule 9). What the folder takes is counted once, by the lengths of its files, and from then on with every change of a length.
/// </summary>
public sealed class BudgetedFileSystem : IFileSystem
{
    private readonly IFileSystem _files;
    private readonly long _reserveBytes;
    private Dictionary<string, Tally>? _tallies;
    private bool _isLowered;
    private long _snapshotsHeld;
    private long _leastBeside;

    /// <summary>A folder with a budget.</summary>
    /// <param name="files">The folder itself.</param>
    /// <param name="budgetBytes">What it may take; <see cref="long.MaxValue"/> for all that its disk has.</param>
    /// <param name="reserveBytes">
    /// What a folder that holds more than a budget that was lowered may take beyond it all the same, so that the node starts, and is freed by consuming: the spares of the log, and a segment for what
    /// frees them; and beside it the snapshot that has to come first. It takes no publishes meanwhile.
    /// </param>
    public BudgetedFileSystem(IFileSystem files, long budgetBytes, long reserveBytes) => (_files, Budget, _reserveBytes) = (files, budgetBytes, reserveBytes);

    /// <summary>What the folder may take.</summary>
    public long Budget { get; }

    /// <summary>What the folder takes; 0 before anything was asked of it.</summary>
    public long UsedBytes { get; private set; }

    /// <inheritdoc/>
    public string Description => _files.Description;

    /// <inheritdoc/>
    public long FreeBytes => Math.Min(_files.FreeBytes, LeftBytes);

    /// <inheritdoc/>
    public long? BudgetInForce => LeftBytes < _files.FreeBytes ? Budget : null;

    /// <inheritdoc/>
    public long FreeBytesOfDisk => _files.FreeBytesOfDisk;

    /// <inheritdoc/>
    public long FreeBytesWithReserve
    {
        get
        {
            _tallies ??= Count();
            return _isLowered ? _files.FreeBytes : FreeBytes;
        }
    }

    /// <summary>What the folder takes beside snapshots.</summary>
    private long BesideSnapshots => UsedBytes - _snapshotsHeld;

    private Dictionary<string, Tally> Tallies => _tallies ??= Count();

    private long LeftBytes
    {
        get
        {
            _tallies ??= Count();
            return Math.Max(0, Budget - UsedBytes);
        }
    }

    /// <inheritdoc/>
    public IReadOnlyList<string> List() => _files.List();

    /// <inheritdoc/>
    public long LengthOf(string name) => _files.LengthOf(name);

    /// <inheritdoc/>
    public IFile Open(string name)
    {
        IFile file = _files.Open(name);
        if (!Tallies.TryGetValue(name, out Tally? tally))
        {
            Tallies.Add(name, tally = new Tally(name));
            Grow(tally, file.Length);
        }

        return new BudgetedFile(this, file, tally);
    }

    /// <inheritdoc/>
    public IFile Create(string name)
    {
        Dictionary<string, Tally> tallies = Tallies;
        IFile file = _files.Create(name);
        Forget(name);
        var tally = new Tally(name);
        tallies.Add(name, tally);
        return new BudgetedFile(this, file, tally);
    }

    /// <inheritdoc/>
    public void Rename(string from, string to)
    {
        Dictionary<string, Tally> tallies = Tallies;
        _files.Rename(from, to);
        if (from != to && tallies.Remove(from, out Tally? tally))
        {
            Forget(to);
            tallies.Add(to, tally);
            Count(tally, !DataFolder.TakesNoBudget(to));
        }
    }

    /// <inheritdoc/>
    public void Delete(string name)
    {
        _tallies ??= Count();
        _files.Delete(name);
        Forget(name);
    }

    /// <inheritdoc/>
    public void SyncFolder() => _files.SyncFolder();

    /// <inheritdoc/>
    public IDisposable? TryLock() => _files.TryLock();

    private Dictionary<string, Tally> Count()
    {
        // A count that the disk has broken off is begun anew.
        (UsedBytes, _snapshotsHeld) = (0, 0);
        var tallies = new Dictionary<string, Tally>(StringComparer.Ordinal);
        foreach (string name in _files.List())
        {
            // It need not be a file of ours, so nothing but its length is asked for.
            var tally = new Tally(name);
            Grow(tally, _files.LengthOf(name));
            tallies.Add(name, tally);
        }

        (_isLowered, _leastBeside) = (UsedBytes > Budget, BesideSnapshots);
        return tallies;
    }

    private void RequireRoom(Tally tally, long length)
    {
        long more = length - tally.Bytes;
        if (tally.Counts && more > 0 && more > Budget - UsedBytes && !(_isLowered && IsOfTheReserve(tally, more)))
        {
            throw new DiskFullException($"the folder takes {UsedBytes:N0} bytes of its budget of {Budget:N0}, and {more:N0} more were asked for");
        }
    }

    /// <summary>
    /// Above its budget a folder may take a snapshot, whatever else it holds, since without one nothing is freed: one is written at a time, as large as the state, and then older ones go. Beside
    /// snapshots it may take the reserve beyond the least that it has held: what it has shrunk by it does not grow again.
    /// </summary>
    private bool IsOfTheReserve(Tally tally, long more) => tally.IsSnapshot || more <= _leastBeside + _reserveBytes - BesideSnapshots;

    private void Grow(Tally tally, long length)
    {
        if (length > tally.Bytes)
        {
            Add(tally, tally.Counts ? length - tally.Bytes : 0);
            tally.Bytes = length;
        }
    }

    private void Forget(string name)
    {
        if (Tallies.Remove(name, out Tally? tally))
        {
            Count(tally, counts: false);
        }
    }

    private void Count(Tally tally, bool counts)
    {
        if (tally.Counts != counts)
        {
            tally.Counts = counts;
            Add(tally, counts ? tally.Bytes : -tally.Bytes);
            _leastBeside = Math.Min(_leastBeside, BesideSnapshots);

            // Not as soon as it is below: it has to go on being freed, and the next snapshot takes about what the last one did.
            _isLowered &= UsedBytes + _reserveBytes + _snapshotsHeld > Budget;
        }
    }

    private void Add(Tally tally, long bytes)
    {
        UsedBytes += bytes;
        _snapshotsHeld += tally.IsSnapshot ? bytes : 0;
    }

    /// <summary>How long a file is. It stays the file's own when that is renamed while it is open.</summary>
    private sealed class Tally(string name)
    {
        public long Bytes { get; set; }

        public bool IsSnapshot { get; } = name == SnapshotName.Temporary || SnapshotName.IsSnapshot(name);

        /// <summary>Neither what is gone counts, nor what was set aside of a damaged folder: the node comes back beside it, and then it goes.</summary>
        public bool Counts { get; set; } = !DataFolder.TakesNoBudget(name);
    }

    private sealed class BudgetedFile(BudgetedFileSystem folder, IFile file, Tally tally) : IFile
    {
        public long Length => file.Length;

        public int Read(long offset, Span<byte> buffer) => file.Read(offset, buffer);

        public void Write(long offset, ReadOnlySpan<byte> bytes)
        {
            folder.RequireRoom(tally, offset + bytes.Length);
            file.Write(offset, bytes);
            folder.Grow(tally, offset + bytes.Length);
        }

        public void Allocate(long length)
        {
            folder.RequireRoom(tally, length);
            file.Allocate(length);
            folder.Grow(tally, length);
        }

        public void SyncData() => file.SyncData();

        public void Dispose() => file.Dispose();
    }
}
