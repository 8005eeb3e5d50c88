namespace RaftMQ.Storage.Wal;

/// <summary>
/// The unit in which a disk writes. What is written but not synced may be torn or lost sector by sector, so nothing that is durable shares a sector with
/// what comes after it: every write unit begins in a sector of its own.
/// </summary>
internal static class Sector
{
    public const int Bytes = 512;

    /// <summary>Records begin at multiples of this.</summary>
    public const int RecordAlignment = 8;

    public static int AlignUp(int offset) => (offset + Bytes - 1) & ~(Bytes - 1);

    public static int AlignRecord(int offset) => (offset + RecordAlignment - 1) & ~(RecordAlignment - 1);
}
