using System.Text.Json;

namespace RaftMQ.Server.Configuration;

/// <summary>What a piece of JSON is called in a message to a person.</summary>
internal static class JsonKind
{
    public static string Describe(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.Object => "an object",
        JsonValueKind.Array => "a list",
        JsonValueKind.String => "a string",
        JsonValueKind.Number => "a number",
        JsonValueKind.True or JsonValueKind.False => "a true or false",
        _ => "null",
    };
}
