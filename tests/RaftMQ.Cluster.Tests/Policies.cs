using System.Net;
using System.Text;

namespace RaftMQ.Cluster.Tests;

/// <summary>A topic's own limits on a real cluster, and after all of it has been started again.</summary>
[Collection("cluster")]
public sealed class Policies
{
    private const string Kept = """{"success":true,"topic":"clicks","messages":2,"bytes":4,"maxMessages":2,"maxBytes":100,"overflow":"drop-oldest","dropped":3}""";

    [Fact]
    public async Task A_policy_holds_on_every_node_and_outlives_a_restart_of_all()
    {
        using var cluster = new ServeCluster(3);
        Node leader = await cluster.StartAllAsync();
        Node follower = cluster.Nodes.First(node => node != leader);
        (await SendAsync(follower, HttpMethod.Put, """{"topic":"clicks","maxMessages":4,"maxBytes":100,"overflow":"drop-oldest"}""")).Status.ShouldBe(HttpStatusCode.Created);
        foreach (int i in Enumerable.Range(1, 5))
        {
            (await cluster.Nodes[i % 3].PublishAsync("clicks", $"m{i}")).Status.ShouldBe(HttpStatusCode.OK);
        }

        (await SendAsync(follower, HttpMethod.Patch, """{"topic":"clicks","maxMessages":2}""")).Status.ShouldBe(HttpStatusCode.OK);
        foreach (Node node in cluster.Nodes)
        {
            (await LookAsync(node)).Body.ShouldBe(Kept, "every node shows what one has answered");
        }

        cluster.Nodes.ToList().ForEach(node => cluster.Kill(node.Id));
        await cluster.StartAllAsync();

        foreach (Node node in cluster.Nodes)
        {
            (await LookAsync(node)).Body.ShouldBe(Kept);
        }

        (await cluster.Nodes[0].PopAsync("clicks")).Message.ShouldBe("m4");
    }

    private static Task<Answer> LookAsync(Node node) => node.SendAsync(HttpMethod.Get, "/topic/clicks", null, null);

    private static async Task<Answer> SendAsync(Node node, HttpMethod method, string json)
    {
        using var body = new StringContent(json, Encoding.UTF8, "application/json");
        return await node.SendAsync(method, "/topic", body, null);
    }
}
