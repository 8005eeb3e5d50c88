namespace RaftMQ.Simulation.Disk;

/// <summary>A file as it reads now and as the disk holds it, and which sectors differ.</summary>
internal sealed class SimulatedFile
{
    private const int SectorBytes = 512;

    private readonly SortedSet<int> _unsynced = [];
    private byte[] _now = [];
    private byte[] _durable = [];

    public int Length => _now.Length;

    public ReadOnlyMemory<byte> Contents => _now;

    public int Read(int offset, Span<byte> buffer)
    {
        int count = Math.Clamp(_now.Length - offset, 0, buffer.Length);
        _now.AsSpan(Math.Min(offset, _now.Length), count).CopyTo(buffer);
        return count;
    }

    public void Write(int offset, ReadOnlySpan<byte> bytes)
    {
        Allocate(offset + bytes.Length);
        bytes.CopyTo(_now.AsSpan(offset));
        for (int sector = offset / SectorBytes; sector * SectorBytes < offset + bytes.Length; sector++)
        {
            _unsynced.Add(sector);
        }
    }

    public void Allocate(int length)
    {
        if (length > _now.Length)
        {
            Array.Resize(ref _now, length);
        }
    }

    public void Sync()
    {
        Array.Resize(ref _durable, _now.Length);
        foreach (int sector in _unsynced)
        {
            SectorOf(_now, sector).CopyTo(SectorOf(_durable, sector));
        }

        _unsynced.Clear();
    }

    /// <summary>The pages are marked clean although they never reached the disk.</summary>
    public void ForgetUnsynced() => _unsynced.Clear();

    public void LosePower(Chance chance)
    {
        // The length is metadata: it may or may not have reached the disk.
        int length = chance.Below(2) == 0 ? _durable.Length : _now.Length;
        byte[] after = new byte[length];
        _durable.AsSpan(0, Math.Min(length, _durable.Length)).CopyTo(after);
        foreach (int sector in _unsynced.Where(sector => sector * SectorBytes < length))
        {
            Span<byte> fate = SectorOf(after, sector);
            switch (chance.Below(3))
            {
                case 0:
                    SectorOf(_now, sector)[..fate.Length].CopyTo(fate);
                    break;
                case 1:
                    Spoil(fate, chance);
                    break;
                default:
                    break;
            }
        }

        _unsynced.Clear();
        _durable = after;
        _now = [.. after];
    }

    public void FlipBit(int offset, int bit)
    {
        _now[offset] ^= (byte)(1 << bit);
        if (offset < _durable.Length)
        {
            _durable[offset] ^= (byte)(1 << bit);
        }
    }

    public void SetLength(int length)
    {
        Array.Resize(ref _now, length);
        Array.Resize(ref _durable, length);
    }

    public SimulatedFile Copy() => new() { _now = [.. _now], _durable = [.. _now] };

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

    private static Span<byte> SectorOf(byte[] bytes, int sector)
    {
        int start = sector * SectorBytes;
        return start >= bytes.Length ? default : bytes.AsSpan(start, Math.Min(SectorBytes, bytes.Length - start));
    }
}
