using System.Text.Json;
using RaftMQ.Consensus;
using RaftMQ.Node;
using RaftMQ.Replica.Requests;

namespace RaftMQ.Server.Tests.Http;

/// <summary><c>/v1/cluster</c>: what is asked of the node, and what its answers become.</summary>
public sealed class ClusterChanges
{
    private const string Addresses = """{"client": "10.0.0.4:8080", "peer": "10.0.0.4:7001"}""";
    private const string Path = "/v1/cluster/members/4";

    private static readonly Member Newcomer = new(new NodeId(4), 0, "10.0.0.4:7001", "10.0.0.4:8080");

    [Fact]
    public async Task Requests_become_changes()
    {
        await using Service service = await Service.StartAsync();
        (string Method, string Path, string? Body)[] requests =
        [
            ("PUT", Path, Addresses),
            ("PUT", Path, """{"client": "10.0.0.4:8080", "peer": "10.0.0.4:7001", "replaces": 2}"""),
            ("PATCH", Path, Addresses),
            ("DELETE", Path, null),
            ("PUT", "/v1/cluster/leader", """{"node": 2}"""),
            ("PUT", "/v1/cluster/leader", null),
        ];
        foreach ((string method, string path, string? body) in requests)
        {
            Reply reply = await service.Send(new HttpMethod(method), path, body, cancellation: TestContext.Current.CancellationToken);
            (reply.Status, reply.Body).ShouldBe((200, """{"success":true}"""));
        }

        service.Node.Changes.ShouldBe(
        [
            new MemberAddition(Newcomer), new MemberReplacement(new NodeId(2), Newcomer), new MemberMove(new NodeId(4), "10.0.0.4:7001", "10.0.0.4:8080"),
            new MemberRemoval(new NodeId(4)), new LeadershipTransfer(new NodeId(2)), new LeadershipTransfer(null),
        ]);
    }

    [Theory]
    [InlineData("PUT", "/v1/cluster/members/0", Addresses, 400, "bad-member", "0 is no number of a node")]
    [InlineData("DELETE", "/v1/cluster/members/four", null, 400, "bad-member", "four is no number of a node")]
    [InlineData("PUT", Path, "", 400, "missing-field", "is missing; send")]
    [InlineData("PUT", Path, """{"client": "10.0.0.4:8080"}""", 400, "missing-field", "is missing; send")]
    [InlineData("PUT", Path, """{"client": "10.0.0.4:8080", "peer": "10.0.0.4"}""", 400, "bad-member", "has no port")]
    [InlineData("PUT", Path, """{"client": "10.0.0.4:8080", "peer": "10.0.0.4:8080"}""", 400, "bad-member", "cannot be both addresses")]
    [InlineData("PUT", Path, """{"client": "0.0.0.0:8080", "peer": "10.0.0.4:7001"}""", 400, "bad-member", "nobody can reach a member at 0.0.0.0:8080")]
    [InlineData("PATCH", Path, """{"client": "10.0.0.4:8080", "peer": "[0:0::0]:7001"}""", 400, "bad-member", "nobody can reach a member at [0:0::0]:7001")]
    [InlineData("PUT", Path, """{"client": "10.0.0.4:8080", "pear": "10.0.0.4:7001"}""", 400, "bad-json", "pear")]
    [InlineData("PUT", Path, """{"client": 5}""", 400, "wrong-type", "client\\\" is a number; it must be a string: {")]
    [InlineData("PUT", Path, """{"client":""", 400, "bad-json", "(line 1, byte 11); send {")]
    [InlineData("PUT", Path, """{"client": "a:1", "client": "b:1"}""", 400, "bad-json", "stands twice")]
    [InlineData("PUT", Path, """{"client": "\ud800"}""", 400, "bad-json", "surrogate")]
    [InlineData("PUT", Path, """{"\ud800": 5}""", 400, "bad-json", "surrogate")]
    [InlineData("PUT", Path, """{"replaces": 0}""", 400, "bad-member", "0 is no number of a node")]
    [InlineData("PUT", Path, """{"replaces": 4294967296}""", 400, "bad-member", "4294967296 is no number of a node")]
    [InlineData("PUT", "/v1/cluster/leader", """{"node": 0}""", 400, "bad-member", "0 is no number of a node")]
    [InlineData("PUT", "/v1/cluster/leader", """{"node": -1}""", 400, "bad-member", "-1 is no number of a node")]
    [InlineData("PUT", "/v1/cluster/leader", """{"node": "2"}""", 400, "wrong-type", "it must be a number: {\\\"node\\\": 2}")]
    [InlineData("PUT", Path, "null", 400, "wrong-type", "null")]
    [InlineData("PATCH", Path, """{"client": "10.0.0.4:8080", "peer": "10.0.0.4:7001", "replaces": 2}""", 400, "bad-member", "takes no replaces")]
    [InlineData("PUT", "/v1/cluster/leader", Addresses, 400, "bad-member", "takes no client or peer")]
    [InlineData("POST", Path, Addresses, 405, "method-not-allowed", "DELETE, PATCH, PUT")]
    [InlineData("GET", "/v1/cluster/leader", null, 405, "method-not-allowed", "PUT")]
    [InlineData("DELETE", "/v1/cluster/members/4/5", null, 404, "not-found", "/v1/cluster/members/{node}")]
    public async Task What_is_wrong_is_said_and_nothing_is_asked(string method, string path, string? body, int status, string reason, string detail)
    {
        await using Service service = await Service.StartAsync();
        Reply reply = await service.Send(new HttpMethod(method), path, body, cancellation: TestContext.Current.CancellationToken);
        (reply.Status, reply.Reason).ShouldBe((status, reason));
        reply.Body.ShouldContain(detail);
        service.Node.Changes.ShouldBeEmpty();
    }

    [Fact]
    public async Task Ends_become_answers_and_a_node_that_does_not_lead_names_the_one_that_does()
    {
        await using Service service = await Service.StartAsync();
        (ChangeResult End, int Status, string? Reason)[] ends =
        [
            (new ChangeResult(ChangeOutcome.Refused, "node 4 is the last voter", null), 409, "change-refused"),
            (new ChangeResult(ChangeOutcome.Busy, null, null), 503, "change-under-way"),
            (new ChangeResult(ChangeOutcome.TooFewVoters, "of the 2 voters that there would be", null), 503, "too-few-voters"),
            (new ChangeResult(ChangeOutcome.OutcomeUnknown, null, null), 504, "outcome-unknown"),
            (new ChangeResult(ChangeOutcome.NotLeader, null, null), 503, "no-leader"),
            (new ChangeResult(ChangeOutcome.NotLeader, null, new NodeId(1)), 503, "no-leader"),
        ];
        foreach ((ChangeResult end, int status, string? reason) in ends)
        {
            service.Node.ChangeEnds = end;
            Reply reply = await service.Send(HttpMethod.Delete, Path, cancellation: TestContext.Current.CancellationToken);
            (reply.Status, reply.Reason).ShouldBe((status, reason));
            reply.Body.ShouldContain(end.Reason ?? "");
        }

        service.Node.ChangeEnds = new ChangeResult(ChangeOutcome.NotLeader, null, new NodeId(2));
        Reply redirect = await service.Send(HttpMethod.Delete, Path, cancellation: TestContext.Current.CancellationToken);
        (redirect.Status, redirect.Header("Location")).ShouldBe((307, "http://127.0.0.1:8082/v1/cluster/members/4"));
    }

    [Fact]
    public async Task The_report_names_every_member_and_how_far_the_others_are()
    {
        await using Service service = await Service.StartAsync();
        Member learner = Newcomer with { Suffrage = Suffrage.Learner, Replaces = new NodeId(2) };
        service.Node.Status = service.Node.Status with
        {
            Membership = service.Node.Status.Membership!.WithLearner(learner),
            Followers = [new FollowerProgress(new NodeId(2), new LogIndex(39), null, 45_200, true), new FollowerProgress(new NodeId(4), new LogIndex(17), 5_000, null, false)],
            CommitIndex = new LogIndex(40),
            IsMembershipCommitted = true,
            ElectionTimeoutMs = 350,
            ClusterVersion = 3,
            Understands = new ClusterVersions(1, 4),
            UnderstoodByLinked = new Dictionary<NodeId, ClusterVersions> { [new NodeId(2)] = new(2, 3) },
        };
        Reply reply = await service.Get("/v1/cluster");
        reply.Status.ShouldBe(200);
        JsonElement report = JsonDocument.Parse(reply.Body).RootElement;
        report.GetProperty("cluster").GetString()!.Length.ShouldBe(32);
        (report.GetProperty("leader").GetInt32(), report.GetProperty("commitIndex").GetInt32(), report.GetProperty("joint").GetBoolean()).ShouldBe((1, 40, false));
        report.GetProperty("committed").GetBoolean().ShouldBeTrue();
        report.GetProperty("electionTimeoutMs").GetInt32().ShouldBe(350);
        report.GetProperty("version").GetInt32().ShouldBe(3);
        report.GetProperty("waitingFor").ValueKind.ShouldBe(JsonValueKind.Null);
        report.GetProperty("members").EnumerateArray().Select(member => member.ToString()).ShouldBe(
        [
            """{"node":1,"client":"127.0.0.1:8081","peer":"127.0.0.1:7001","suffrage":"voter","seated":true,"replaces":null,"matchIndex":null,"newestVersion":4,"snapshotBytes":null,"silentMs":null,"acceptsPublishes":null}""",
            """{"node":2,"client":"127.0.0.1:8082","peer":"127.0.0.1:7002","suffrage":"voter","seated":true,"replaces":null,"matchIndex":39,"newestVersion":3,"snapshotBytes":null,"silentMs":45200,"acceptsPublishes":true}""",
            """{"node":4,"client":"10.0.0.4:8080","peer":"10.0.0.4:7001","suffrage":"learner","seated":false,"replaces":2,"matchIndex":17,"newestVersion":null,"snapshotBytes":5000,"silentMs":null,"acceptsPublishes":false}""",
        ]);
    }
}
