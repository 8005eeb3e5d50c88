namespace RaftMQ.Simulation.Checkers;

/// <summary>
/// Which part of a sequence of messages is lost. A lost beginning speaks for a wrong snapshot or a topic made anew, a lost end for something that was acknowledged too
/// early, a lost middle for a term that was overwritten.
/// </summary>
internal static class Lost
{
    private const int MostNamed = 5;

    /// <summary>Says what is lost of messages in order; null if nothing is.</summary>
    public static string? Describe(IReadOnlyList<string> messages, Func<string, bool> isLost)
    {
        int[] places = [.. Enumerable.Range(0, messages.Count).Where(i => isLost(messages[i]))];
        if (places.Length == 0)
        {
            return null;
        }

        bool isOneRun = places[^1] - places[0] + 1 == places.Length;
        string part = places.Length == messages.Count ? "all of them"
            : isOneRun && places[0] == 0 ? "prefix"
            : isOneRun && places[^1] == messages.Count - 1 ? "postfix"
            : "middle";
        string named = string.Join(", ", places.Take(MostNamed).Select(i => messages[i]));
        string more = places.Length > MostNamed ? ", …" : string.Empty;
        return $"{places.Length} of {messages.Count} ({part}): {named}{more}";
    }
}
