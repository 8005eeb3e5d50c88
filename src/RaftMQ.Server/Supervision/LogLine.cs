namespace RaftMQ.Server.Supervision;

/// <summary>A node's log line in text form: time, level, sentence (<see cref="Logging.TextLineFormatter"/>).</summary>
internal static class LogLine
{
    private const int LevelAt = 9;

    /// <summary>Whether it is a warning or worse, or a line that is no log line at all.</summary>
    public static bool IsNoteworthy(string line) => !HasTime(line) || !(HasLevel(line, "info") || HasLevel(line, "debug") || HasLevel(line, "trace"));

    /// <summary>The line from its level on.</summary>
    public static string WithoutTime(string line) => HasTime(line) ? line[LevelAt..] : line;

    private static bool HasTime(string line) => line.Length > LevelAt && line[2] == ':' && line[5] == ':' && line[LevelAt - 1] == ' ';

    private static bool HasLevel(string line, string level) => line.AsSpan(LevelAt).StartsWith(level, StringComparison.Ordinal);
}
