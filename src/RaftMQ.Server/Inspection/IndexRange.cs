using System.Globalization;
using RaftMQ.Consensus;

namespace RaftMQ.Server.Inspection;

/// <summary>The entries that a person asks for: <c>5</c>, <c>5..9</c>, <c>5..</c> or <c>..9</c>.</summary>
/// <param name="First">The first of them.</param>
/// <param name="Last">The last of them.</param>
internal readonly record struct IndexRange(ulong First, ulong Last)
{
    /// <summary>All entries.</summary>
    public static readonly IndexRange All = new(1, ulong.MaxValue);

    public bool Holds(LogIndex index) => index.Value >= First && index.Value <= Last;

    /// <returns>False if the text is no range, or one without anything in it.</returns>
    public static bool TryParse(string text, out IndexRange range)
    {
        string[] ends = text.Split("..");
        (ulong first, ulong last) = (All.First, All.Last);
        bool isRange = ends.Length <= 2 && ends.Any(end => end.Length > 0) && TryRead(ends[0], ref first) && TryRead(ends[^1], ref last);
        range = new IndexRange(first, last);
        return isRange && first >= 1 && first <= last;
    }

    private static bool TryRead(string text, ref ulong index) =>
        text.Length == 0 || ulong.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out index);
}
