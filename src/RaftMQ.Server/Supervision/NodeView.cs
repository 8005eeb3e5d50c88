using System.Text.Json;

namespace RaftMQ.Server.Supervision;

/// <summary>A node as its report shows it.</summary>
internal sealed record NodeView(int Node, string Role, ulong Term)
{
    /// <summary>The role of one that does not answer.</summary>
    public const string NotUp = "not up";

    private static readonly HttpClient Http = new() { Timeout = TimeSpan.FromSeconds(1) };

    /// <summary>Asks a node.</summary>
    public static async Task<NodeView> AskAsync(int node, Uri url)
    {
        try
        {
            using Stream body = await Http.GetStreamAsync(new Uri(url, "/status"));
            using JsonDocument status = await JsonDocument.ParseAsync(body);
            return new NodeView(node, status.RootElement.GetProperty("role").GetString()!, status.RootElement.GetProperty("term").GetUInt64());
        }
        catch (Exception gone) when (gone is HttpRequestException or OperationCanceledException or JsonException or IOException)
        {
            return new NodeView(node, NotUp, 0);
        }
    }
}
