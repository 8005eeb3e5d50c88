namespace RaftMQ.Simulation.Disk;

/// <summary>
/// What happens to data that was durable: bits rot, sectors cannot be read, writes and reads go astray. The last write of the log without a successor is spared: damage
/// there cannot be told from a torn write by any log, and is outside the promise (design, storage rule 3).
/// </summary>
public sealed partial class SimulatedDisk
{
    private const string LogEnding = ".wal";

    private readonly Chance _faults;
    private bool _misdirectNextRead;

    /// <summary>Whether anything durable was harmed since the disk was new.</summary>
    public bool IsHarmed { get; private set; }

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
        return Harmed(name, sector) + " went to " + elsewhere + " sector " + other;
    }

    /// <summary>The next read that begins in a sector that may be harmed returns another sector's bytes, once.</summary>
    public void MisdirectNextRead() => _misdirectNextRead = true;

    /// <summary>Nothing goes wrong from now on; what was harmed stays harmed.</summary>
    public void EndFaults()
    {
        (FailedSyncsPerMillion, ShortWritesPerMillion, CapacityBytes) = (0, 0, long.MaxValue);
        (_failNextSync, _shortenNextWrite, _misdirectNextRead, _operationsLeft) = (false, false, false, -1);
    }

    private int ReadFrom(SimulatedFile file, int offset, Span<byte> buffer)
    {
        int count = file.Read(offset, buffer);
        int first = (offset + SimulatedFile.SectorBytes - 1) / SimulatedFile.SectorBytes;
        int at = (first * SimulatedFile.SectorBytes) - offset;
        bool misleads = _misdirectNextRead && at + SimulatedFile.SectorBytes <= count && MayBeHarmed(file, first) && PickVictim() is not null;
        if (misleads && PickVictim() is var (name, other))
        {
            _misdirectNextRead = false;
            IsHarmed = true;
            ReadOnlySpan<byte> wrong = _names[name].SectorOf(other);
            wrong.CopyTo(buffer[at..]);
        }

        return count;
    }

    private (string Name, int Sector)? PickVictim()
    {
        string[] names = [.. _names.Keys.Where(name => name == "identity" || name.EndsWith(LogEnding, StringComparison.Ordinal))];
        for (int attempt = 0; attempt < 20 && names.Length > 0; attempt++)
        {
            string name = names[_faults.Below(names.Length)];
            SimulatedFile file = _names[name];
            int sector = _faults.Below(Math.Max(1, file.LastSynced + 1));
            if (MayBeHarmed(file, sector))
            {
                return (name, sector);
            }
        }

        return null;
    }

    private bool MayBeHarmed(SimulatedFile file, int sector)
    {
        bool isDurable = sector <= file.LastSynced && !file.IsUnsynced(sector) && _durableNames.ContainsValue(file);
        bool isLastWrite = IsLastSegment(file) && sector >= file.LastSyncedFrom;
        return isDurable && !isLastWrite;
    }

    private bool IsLastSegment(SimulatedFile file)
    {
        string? last = _names.Keys.LastOrDefault(name => name.EndsWith(LogEnding, StringComparison.Ordinal));
        return last is not null && ReferenceEquals(_names[last], file);
    }

    private string Harmed(string name, int sector)
    {
        IsHarmed = true;
        return name + " sector " + sector.ToString(System.Globalization.CultureInfo.InvariantCulture);
    }
}
