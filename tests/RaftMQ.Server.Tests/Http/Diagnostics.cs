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
            "node", "pid", "version", "cluster", "incarnation", "phase", "role", "term", "leader", "lastLogIndex", "lastLogTerm", "commitIndex",
            "appliedIndex", "stateHash", "messages", "acceptsPublishes", "logSyncs", "waitingFor", "members",
        ]);
        report.GetProperty("pid").GetInt32().ShouldBe(Environment.ProcessId);
        report.GetProperty("cluster").GetString().ShouldBe("00000000000000000000000000000001");
        report.GetProperty("incarnation").GetString().ShouldBe("0000000000000abc");
        report.GetProperty("stateHash").GetString().ShouldBe("ffffffffffffffff");
        report.GetProperty("appliedIndex").GetUInt64().ShouldBe(7UL);
        report.GetProperty("members")[1].GetProperty("client").GetString().ShouldBe("127.0.0.1:8082");
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
