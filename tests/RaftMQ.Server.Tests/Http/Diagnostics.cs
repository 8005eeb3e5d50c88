using System.Text.Json;
using RaftMQ.Consensus;
using RaftMQ.Node;

namespace RaftMQ.Server.Tests.Http;

public sealed class Diagnostics
{
    [Fact]
    public async Task A_node_tells_all_that_it_knows_about_itself()
    {
        await using Service service = await Service.StartAsync();
        service.Node.Status = service.Node.Status with
        {
            LastLog = new LogPosition(new LogIndex(9), new Term(3)),
            CommitIndex = new LogIndex(8),
            AppliedIndex = new LogIndex(7),
            StateHash = ulong.MaxValue,
            MessageCount = 5,
        };

        using JsonDocument document = JsonDocument.Parse((await service.Get("/v1/node")).Body);
        JsonElement report = document.RootElement;

        report.EnumerateObject().Select(field => field.Name).ShouldBe(
        [
            "node", "pid", "version", "cluster", "clusterVersion", "newestClusterVersion", "incarnation", "phase", "caughtUp", "role", "term", "leader", "lastLogIndex", "lastLogTerm", "commitIndex",
            "appliedIndex", "stateHash", "messages", "acceptsPublishes", "roomBytes", "logSyncs", "limits", "waitingFor", "members",
        ]);
        report.GetProperty("pid").GetInt32().ShouldBe(Environment.ProcessId);
        report.GetProperty("cluster").GetString().ShouldBe("00000000000000000000000000000001");
        report.GetProperty("incarnation").GetString().ShouldBe("0000000000000abc");
        report.GetProperty("stateHash").GetString().ShouldBe("ffffffffffffffff");
        report.GetProperty("appliedIndex").GetUInt64().ShouldBe(7UL);
        report.GetProperty("members")[1].GetProperty("client").GetString().ShouldBe("127.0.0.1:8082");
    }

    [Fact]
    public async Task A_node_tells_of_each_limit_how_much_of_it_is_in_use()
    {
        await using Service service = await Service.StartAsync(http: new Server.Http.HttpOptions { MaxConnections = 9 });
        service.Node.RequestsUnderWay = (11, 12);
        service.Node.Status = service.Node.Status with
        {
            MessageCount = 5,
            Gauges = new NodeGauges(1, 2, 3, 4, 6, 7, 8, 10, 99),
            Limits = new Queues.QueueLimits { MaxTopics = 71 },
        };

        using JsonDocument document = JsonDocument.Parse((await service.Get("/v1/node")).Body);

        document.RootElement.GetProperty("roomBytes").GetInt64().ShouldBe(99);
        document.RootElement.GetProperty("limits").EnumerateArray()
            .Select(limit => $"{limit.GetProperty("name").GetString()} {limit.GetProperty("used").GetInt64()} of {limit.GetProperty("limit").GetRawText()}").ShouldBe(
            [
                "limits.maxTopics 1 of 71", "limits.maxMessages 5 of 5000000", "limits.maxBytes 2 of 1073741824", "limits.maxRequestKeys 3 of 100000",
                "limits.maxRequestKeyBytes 4 of 67108864", "budgets.memoryBytes 8 of 7000000", "budgets.diskBytes 10 of null", "budgets.maxRequests 11 of 16384",
                "budgets.maxRequestBytes 12 of 67108864", "budgets.maxUncommittedEntries 6 of 65536", "budgets.maxUncommittedBytes 7 of 67108864",
                "http.maxConnections 1 of 9", "http.maxLargeBodyBytes 0 of 134217728",
            ]);
        string[] settings = [.. Server.Configuration.Settings.All.Select(setting => setting.Key)];
        document.RootElement.GetProperty("limits").EnumerateArray().Select(limit => limit.GetProperty("name").GetString()!).ShouldBeSubsetOf(settings);
    }

    [Fact]
    public async Task An_unborn_node_has_no_cluster_and_tells_whom_it_waits_for()
    {
        await using Service service = await Service.StartAsync();
        service.Node.Status = new NodeStatus { Phase = NodePhase.Unborn, WaitingFor = [new NodeId(2)] };

        using JsonDocument document = JsonDocument.Parse((await service.Get("/v1/node")).Body);

        document.RootElement.GetProperty("cluster").ValueKind.ShouldBe(JsonValueKind.Null);
        document.RootElement.GetProperty("phase").GetString().ShouldBe("Unborn");
        document.RootElement.GetProperty("waitingFor")[0].GetInt32().ShouldBe(2);
    }
}
