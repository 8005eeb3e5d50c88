namespace RaftMQ.Cluster.Tests;

/// <summary>
/// A topic of large messages that drops its oldest: what lets the log grow fast, so that snapshots, compaction and installation are under way most of the time. Nobody keeps an account of it.
/// </summary>
internal sealed class Bulk(ServeCluster cluster, int keptBytes)
{
    private const string Topic = "bulk";
    private const int MessageBytes = 300_000;

    private static readonly string Text = new('b', MessageBytes);

    private long _acknowledgedBytes;

    public long AcknowledgedBytes => Interlocked.Read(ref _acknowledgedBytes);

    public async Task CreateAsync(Node node)
    {
        using var content = System.Net.Http.Json.JsonContent.Create(new { topic = Topic, maxBytes = keptBytes, overflow = "drop-oldest" });
        (await node.SendAsync(HttpMethod.Put, "/topic", content, null)).IsDone.ShouldBeTrue();
    }

    /// <summary>Publishes until told to stop, to whatever node is up.</summary>
    public Task RunAsync(int clients, CancellationToken stop) => Task.WhenAll(Enumerable.Range(0, clients).Select(client => Task.Run(
        async () =>
        {
            for (int i = client; !stop.IsCancellationRequested; i++)
            {
                try
                {
                    bool isDone = (await cluster.Nodes[i % cluster.Nodes.Count].PublishAsync(Topic, Text)).IsDone;
                    Interlocked.Add(ref _acknowledgedBytes, isDone ? MessageBytes : 0);
                }
                catch (Exception gone) when (gone is HttpRequestException or OperationCanceledException or IOException)
                {
                    // The next one goes to another node.
                }
            }
        },
        CancellationToken.None)));
}
