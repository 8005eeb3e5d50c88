using System.Collections.Concurrent;
using System.Net.Sockets;

namespace RaftMQ.Cluster.Tests;

/// <summary>An upgrade: one node after the other is stopped and started, and nobody notices.</summary>
[Collection("cluster")]
public sealed class RollingRestart
{
    private readonly ConcurrentQueue<string> _failures = [];
    private int _done;

    [Fact]
    public async Task Three_nodes_are_restarted_one_after_the_other_and_no_request_fails_also_of_the_clients_of_the_one_that_stops()
    {
        using var cluster = new ServeCluster(3);
        Node leader = await cluster.StartAllAsync();
        (await leader.CreateAsync("orders")).IsDone.ShouldBeTrue();
        using var stop = new CancellationTokenSource();
        Task load = Task.WhenAll(Enumerable.Range(0, 9).Select(client => PublishAsync(cluster, client, stop.Token)));
        foreach (Node node in cluster.Nodes)
        {
            await UntilMoreAsync(cluster);
            await cluster.StopAsync(node.Id);
            await UntilMoreAsync(cluster);
            cluster.Start(node.Id);
            await cluster.UntilPhaseAsync(node.Id, "Member");
        }

        await UntilMoreAsync(cluster);
        await stop.CancelAsync();
        await load;
        _failures.ShouldBeEmpty(cluster.Outputs());
    }

    /// <summary>
    /// A client with a node of its own, which goes on with the next when that says that an answer is the last on its connection, or when nobody takes its connection any more. Who only dials again would
    /// sometimes be in the listener's queue as it closes, and then not know what became of its request.
    /// </summary>
    private async Task PublishAsync(ServeCluster cluster, int client, CancellationToken stop)
    {
        for (int at = client, number = 0; !stop.IsCancellationRequested; number++)
        {
            Node node = cluster.Nodes[at % cluster.Nodes.Count];
            try
            {
                Answer answer = await node.PublishAsync("orders", $"{client}-{number}");
                if (answer.IsDone)
                {
                    Interlocked.Increment(ref _done);
                    at += answer.IsLast ? 1 : 0;
                }
                else
                {
                    _failures.Enqueue($"node {node.Id}: {answer.Status} {answer.Reason}");
                }
            }
            catch (HttpRequestException refused) when (refused.InnerException is SocketException { SocketErrorCode: SocketError.ConnectionRefused })
            {
                at++;
            }
            catch (HttpRequestException lost)
            {
                _failures.Enqueue($"node {node.Id}: {lost}");
            }
        }
    }

    private async Task UntilMoreAsync(ServeCluster cluster)
    {
        int before = Volatile.Read(ref _done);
        await Eventually.TrueAsync(() => Volatile.Read(ref _done) > before + 50, () => $"no load: {string.Join("; ", _failures)}\n{cluster.Outputs()}");
    }
}
