using RaftMQ.Node;

namespace RaftMQ.Server.Supervision;

/// <summary>A node's log line in text form: time, level, sentence (<see cref="Logging.TextLineFormatter"/>).</summary>
internal static class LogLine
{
    private const int LevelAt = 9;
    private const int SentenceAt = LevelAt + 6;

    /// <summary>Whether it is a warning or worse, or a line that is no log line at all.</summary>
    public static bool IsNoteworthy(string line) => !HasTime(line) || !(HasLevel(line, "info") || HasLevel(line, "debug") || HasLevel(line, "trace"));

    /// <summary>Whether it says how far a start has come.</summary>
    public static bool IsProgress(string line) => HasTime(line) && line.Length > SentenceAt
        && (line.AsSpan(SentenceAt).StartsWith(StartProgress.Reading, StringComparison.Ordinal) || line.AsSpan(SentenceAt).StartsWith(StartProgress.Replaying, StringComparison.Ordinal));

    /// <summary>The sentence of a line that has a time and a level.</summary>
    public static string Sentence(string line) => line[SentenceAt..];

    /// <summary>The line from its level on.</summary>
    public static string WithoutTime(string line) => HasTime(line) ? line[LevelAt..] : line;

    private static bool HasTime(string line) => line.Length > LevelAt && line[2] == ':' && line[5] == ':' && line[LevelAt - 1] == ' ';

    private static bool HasLevel(string line, string level) => line.AsSpan(LevelAt).StartsWith(level, StringComparison.Ordinal);
}
