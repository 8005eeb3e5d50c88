using System.Net;
using System.Text;
using RaftMQ.Server.Tests.Http;

namespace RaftMQ.Cluster.Tests;

/// <summary>The course's table, on the leader and on a follower of a real cluster.</summary>
[Collection("cluster")]
public sealed class CourseContract
{
    [Fact]
    public async Task Every_node_keeps_the_contract_to_the_letter()
    {
        using var cluster = new ServeCluster(3);
        Node leader = await cluster.StartAllAsync();
        Node follower = cluster.Nodes.First(node => node != leader);

        foreach (Node node in new[] { leader, follower })
        {
            string topic = $"orders {node.Id} ☃";
            Is(await node.CreateAsync(topic), HttpStatusCode.Created, """{"success":true}""");
            Is(await node.CreateAsync(topic), HttpStatusCode.Conflict, """{"success":false}""", "topic-exists");
            Is(await node.PublishAsync(topic, "first \"quoted\" 🚀"), HttpStatusCode.OK, """{"success":true}""");
            Is(await node.PublishAsync("nowhere", "x"), HttpStatusCode.NotFound, """{"success":false}""", "no-such-topic");
            Answer popped = await node.PopAsync(topic);
            popped.Status.ShouldBe(HttpStatusCode.OK);
            popped.Message.ShouldBe("first \"quoted\" 🚀");
            popped.Index.ShouldBeGreaterThan(0UL);
            Is(await node.PopAsync(topic), HttpStatusCode.NotFound, """{"success":false}""", "empty");
            Is(await node.PopAsync("nowhere"), HttpStatusCode.NotFound, """{"success":false}""", "no-such-topic");
        }

        Answer topics = await follower.TopicsAsync();
        topics.Body.ShouldBe($$"""{"success":true,"topics":["orders {{leader.Id}} ☃","orders {{follower.Id}} ☃"]}""");
        (await leader.StatusAsync()).Body.ShouldBe("""{"role":"Leader","term":1}""");
        (await follower.StatusAsync()).Body.ShouldBe("""{"role":"Follower","term":1}""");
        await cluster.UntilEqualAsync();
    }

    [Fact]
    public async Task Wrong_requests_change_nothing_and_messages_keep_their_order_through_all_nodes()
    {
        using var cluster = new ServeCluster(3);
        Node leader = await cluster.StartAllAsync();
        await leader.CreateAsync("orders");
        for (int i = 0; i < 30; i++)
        {
            (await cluster.Nodes[i % 3].PublishAsync("orders", $"m{i}")).IsDone.ShouldBeTrue();
            using var wrong = new StringContent("""{"topic":"orders","message":7}""", Encoding.UTF8, "application/json");
            (await cluster.Nodes[i % 3].SendAsync(HttpMethod.Put, "/message", wrong, null)).Status.ShouldBe(HttpStatusCode.BadRequest);
        }

        for (int i = 0; i < 30; i++)
        {
            (await cluster.Nodes[(i + 1) % 3].PopAsync("orders")).Message.ShouldBe($"m{i}");
        }

        (await leader.PopAsync("orders")).Reason.ShouldBe("empty");
    }

    [Fact]
    public async Task Every_bad_request_is_answered_on_leader_and_follower_with_what_is_wrong_and_enters_no_log()
    {
        using var cluster = new ServeCluster(3, limits: new { maxMessageBytes = BadRequestTable.MaxMessageBytes });
        Node leader = await cluster.StartAllAsync();
        Node follower = cluster.Nodes.First(node => node != leader);
        await cluster.UntilEqualAsync();
        ulong before = (await leader.ReportAsync())!.LastLogIndex;
        BadRequestTable.All.Count().ShouldBeGreaterThanOrEqualTo(60);

        foreach (Node node in new[] { leader, follower })
        {
            foreach (BadRequestCase wrong in BadRequestTable.All)
            {
                wrong.ShouldBeAnsweredBy(await RawRequest.SendAsync(node.Address, wrong.Request));
            }
        }

        (await leader.ReportAsync())!.LastLogIndex.ShouldBe(before);
    }

    [Fact]
    public async Task A_key_makes_a_retry_return_the_first_result_on_any_node_after_the_leader_was_killed()
    {
        using var cluster = new ServeCluster(3);
        Node leader = await cluster.StartAllAsync();
        await leader.CreateAsync("orders");
        await leader.PublishAsync("orders", "first", "publish-1");
        await leader.PublishAsync("orders", "second");
        Answer popped = await leader.PopAsync("orders", "pop-1");

        cluster.Kill(leader.Id);
        Node other = await cluster.LeaderAsync();

        (await other.PublishAsync("orders", "first", "publish-1")).IsDone.ShouldBeTrue();
        (await other.PublishAsync("orders", "another", "publish-1")).Status.ShouldBe(HttpStatusCode.UnprocessableEntity);
        Answer again = await other.PopAsync("orders", "pop-1");
        again.Message.ShouldBe("first");
        again.Index.ShouldBe(popped.Index);
        (await other.PopAsync("orders")).Message.ShouldBe("second");
        (await other.PopAsync("orders")).Reason.ShouldBe("empty");
    }

    private static void Is(Answer answer, HttpStatusCode status, string body, string? reason = null)
    {
        answer.Status.ShouldBe(status);
        answer.Body.ShouldBe(body);
        answer.Reason.ShouldBe(reason);
    }
}
