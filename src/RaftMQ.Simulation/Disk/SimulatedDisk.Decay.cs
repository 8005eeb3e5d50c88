using RaftMQ.Storage;

namespace RaftMQ.Simulation.Disk;

/// <summary>
/// What happens to data that was durable: bits rot, sectors cannot be read, writes and reads go astray. The last write of the log without a successor is spared: damage
/// there cannot be told from a torn write by any log, and is outside the promise (design, storage rule 3). That ends when the log's owner has been idle for long enough to
/// have written its synced-up-to mark, whether it has or not.
/// </summary>
public sealed partial class SimulatedDisk
{
    /// <summary>How the names of the log's files end.</summary>
    internal const string LogEnding = ".wal";

    /// <summary>The name of the file that says whose folder it is.</summary>
    internal const string IdentityName = "identity";

    /// <summary>How the names of files of bodies end.</summary>
    internal const string BodiesEnding = ".bodies";

    /// <summary>How the names of snapshots end.</summary>
    internal const string SnapshotEnding = ".snapshot";

    private readonly Chance _faults;
    private readonly HashSet<SimulatedFile> _harmed = [];
    private SimulatedFile? _misread;
    private bool _misdirectNextRead;
    private bool _nextReadIsStale;
    private SimulatedFile? _logEndsIn;
    private int _logEnd;

    /// <summary>Whether the log's last write is spared. Without that only what follows the noted end of the log is: the synced-up-to mark, if there is one.</summary>
    public bool SparesLastWrite { get; set; } = true;

    /// <summary>
    /// Whether something harmed is on the disk, or was read wrong since the folder was last opened. What is in a file that is gone or set aside harms nobody, but for the identity until
    /// there is a new one: it says which cluster the new life must come into.
    /// </summary>
    public bool IsHarmed => _misread is not null || _names.Concat(_durableNames).Any(file => MayBeRead(file.Key) && _harmed.Contains(file.Value));

    /// <summary>The folder was opened: what was read wrong before is forgotten, unless it may have gone into the copy that took the file's place.</summary>
    public void NoteOpened()
    {
        if (_misread is not null && !IsThere(_misread) && LogFiles.Length > 0)
        {
            _harmed.Add(LogFiles[^1]);
        }

        _misread = null;
        NoteLogEnd();
    }

    /// <summary>All that the log holds now is durable, and its owner has been told so or has recovered it.</summary>
    public void NoteLogEnd()
    {
        _logEndsIn = LogFiles.Length > 0 ? LogFiles[^1] : null;
        int bytes = _logEndsIn is null ? 0 : _logEndsIn.Contents.Span.LastIndexOfAnyExcept((byte)0) + 1;
        _logEnd = (bytes + SimulatedFile.SectorBytes - 1) / SimulatedFile.SectorBytes;
    }

    /// <summary>Turns a bit of some durable sector over.</summary>
    /// <returns>Where, or null if there is nothing yet that may be harmed.</returns>
    public string? Rot()
    {
        if (PickVictim() is not var (name, sector))
        {
            return null;
        }

        _names[name].FlipBit((sector * SimulatedFile.SectorBytes) + _faults.Below(_names[name].SectorOf(sector).Length), _faults.Below(8));
        return Harmed(name, sector);
    }

    /// <summary>Some durable sector can no longer be read.</summary>
    /// <returns>Where, or null if there is nothing yet that may be harmed.</returns>
    public string? LoseSector()
    {
        if (PickVictim() is not var (name, sector))
        {
            return null;
        }

        _names[name].MakeUnreadable(sector);
        return Harmed(name, sector);
    }

    /// <summary>A durable write turns out to have gone astray: where it belongs there is what was there before, and another sector holds its bytes.</summary>
    /// <returns>Where, or null if there is nothing yet that may be harmed.</returns>
    public string? MisdirectWrite()
    {
        if (PickVictim() is not var (name, sector) || PickVictim() is not var (elsewhere, other))
        {
            return null;
        }

        byte[] bytes = _names[name].SectorOf(sector).ToArray();
        _names[name].Overwrite(sector, default);
        _names[elsewhere].Overwrite(other, bytes);
        return Harmed(name, sector) + " went to " + Harmed(elsewhere, other);
    }

    /// <summary>The next read that begins in a sector that may be harmed returns another sector's bytes, once.</summary>
    public void MisdirectNextRead() => _misdirectNextRead = true;

    /// <summary>The next read that begins in a sector that may be harmed returns what stood there before the sector was last written, once: in a log, zeros.</summary>
    public void MakeNextReadStale() => _nextReadIsStale = true;

    /// <summary>Nothing goes wrong from now on; what was harmed stays harmed.</summary>
    public void EndFaults()
    {
        (FailedSyncsPerMillion, FailedNameChangesPerMillion, ShortWritesPerMillion, CapacityBytes) = (0, 0, 0, long.MaxValue);
        (_failNextSync, _shortenNextWrite, _misdirectNextRead, _nextReadIsStale, _operationsLeft) = (false, false, false, false, -1);
    }

    private int ReadFrom(SimulatedFile file, int offset, Span<byte> buffer)
    {
        int count = file.Read(offset, buffer);
        int first = (offset + SimulatedFile.SectorBytes - 1) / SimulatedFile.SectorBytes;
        int at = (first * SimulatedFile.SectorBytes) - offset;
        bool mayMislead = (_misdirectNextRead || _nextReadIsStale) && at + SimulatedFile.SectorBytes <= count && MayBeHarmed(file, first);
        if (mayMislead && _nextReadIsStale)
        {
            _nextReadIsStale = false;
            _misread = file;
            buffer.Slice(at, SimulatedFile.SectorBytes).Clear();
        }
        else if (mayMislead && PickVictim() is var (name, other))
        {
            _misdirectNextRead = false;
            _misread = file;
            ReadOnlySpan<byte> wrong = _names[name].SectorOf(other);
            wrong.CopyTo(buffer[at..]);
        }

        return count;
    }

    private (string Name, int Sector)? PickVictim()
    {
        string[] names = [.. _names.Keys.Where(name => name == IdentityName || IsLog(name) || IsSnapshot(name) || IsOfBodies(name))];
        for (int attempt = 0; attempt < 20 && names.Length > 0; attempt++)
        {
            // The end of the log is where a mark matters, and by chance alone it is seldom hit.
            bool aimsAtTheEnd = !SparesLastWrite && _faults.Percent(75);
            string? newest = _faults.Percent(20) ? Array.FindLast(names, IsSnapshot) : null;
            string name = newest is not null ? newest
                : aimsAtTheEnd ? Array.FindLast(names, IsLog) ?? names[0]
                : names[_faults.Below(names.Length)];
            SimulatedFile file = _names[name];
            int sector = aimsAtTheEnd && newest is null ? Math.Max(0, _logEnd - 1 - _faults.Below(3)) : _faults.Below(Math.Max(1, file.LastSynced + 1));
            if (MayBeHarmed(file, sector))
            {
                return (name, sector);
            }
        }

        return null;
    }

    /// <summary>Whether a file is a segment of the log. What was set aside is not the log's any more.</summary>
    internal static bool IsLog(string name) => name.EndsWith(LogEnding, StringComparison.Ordinal) && !DataFolder.IsAside(name);

    private bool MayBeRead(string name) => !DataFolder.IsAside(name) || (name == DataFolder.AsideOf(IdentityName) && !_names.ContainsKey(IdentityName));

    private static bool IsSnapshot(string name) => name.EndsWith(SnapshotEnding, StringComparison.Ordinal) && !DataFolder.IsAside(name);

    private static bool IsOfBodies(string name) => name.EndsWith(BodiesEnding, StringComparison.Ordinal) && !DataFolder.IsAside(name);

    private bool MayBeHarmed(SimulatedFile file, int sector)
    {
        bool isDurable = sector <= file.LastSynced && !file.IsUnsynced(sector) && _durableNames.ContainsValue(file);
        return isDurable && !(IsLastSegment(file) && sector >= SparedFrom(file));
    }

    private bool IsLastSegment(SimulatedFile file) => LogFiles.Length > 0 && ReferenceEquals(LogFiles[^1], file);

    private int SparedFrom(SimulatedFile file)
    {
        // Where no sector follows, no mark has room.
        bool isMarked = !SparesLastWrite && ReferenceEquals(file, _logEndsIn) && _logEnd * SimulatedFile.SectorBytes < file.Length;
        return isMarked ? _logEnd : file.LastSyncedFrom;
    }

    private bool IsThere(SimulatedFile file) => _names.ContainsValue(file) || _durableNames.ContainsValue(file);

    private string Harmed(string name, int sector)
    {
        _harmed.Add(_names[name]);
        return name + " sector " + sector.ToString(System.Globalization.CultureInfo.InvariantCulture);
    }
}
