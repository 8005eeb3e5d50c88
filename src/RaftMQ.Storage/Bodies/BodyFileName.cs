using System.Globalization;
using RaftMQ.Consensus;

namespace RaftMQ.Storage.Bodies;

/// <summary>
/// A file of bodies is named by the part of the log that it stands for, so that nothing has to be read to know where an entry is:
/// <c>00000000000000000001-00000000000000000042.bodies</c>.
/// </summary>
internal static class BodyFileName
{
    /// <summary>What is being written has this name; it is nobody's.</summary>
    public const string Temporary = "bodies.tmp";

    private const string Ending = ".bodies";
    private const int Digits = 20;

    public static string Of(LogIndex first, LogIndex last) => string.Create(CultureInfo.InvariantCulture, $"{first.Value:D20}-{last.Value:D20}{Ending}");

    public static bool IsBodyFile(string name) => TryRead(name, out _, out _);

    /// <summary>The files of bodies in a folder, by the part of the log that they stand for. Two lie within each other or apart; of nested ones the outermost counts.</summary>
    /// <param name="names">The names of all files.</param>
    public static IReadOnlyList<NamedBodies> Among(IReadOnlyList<string> names)
    {
        var found = new List<NamedBodies>();
        foreach (string name in names)
        {
            if (TryRead(name, out LogIndex first, out LogIndex last))
            {
                found.Add(new NamedBodies(name, first, last, null));
            }
        }

        // The one that begins first, and of those the longest, comes first; whatever lies within it is what it was copied from.
        found.Sort((a, b) => a.First != b.First ? a.First.CompareTo(b.First) : b.Last.CompareTo(a.Last));
        NamedBodies? outermost = null;
        for (int i = 0; i < found.Count; i++)
        {
            if (outermost is { } outer && found[i].Last <= outer.Last)
            {
                found[i] = found[i] with { Within = outer.Name };
            }
            else
            {
                outermost = found[i];
            }
        }

        return found;
    }

    public static bool TryRead(string name, out LogIndex first, out LogIndex last)
    {
        first = last = default;
        bool fits = name.Length == (2 * Digits) + 1 + Ending.Length && name[Digits] == '-' && name.EndsWith(Ending, StringComparison.Ordinal);
        if (!fits || !TryRead(name.AsSpan(0, Digits), out first) || !TryRead(name.AsSpan(Digits + 1, Digits), out last))
        {
            return false;
        }

        return first > LogIndex.Zero && first <= last;
    }

    private static bool TryRead(ReadOnlySpan<char> digits, out LogIndex index)
    {
        bool isNumber = ulong.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out ulong value);
        index = new LogIndex(value);
        return isNumber;
    }
}

/// <summary>A file of bodies, as its name and those of the others say.</summary>
/// <param name="Name">Its name.</param>
/// <param name="First">The first entry of the part of the log that it stands for.</param>
/// <param name="Last">The last.</param>
/// <param name="Within">The file within whose part its own lies, so that a start removes it; null if it counts.</param>
internal readonly record struct NamedBodies(string Name, LogIndex First, LogIndex Last, string? Within);
