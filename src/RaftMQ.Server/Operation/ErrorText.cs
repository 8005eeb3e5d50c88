using System.Text.Json;

namespace RaftMQ.Server.Operation;

/// <summary>What a node says for people when it refuses a request.</summary>
internal static class ErrorText
{
    private const int MostOfAnAnswer = 1_000;

    /// <summary>The message in the body of a refusal, as far as it can be shown; null if there is none.</summary>
    public static string? Of(string body)
    {
        try
        {
            string? message = JsonDocument.Parse(body).RootElement.GetProperty("error").GetProperty("message").GetString();
            return message is null ? null : new string([.. message.Take(MostOfAnAnswer).Where(character => !char.IsControl(character))]);
        }
        catch (Exception none) when (none is JsonException or KeyNotFoundException or InvalidOperationException)
        {
            return null;
        }
    }
}
