namespace RaftMQ.Simulator.Commands;

/// <summary>The names of fault kinds and profiles as the command line takes them: letters only, in whatever case; never numbers.</summary>
internal static class Names
{
    public static bool TryParse<T>(string text, out T value)
        where T : struct, Enum
    {
        value = default;
        return text.All(char.IsAsciiLetter) && Enum.TryParse(text, ignoreCase: true, out value) && Enum.IsDefined(value);
    }

    /// <summary>All of them, for a message to a person.</summary>
    public static string Of<T>()
        where T : struct, Enum => string.Join(", ", Enum.GetNames<T>());
}
