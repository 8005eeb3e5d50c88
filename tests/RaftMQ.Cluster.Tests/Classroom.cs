using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Text.Json;

namespace RaftMQ.Cluster.Tests;

/// <summary>The assignment's own way of starting nodes, to its letter.</summary>
[Collection("cluster")]
public sealed class Classroom : IDisposable
{
    private static readonly TimeSpan LeaderWithin = TimeSpan.FromSeconds(2);

    private readonly string _folder = Directory.CreateTempSubdirectory("raftmq-classroom-").FullName;
    private readonly List<RaftMqProcess?> _processes = [];
    private Node[] _nodes = [];

    [Theory]
    [InlineData(1, true)]
    [InlineData(2, false)]
    [InlineData(3, true)]
    [InlineData(3, false)]
    [InlineData(4, true)]
    [InlineData(5, true)]
    [InlineData(6, false)]
    [InlineData(7, true)]
    [InlineData(8, false)]
    [InlineData(9, true)]
    public async Task A_leader_is_there_within_two_seconds_after_the_last_node_listens(int count, bool ownPeerPorts)
    {
        Configure(count, ownPeerPorts);
        for (int i = 0; i < count; i++)
        {
            Start(i);
            await UntilListeningAsync(i);
        }

        long listening = Stopwatch.GetTimestamp();
        await LeaderAsync();
        Stopwatch.GetElapsedTime(listening).ShouldBeLessThan(LeaderWithin);
        (await AskTheLeaderAsync(leader => leader.CreateAsync("orders"))).Answer.Status.ShouldBe(HttpStatusCode.Created);
    }

    [Fact]
    public async Task Followers_refuse_topics_and_messages_and_name_the_leader()
    {
        await StartAllAsync(3);
        (Node leader, Answer created) = await AskTheLeaderAsync(node => node.CreateAsync("orders"));
        created.Status.ShouldBe(HttpStatusCode.Created);
        Node follower = _nodes.First(node => node != leader);

        foreach (Answer refused in new[] { await follower.CreateAsync("t"), await follower.PublishAsync("orders", "m"), await follower.PopAsync("orders"), await follower.TopicsAsync() })
        {
            refused.Status.ShouldBe(HttpStatusCode.ServiceUnavailable);
            refused.Body.ShouldBe("""{"success":false}""");
            refused.Leader.ShouldBe($"{leader.Url.Host}:{leader.Url.Port}");
        }

        (await follower.StatusAsync()).Body.ShouldStartWith("""{"role":"Follower","term":""");
    }

    [Fact]
    public async Task State_survives_a_kill_and_not_an_orderly_stop()
    {
        await StartAllAsync(3);
        (await AskTheLeaderAsync(leader => leader.CreateAsync("orders"))).Answer.Status.ShouldBe(HttpStatusCode.Created);
        for (int i = 0; i < 3; i++)
        {
            _processes[i]!.Kill();
        }

        await StartAllAsync(3, configure: false);
        (await AskTheLeaderAsync(leader => leader.TopicsAsync())).Answer.Body.ShouldContain("orders");

        for (int i = 0; i < 3; i++)
        {
            Signals.Term(_processes[i]!.Process);
            (await _processes[i]!.ExitAsync()).ShouldBe(0);
        }

        await StartAllAsync(3, configure: false);
        (await AskTheLeaderAsync(leader => leader.TopicsAsync())).Answer.Body.ShouldBe("""{"success":true,"topics":[]}""");
    }

    [Fact]
    public async Task A_majority_that_was_stopped_in_order_founds_anew_and_the_minority_gives_its_birth_up()
    {
        await StartAllAsync(3);
        (await AskTheLeaderAsync(leader => leader.CreateAsync("orders"))).Answer.Status.ShouldBe(HttpStatusCode.Created);
        foreach (int i in new[] { 0, 1 })
        {
            Signals.Term(_processes[i]!.Process);
            await _processes[i]!.ExitAsync();
        }

        Start(0);
        Start(1);

        await Eventually.TrueAsync(
            () => _processes[2]!.Output.Contains("giving up cluster", StringComparison.Ordinal), () => string.Join("\n---\n", _processes.Select(process => process!.Output)));
        await Eventually.TrueAsync(async () => (await _nodes[2].ReportAsync())?.Phase == "Member", () => _processes[2]!.Output);
        (await AskTheLeaderAsync(leader => leader.TopicsAsync())).Answer.Body.ShouldBe("""{"success":true,"topics":[]}""");
        _processes[2]!.Output.ShouldContain("lost");
    }

    public void Dispose()
    {
        foreach (RaftMqProcess? process in _processes.Where(process => process is { HasExited: false }))
        {
            // In order, so that the folder under the system's temporary one goes too.
            Signals.Term(process!.Process);
            process.Process.WaitForExit(TimeSpan.FromSeconds(10));
        }

        _processes.ForEach(process => process?.Dispose());
        Directory.Delete(_folder, recursive: true);
    }

    private async Task StartAllAsync(int count, bool configure = true)
    {
        if (configure)
        {
            Configure(count, ownPeerPorts: true);
        }

        for (int i = 0; i < count; i++)
        {
            Start(i);
        }

        await LeaderAsync();
    }

    private void Configure(int count, bool ownPeerPorts)
    {
        int[] ports = ServeCluster.FreePorts(2 * count);
        _nodes = [.. Enumerable.Range(0, count).Select(i => new Node(i, ports[i]))];
        object[] addresses = [.. Enumerable.Range(0, count).Select(i => ownPeerPorts
            ? (object)new { ip = i % 2 == 0 ? "127.0.0.1" : "http://127.0.0.1", port = ports[i], internal_port = ports[count + i] }
            : new { ip = "127.0.0.1", port = ports[i] })];
        File.WriteAllText(Path.Combine(_folder, "config.json"), JsonSerializer.Serialize(new { addresses }));
        _processes.AddRange(new RaftMqProcess?[count]);
    }

    private void Start(int index) =>
        _processes[index] = RaftMqProcess.Start("classroom", Path.Combine(_folder, "config.json"), index.ToString(CultureInfo.InvariantCulture));

    private Task UntilListeningAsync(int index) => Eventually.TrueAsync(async () => await _nodes[index].ReportAsync() is not null, () => _processes[index]!.Output);

    /// <summary>Who leads on a busy machine, where processes still start, may be replaced meanwhile. Then it refuses, for certain, and whoever leads next is asked.</summary>
    private async Task<(Node Leader, Answer Answer)> AskTheLeaderAsync(Func<Node, Task<Answer>> ask)
    {
        (Node Leader, Answer Answer)? answered = null;
        await Eventually.TrueAsync(
            async () =>
            {
                Node leader = await LeaderAsync();
                answered = (leader, await ask(leader));
                return answered.Value.Answer.Status != HttpStatusCode.ServiceUnavailable;
            },
            () => $"{answered?.Answer}\n" + string.Join("\n---\n", _processes.Select(process => process?.Output)));
        return answered!.Value;
    }

    private async Task<Node> LeaderAsync()
    {
        Node? leader = null;
        await Eventually.TrueAsync(
            async () =>
            {
                Report?[] reports = await Task.WhenAll(_nodes.Select(node => node.ReportAsync()));
                int found = Array.FindIndex(reports, report => report is { Role: "Leader" });
                leader = found >= 0 ? _nodes[found] : null;
                return leader is not null;
            },
            () => "no leader\n" + string.Join("\n---\n", _processes.Select(process => process?.Output)));
        return leader!;
    }
}
