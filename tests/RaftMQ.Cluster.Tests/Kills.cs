using System.Collections.Concurrent;

namespace RaftMQ.Cluster.Tests;

/// <summary>Processes are killed, paused and restarted under load; nothing acknowledged is lost, nothing is handed out twice.</summary>
[Collection("cluster")]
public sealed class Kills
{
    private const int KillCount = 50;

    [Fact]
    public async Task Fifty_kills_under_load_lose_nothing()
    {
        using var cluster = new ServeCluster(3);
        Node first = await cluster.StartAllAsync();
        await first.CreateAsync("orders");
        var accounting = new Accounting(cluster, "orders");
        using var stop = new CancellationTokenSource();
        Task load = Task.WhenAll(accounting.RunAsync(clients: 4, stop.Token), accounting.ConsumeAsync(consumers: 1, stop.Token));
        for (int kill = 0; kill < KillCount; kill++)
        {
            int before = accounting.Acknowledged;
            await Eventually.TrueAsync(() => accounting.Acknowledged > before + 10, () => $"writes do not go on after kill {kill}\n" + cluster.Outputs());
            Node leader = await cluster.LeaderAsync();
            bool killsLeader = kill % 2 == 0;
            int victim = killsLeader ? leader.Id : cluster.Nodes.First(node => node != leader).Id;
            cluster.Kill(victim);
            cluster.Start(victim);
            await cluster.UntilPhaseAsync(victim, "Member");
        }

        await stop.CancelAsync();
        await load;
        await cluster.LeaderAsync(allMembers: true);
        int poppedUnderLoad = accounting.Popped;
        await accounting.SettleAsync();
        await cluster.UntilEqualAsync();
        poppedUnderLoad.ShouldBeGreaterThan(KillCount);
        accounting.Acknowledged.ShouldBeGreaterThan(KillCount * 10);
    }

    [Fact]
    public async Task All_nodes_killed_at_once_lose_nothing()
    {
        using var cluster = new ServeCluster(3);
        Node leader = await cluster.StartAllAsync();
        await leader.CreateAsync("orders");
        var accounting = new Accounting(cluster, "orders");
        using var stop = new CancellationTokenSource();
        Task load = accounting.RunAsync(clients: 4, stop.Token);
        await Eventually.TrueAsync(() => accounting.Acknowledged > 100, () => "no load");
        foreach (Node node in cluster.Nodes)
        {
            cluster.Kill(node.Id);
        }

        await stop.CancelAsync();
        foreach (Node node in cluster.Nodes)
        {
            cluster.Start(node.Id);
        }

        await cluster.LeaderAsync(allMembers: true);
        await load;
        await accounting.SettleAsync();
        await cluster.UntilEqualAsync();
    }

    [Fact]
    public async Task A_leader_that_was_paused_and_resumed_never_serves_a_stale_topic_list()
    {
        using var cluster = new ServeCluster(3);
        Node paused = await cluster.StartAllAsync();
        await paused.CreateAsync("before");
        Signals.Pause(cluster.Process(paused.Id).Process);
        Node[] others = [.. cluster.Nodes.Where(node => node != paused)];
        Node? next = null;
        await Eventually.TrueAsync(
            async () =>
            {
                foreach (Node other in others)
                {
                    next = (await other.ReportAsync())?.Role == "Leader" ? other : next;
                }

                return next is not null;
            },
            () => "nobody took over\n" + cluster.Outputs());
        (await next!.CreateAsync("after")).IsDone.ShouldBeTrue();

        // These lie in its sockets when it wakes, still a leader in its own eyes; the others come while it learns better.
        Task<Answer>[] waiting = [.. Enumerable.Range(0, 20).Select(_ => paused.TopicsAsync())];
        Signals.Resume(cluster.Process(paused.Id).Process);
        foreach (Answer topics in await Task.WhenAll(waiting))
        {
            IsNotStale(topics);
        }

        for (int i = 0; i < 50; i++)
        {
            IsNotStale(await paused.TopicsAsync());
        }

        static void IsNotStale(Answer topics)
        {
            if (topics.IsDone)
            {
                topics.Body.ShouldContain("after");
            }
            else
            {
                topics.Reason.ShouldBe("no-leader");
            }
        }
    }

    [Fact]
    public async Task A_node_that_is_stopped_hands_leadership_over_and_no_request_fails()
    {
        using var cluster = new ServeCluster(3);
        Node leader = await cluster.StartAllAsync();
        await leader.CreateAsync("orders");
        Node[] others = [.. cluster.Nodes.Where(node => node != leader)];
        var answers = new ConcurrentQueue<Answer>();
        using var stop = new CancellationTokenSource();
        Task load = Task.WhenAll(Enumerable.Range(0, 8).Select(client => PublishUntilAsync(others[client % 2], stop.Token)));
        await Eventually.TrueAsync(() => answers.Count > 50, () => "no load");
        await cluster.StopAsync(leader.Id);
        int after = answers.Count;
        await Eventually.TrueAsync(() => answers.Count > after + 50, () => "no load afterwards\n" + cluster.Outputs());
        await stop.CancelAsync();
        await load;

        answers.Where(answer => !answer.IsDone).Select(answer => answer.Reason).ShouldBeEmpty();
        cluster.Process(leader.Id).Output.ShouldContain("handing leadership over");

        async Task PublishUntilAsync(Node client, CancellationToken stopped)
        {
            for (int i = 0; !stopped.IsCancellationRequested; i++)
            {
                answers.Enqueue(await client.PublishAsync("orders", $"m{i}"));
            }
        }
    }
}
