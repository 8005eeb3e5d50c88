using System.Text.Json;

namespace RaftMQ.Server.Configuration;

/// <summary>Finds keys that nobody would read: a misspelt limit must not silently be the default.</summary>
internal static class ConfigurationKeys
{
    /// <summary>Checks that an object has only known keys, and each at most once.</summary>
    /// <exception cref="ConfigurationException">It has another, or one twice.</exception>
    public static void Check(JsonElement element, string place, IReadOnlyCollection<string> known)
    {
        var seen = new HashSet<string>(StringComparer.Ordinal);
        foreach (JsonProperty property in element.EnumerateObject())
        {
            if (!known.Contains(property.Name))
            {
                string nearest = Nearest(property.Name, known);
                throw new ConfigurationException(place, $"the key \"{property.Name}\" is not known; the nearest is \"{nearest}\"");
            }

            if (!seen.Add(property.Name))
            {
                throw new ConfigurationException(place, $"the key \"{property.Name}\" stands twice");
            }
        }
    }

    /// <summary>The candidate that takes the fewest typing mistakes to become <paramref name="name"/>.</summary>
    public static string Nearest(string name, IEnumerable<string> candidates) =>
        candidates.MinBy(candidate => Distance(name.ToUpperInvariant(), candidate.ToUpperInvariant()))!;

    // Levenshtein's distance with one row of the table at a time.
    private static int Distance(string a, string b)
    {
        int[] row = [.. Enumerable.Range(0, b.Length + 1)];
        for (int i = 1; i <= a.Length; i++)
        {
            int diagonal = row[0];
            row[0] = i;
            for (int j = 1; j <= b.Length; j++)
            {
                int above = row[j];
                int replaced = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
                row[j] = Math.Min(replaced, 1 + Math.Min(above, row[j - 1]));
                diagonal = above;
            }
        }

        return row[b.Length];
    }
}
