namespace RaftMQ.Simulation.Disk;

/// <summary>
/// A file as it reads now, and for each sector that differs what the disk holds instead: a sector is copied only when it is first written after a sync, so that a
/// sync costs nothing but forgetting the copies.
/// </summary>
internal sealed class SimulatedFile
{
    public const int SectorBytes = 512;

    private readonly List<(int Sector, int Saved)> _unsynced = [];
    private readonly HashSet<int> _unreadable = [];
    private SortedDictionary<int, byte[]>? _markedClean;
    private ulong[] _isUnsynced = [];
    private byte[] _saved = [];
    private int _savedBytes;
    private byte[] _now = [];
    private int _durableLength;

    public int Length => _now.Length;

    public ReadOnlyMemory<byte> Contents => _now;

    /// <summary>Sectors that were written and not synced.</summary>
    public int UnsyncedSectors => _unsynced.Count;

    /// <summary>The first sector of the last sync that wrote anything: what lies before it has a successor.</summary>
    public int LastSyncedFrom { get; private set; } = int.MaxValue;

    /// <summary>The last sector that was ever synced.</summary>
    public int LastSynced { get; private set; } = -1;

    public int Read(int offset, Span<byte> buffer)
    {
        int count = Math.Clamp(_now.Length - offset, 0, buffer.Length);
        if (_unreadable.Count > 0 && count > 0)
        {
            RequireReadable(offset, count);
        }

        _now.AsSpan(Math.Min(offset, _now.Length), count).CopyTo(buffer);
        return count;
    }

    public void Write(int offset, ReadOnlySpan<byte> bytes)
    {
        if (bytes.IsEmpty)
        {
            return;
        }

        Allocate(offset + bytes.Length);
        for (int sector = offset / SectorBytes; sector * SectorBytes < offset + bytes.Length; sector++)
        {
            Touch(sector);
        }

        bytes.CopyTo(_now.AsSpan(offset));
    }

    public void Allocate(int length)
    {
        if (length > _now.Length)
        {
            Array.Resize(ref _now, length);
            Array.Resize(ref _isUnsynced, (length / SectorBytes / 64) + 1);
        }
    }

    public void Sync()
    {
        _durableLength = _now.Length;
        LastSyncedFrom = _unsynced.Count > 0 ? int.MaxValue : LastSyncedFrom;
        foreach ((int sector, _) in _unsynced)
        {
            LastSyncedFrom = Math.Min(LastSyncedFrom, sector);
            LastSynced = Math.Max(LastSynced, sector);
            _markedClean?.Remove(sector);
        }

        ForgetUnsynced();
    }

    /// <summary>A sync has failed: the pages are marked clean although they never reached the disk.</summary>
    public void MarkCleanWithoutSync()
    {
        _markedClean ??= [];
        foreach ((int sector, int saved) in _unsynced)
        {
            _markedClean.TryAdd(sector, saved < 0 ? [] : _saved.AsSpan(saved, SectorBytes).ToArray());
        }

        ForgetUnsynced();
    }

    /// <summary>What was not synced meets its fate, sector by sector.</summary>
    /// <returns>How many un-synced sectors left something behind, whole or spoiled.</returns>
    public int LosePower(Chance chance)
    {
        // The length is metadata: it may or may not have reached the disk.
        int length = chance.Below(2) == 0 ? _durableLength : _now.Length;
        int left = 0;
        foreach ((int sector, byte[] held) in _markedClean ?? [])
        {
            if (!IsUnsynced(sector))
            {
                Restore(sector, held);
            }
        }

        foreach ((int sector, int saved) in _unsynced)
        {
            int fate = chance.Below(3);
            if (fate > 0)
            {
                Restore(sector, saved < 0 ? default : _saved.AsSpan(saved, SectorBytes));
            }

            if (fate == 1)
            {
                Spoil(SectorOf(sector), chance);
            }

            left += fate < 2 && sector * SectorBytes < length ? 1 : 0;
        }

        _markedClean = null;
        ForgetUnsynced();
        SetLength(length);
        return left;
    }

    public void FlipBit(int offset, int bit) => _now[offset] ^= (byte)(1 << bit);

    /// <summary>Puts other bytes into a sector, on the disk itself.</summary>
    public void Overwrite(int sector, ReadOnlySpan<byte> bytes) => Restore(sector, bytes);

    /// <summary>From now on the disk reports an error for this sector, until it is written again.</summary>
    public void MakeUnreadable(int sector) => _unreadable.Add(sector);

    public bool IsUnsynced(int sector) => (_isUnsynced[sector / 64] & (1UL << (sector % 64))) != 0;

    public Span<byte> SectorOf(int sector)
    {
        int start = sector * SectorBytes;
        return start >= _now.Length ? default : _now.AsSpan(start, Math.Min(SectorBytes, _now.Length - start));
    }

    public void SetLength(int length)
    {
        Array.Resize(ref _now, length);
        Array.Resize(ref _isUnsynced, (length / SectorBytes / 64) + 1);
        _durableLength = length;
    }

    public SimulatedFile Copy()
    {
        var copy = new SimulatedFile { _now = [.. _now] };
        copy.SetLength(_now.Length);
        return copy;
    }

    private void Touch(int sector)
    {
        _unreadable.Remove(sector);
        if (IsUnsynced(sector))
        {
            return;
        }

        _isUnsynced[sector / 64] |= 1UL << (sector % 64);
        int saved = -1;
        if (sector * SectorBytes < _durableLength)
        {
            saved = _savedBytes;
            _savedBytes += SectorBytes;
            if (_savedBytes > _saved.Length)
            {
                Array.Resize(ref _saved, Math.Max(_savedBytes, _saved.Length * 2));
            }

            ReadOnlySpan<byte> before = _markedClean is not null && _markedClean.TryGetValue(sector, out byte[]? held) ? held : SectorOf(sector);
            before.CopyTo(_saved.AsSpan(saved));
            _saved.AsSpan(saved + before.Length, SectorBytes - before.Length).Clear();
        }

        _unsynced.Add((sector, saved));
    }

    private void ForgetUnsynced()
    {
        foreach ((int sector, _) in _unsynced)
        {
            _isUnsynced[sector / 64] &= ~(1UL << (sector % 64));
        }

        _unsynced.Clear();
        _savedBytes = 0;
    }

    private void Restore(int sector, ReadOnlySpan<byte> held)
    {
        Span<byte> now = SectorOf(sector);
        now.Clear();
        held[..Math.Min(held.Length, now.Length)].CopyTo(now);
    }

    private void RequireReadable(int offset, int count)
    {
        for (int sector = offset / SectorBytes; sector * SectorBytes < offset + count; sector++)
        {
            if (_unreadable.Contains(sector))
            {
                throw new IOException($"the simulated disk cannot read sector {sector}");
            }
        }
    }

    /// <summary>Garbage in the left part, the right part, or all of a sector.</summary>
    private static void Spoil(Span<byte> sector, Chance chance)
    {
        int middle = chance.Below(sector.Length + 1);
        Span<byte> part = chance.Below(3) switch
        {
            0 => sector[..middle],
            1 => sector[middle..],
            _ => sector,
        };
        foreach (ref byte single in part)
        {
            single = (byte)chance.Below(256);
        }
    }
}
