using System.Net.Sockets;
using System.Text.Json;
using RaftMQ.Bench.Load;

namespace RaftMQ.Bench.Clusters;

/// <summary>A node as it reports itself (GET /v1/node).</summary>
/// <param name="Port">Its client port.</param>
/// <param name="Pid">Its process.</param>
/// <param name="Phase">How far it has come in its life; Member once it counts.</param>
/// <param name="Role">Leader, Candidate or Follower.</param>
/// <param name="Term">Its term.</param>
/// <param name="CommitIndex">What it knows to be committed.</param>
/// <param name="AppliedIndex">What it has applied.</param>
/// <param name="LogSyncs">How often it has made entries durable.</param>
/// <param name="StateHash">The hash of its state: equal on all nodes at an equal applied index.</param>
/// <param name="Messages">Messages waiting in all topics.</param>
internal sealed record NodeView(
    int Port, int Pid, string Phase, string Role, ulong Term, ulong CommitIndex, ulong AppliedIndex, long LogSyncs, string StateHash, long Messages)
{
    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(2);

    public bool IsMember => Phase == "Member";

    public bool Leads => Role == "Leader";

    /// <summary>Asks a node; null if it does not answer.</summary>
    public static NodeView? Ask(int port)
    {
        try
        {
            using var connection = new HttpConnection(port, Timeout);
            HttpAnswer answer = connection.Exchange(HttpConnection.Request("GET", "/v1/node"));
            if (answer.Status != 200)
            {
                return null;
            }

            using JsonDocument json = JsonDocument.Parse(answer.Body);
            JsonElement node = json.RootElement;
            return new NodeView(
                port,
                node.GetProperty("pid").GetInt32(),
                node.GetProperty("phase").GetString() ?? "",
                node.GetProperty("role").GetString() ?? "",
                node.GetProperty("term").GetUInt64(),
                node.GetProperty("commitIndex").GetUInt64(),
                node.GetProperty("appliedIndex").GetUInt64(),
                node.GetProperty("logSyncs").GetInt64(),
                node.GetProperty("stateHash").ToString(),
                node.GetProperty("messages").GetInt64());
        }
        catch (Exception gone) when (gone is SocketException or IOException)
        {
            return null;
        }
    }
}
