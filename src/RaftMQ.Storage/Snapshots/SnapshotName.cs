using System.Globalization;

namespace RaftMQ.Storage.Snapshots;

/// <summary>Snapshots are named by the index of their last entry, so that names sort by age: <c>00000000000000000042.snapshot</c>.</summary>
internal static class SnapshotName
{
    /// <summary>What is being written has this name; it is nobody's.</summary>
    public const string Temporary = "snapshot.tmp";

    private const string Ending = ".snapshot";
    private const int Digits = 20;

    public static string Of(ulong lastIndex) => lastIndex.ToString("D20", CultureInfo.InvariantCulture) + Ending;

    public static bool IsSnapshot(string name) =>
        name.Length == Digits + Ending.Length && name.EndsWith(Ending, StringComparison.Ordinal)
        && ulong.TryParse(name.AsSpan(0, Digits), NumberStyles.None, CultureInfo.InvariantCulture, out _);
}
