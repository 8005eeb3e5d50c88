using System.Text.Json;

namespace RaftMQ.Server.Configuration;

/// <summary>The reader's own words for what is wrong with a piece of JSON, without those that are meant for programmers.</summary>
internal static class JsonErrors
{
    /// <summary>Where it is, counted from 1 as editors do.</summary>
    public static string Place(JsonException error) => $"line {error.LineNumber + 1}, byte {error.BytePositionInLine + 1}";

    /// <summary>One sentence without a full stop.</summary>
    public static string Reason(JsonException error)
    {
        string message = error.Message;
        int place = message.IndexOf(" LineNumber:", StringComparison.Ordinal);
        message = place < 0 ? message : message[..place];
        return message.Replace(" Change the reader options.", "", StringComparison.Ordinal).TrimEnd('.', ' ').ReplaceLineEndings(" ");
    }
}
