using System.Collections.Concurrent;
using System.Net.Sockets;

namespace RaftMQ.Cluster.Tests;

/// <summary>An upgrade: one node after the other is stopped and started, and nobody notices.</summary>
[Collection("cluster")]
public sealed class RollingRestart
{
    private const int LargeMessages = 80;
    private const int LargeBytes = 900_000;

    private readonly ConcurrentQueue<string> _failures = [];
    private int _done;

    [Fact]
    public async Task Three_nodes_are_restarted_one_after_the_other_and_no_request_fails_also_of_the_clients_of_the_one_that_stops()
    {
        using var cluster = new ServeCluster(3);
        Node leader = await cluster.StartAllAsync();
        (await leader.CreateAsync("orders")).IsDone.ShouldBeTrue();
        using var stop = new CancellationTokenSource();
        Task load = LoadAsync([.. cluster.Nodes], stop.Token);
        foreach (Node node in cluster.Nodes)
        {
            await UntilMoreAsync(cluster);
            await cluster.StopAsync(node.Id);
            await UntilMoreAsync(cluster);
            cluster.Start(node.Id);
            await cluster.UntilCaughtUpAsync(node.Id);
        }

        await UntilMoreAsync(cluster);
        await stop.CancelAsync();
        await load;
        _failures.ShouldBeEmpty(cluster.Outputs());
    }

    /// <summary>A member at once, it has much to catch up with: until then the other two are the majority.</summary>
    [Fact]
    public async Task A_node_that_was_away_for_long_says_that_it_has_caught_up_when_the_next_may_be_stopped()
    {
        using var cluster = new ServeCluster(3);
        Node leader = await cluster.StartAllAsync();
        Node[] followers = [.. cluster.Nodes.Where(node => node != leader)];
        (Node away, Node next) = (followers[0], followers[1]);
        (await leader.CreateAsync("orders")).IsDone.ShouldBeTrue();
        (await leader.CreateAsync("large")).IsDone.ShouldBeTrue();
        await cluster.StopAsync(away.Id);
        using var stop = new CancellationTokenSource();
        Task load = LoadAsync([leader, next], stop.Token);
        ulong poured = await PourAsync(leader);

        cluster.Start(away.Id);
        await cluster.UntilCaughtUpAsync(away.Id);
        (await away.ReportAsync())!.AppliedIndex.ShouldBeGreaterThanOrEqualTo(poured, cluster.Outputs());

        Task loadOfAll = LoadAsync([away, leader, next], stop.Token);
        await UntilMoreAsync(cluster);
        await cluster.StopAsync(next.Id);
        await UntilMoreAsync(cluster);
        await stop.CancelAsync();
        await Task.WhenAll(load, loadOfAll);
        _failures.ShouldBeEmpty(cluster.Outputs());
    }

    /// <summary>Large messages, some at a time.</summary>
    /// <returns>The index of the last.</returns>
    private static async Task<ulong> PourAsync(Node node)
    {
        string text = new('l', LargeBytes);
        ulong last = 0;
        foreach (int[] some in Enumerable.Range(0, LargeMessages).Chunk(4))
        {
            Answer[] answers = await Task.WhenAll(some.Select(_ => node.PublishAsync("large", text)));
            answers.ShouldAllBe(answer => answer.IsDone);
            last = answers.Max(answer => answer.Index);
        }

        return last;
    }

    /// <summary>Clients that publish, pop and read the topics, each at a node of its own.</summary>
    private Task LoadAsync(Node[] nodes, CancellationToken stop) => Task.WhenAll(Enumerable.Range(0, nodes.Length).SelectMany(client => new[]
    {
        AskAsync(nodes, client, (node, number) => node.PublishAsync("orders", $"{client}-{number}"), stop),
        AskAsync(nodes, client, (node, _) => node.PopAsync("orders"), stop),
        AskAsync(nodes, client, (node, _) => node.TopicsAsync(), stop),
    }));

    /// <summary>
    /// A client with a node of its own, which goes on with the next when that says that an answer is the last on its connection, or when nobody takes its connection any more. Who only dials again would
    /// sometimes be in the listener's queue as it closes, and then not know what became of its request.
    /// </summary>
    private async Task AskAsync(Node[] nodes, int client, Func<Node, int, Task<Answer>> ask, CancellationToken stop)
    {
        for (int at = client, number = 0; !stop.IsCancellationRequested; number++)
        {
            Node node = nodes[at % nodes.Length];
            try
            {
                Answer answer = await ask(node, number);
                if (answer.IsDone || answer.Reason == "empty")
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
        await Eventually.TrueAsync(() => Volatile.Read(ref _done) > before + 150, () => $"no load: {string.Join("; ", _failures)}\n{cluster.Outputs()}");
    }
}
