using System.Diagnostics.CodeAnalysis;
using System.Globalization;

namespace RaftMQ.Simulator.Plans;

/// <summary>Seeds from one to another, both included; written <c>1..300</c>.</summary>
/// <param name="First">The first seed.</param>
/// <param name="Last">The last seed; at most <see cref="MaxSeeds"/> seeds lie between.</param>
internal readonly record struct SeedRange(ulong First, ulong Last)
{
    /// <summary>The most seeds of one call: the release tier has 20,000.</summary>
    public const int MaxSeeds = 1_000_000;

    public int Count => (int)(Last - First) + 1;

    /// <summary>A range of so many seeds; it ends with the last seed there is, rather than begin again at 0.</summary>
    public static SeedRange From(ulong first, int count)
    {
        ulong begin = Math.Min(first, ulong.MaxValue - (ulong)(count - 1));
        return new SeedRange(begin, begin + (ulong)(count - 1));
    }

    /// <summary>Reads <c>A..B</c>.</summary>
    /// <param name="text">What was written.</param>
    /// <param name="range">The range.</param>
    /// <param name="wrong">What is wrong with it.</param>
    public static bool TryParse(string text, out SeedRange range, [NotNullWhen(false)] out string? wrong)
    {
        range = default;
        string[] ends = text.Split("..");
        bool isRange = ends.Length == 2 & TryParseSeed(ends[0], out ulong first) & TryParseSeed(ends[^1], out ulong last);
        wrong = !isRange ? $"\"{text}\" is no range of seeds; write it as 1..300"
            : last < first ? $"the range {text} ends before it begins"
            : last - first >= MaxSeeds ? $"the range {text} has more than {MaxSeeds:N0} seeds"
            : null;
        range = wrong is null ? new SeedRange(first, last) : default;
        return wrong is null;
    }

    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{First}..{Last}");

    private static bool TryParseSeed(string text, out ulong seed) => ulong.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out seed);
}
