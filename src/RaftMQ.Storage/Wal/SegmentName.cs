using System.Globalization;

namespace RaftMQ.Storage.Wal;

/// <summary>Segments are named by their sequence number, so that names sort in the order of the log: <c>0000000001.wal</c>.</summary>
internal static class SegmentName
{
    private const string Ending = ".wal";
    private const int Digits = 10;

    public static string Of(ulong sequence) => sequence.ToString("D10", CultureInfo.InvariantCulture) + Ending;

    public static bool IsSegment(string name) => SequenceOf(name) is not null;

    public static ulong? SequenceOf(string name) =>
        name.Length == Digits + Ending.Length && name.EndsWith(Ending, StringComparison.Ordinal)
        && ulong.TryParse(name.AsSpan(0, Digits), NumberStyles.None, CultureInfo.InvariantCulture, out ulong sequence)
            ? sequence
            : null;
}
