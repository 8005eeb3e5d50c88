using System.Text.Json;
using RaftMQ.Consensus;
using RaftMQ.Contracts;
using RaftMQ.Node;
using RaftMQ.Queues;
using RaftMQ.Replica.Requests;

namespace RaftMQ.Server.Tests.Http;

/// <summary>What an answer may claim: every outcome has one status, one reason, and says when to try again if trying again helps.</summary>
public sealed class OutcomeTable
{
    [Theory]
    [InlineData(RequestOutcome.NoLeader, 503, "no-leader", "1")]
    [InlineData(RequestOutcome.Overloaded, 429, "overloaded", "1")]
    [InlineData(RequestOutcome.NotReady, 503, "not-ready", "1")]
    [InlineData(RequestOutcome.DiskFull, 507, "disk-full", null)]
    [InlineData(RequestOutcome.MemoryFull, 507, "memory-full", null)]
    [InlineData(RequestOutcome.Stopping, 503, "stopping", "1")]
    [InlineData(RequestOutcome.Overwritten, 503, "overwritten", "1")]
    [InlineData(RequestOutcome.OutcomeUnknown, 504, "outcome-unknown", null)]
    public async Task An_end_without_a_reply_says_what_is_certain(RequestOutcome outcome, int status, string reason, string? retryAfter)
    {
        await using Service service = await Service.StartAsync();
        service.Node.Prescribed = new RequestResult(outcome, default, null);

        Reply[] replies =
        [
            await service.PutTopic("""{"topic":"t"}"""), await service.PutMessage("""{"topic":"t","message":"m"}"""), await service.Get("/message/t"),
            await service.Get("/topic"), await service.Get("/topic/t"), await service.PatchTopic("""{"topic":"t","maxMessages":1}"""),
        ];

        foreach (Reply reply in replies)
        {
            (reply.Status, reply.Reason, reply.Header("Retry-After")).ShouldBe((status, reason, retryAfter));
            using JsonDocument body = JsonDocument.Parse(reply.Body);
            body.RootElement.GetProperty("error").GetProperty("code").GetString().ShouldBe(reason);
            body.RootElement.GetProperty("error").GetProperty("message").GetString().ShouldNotBeNullOrEmpty();
            reply.Header(HeaderNames.Index).ShouldBeNull();
        }
    }

    [Theory]
    [InlineData(QueueOutcome.TooManyTopics, 429, "too-many-topics", "60", "77")]
    [InlineData(QueueOutcome.TopicFullMessages, 429, "topic-full", "1", "77 messages")]
    [InlineData(QueueOutcome.TopicFullBytes, 429, "topic-full", "1", "77 bytes")]
    [InlineData(QueueOutcome.QueueFullMessages, 507, "queue-full", null, "77 messages")]
    [InlineData(QueueOutcome.QueueFullBytes, 507, "queue-full", null, "77 bytes")]
    [InlineData(QueueOutcome.MessageTooLarge, 413, "message-too-large", null, "77 bytes")]
    [InlineData(QueueOutcome.DropBoundReached, 429, "topic-full", "1", "more than 77 of the oldest")]
    [InlineData(QueueOutcome.MessageTooLargeForTopic, 413, "message-too-large", null, "77 bytes")]
    [InlineData(QueueOutcome.PolicyAboveMaxMessages, 400, "bad-topic-policy", null, "maxMessages may be 77 at most (limits.maxMessagesPerTopic)")]
    [InlineData(QueueOutcome.PolicyAboveMaxBytes, 400, "bad-topic-policy", null, "maxBytes may be 77 at most (limits.maxBytesPerTopic)")]
    [InlineData(QueueOutcome.BadTopicName, 400, "bad-topic-name", null, "slashes")]
    [InlineData(QueueOutcome.RequestKeyReused, 422, "request-key-reused", null, "new key")]
    [InlineData(QueueOutcome.RequestKeysFull, 429, "request-keys-full", "10", "77 keys (limits.maxRequestKeys)")]
    [InlineData(QueueOutcome.RequestKeyBytesFull, 429, "request-keys-full", "10", "77 bytes (limits.maxRequestKeyBytes)")]
    [InlineData(QueueOutcome.UnknownCommand, 501, "unknown-command", null, "version")]
    public async Task A_refusal_of_the_queue_names_the_limit_it_ran_into(
        QueueOutcome outcome, int status, string reason, string? retryAfter, string word)
    {
        await using Service service = await Service.StartAsync();
        service.Node.Prescribed = new RequestResult(RequestOutcome.Replied, new QueueReply(outcome, default, Index: 42, Limit: 77), null);

        Reply reply = await service.PutMessage("""{"topic":"t","message":"m"}""");

        (reply.Status, reply.Reason, reply.Header("Retry-After")).ShouldBe((status, reason, retryAfter));
        reply.Header(HeaderNames.Index).ShouldBe("42");
        using JsonDocument body = JsonDocument.Parse(reply.Body);
        body.RootElement.GetProperty("error").GetProperty("code").GetString().ShouldBe(reason);
        body.RootElement.GetProperty("error").GetProperty("message").GetString()!.ShouldContain(word);
    }

    [Theory]
    [InlineData(QueueOutcome.TopicFullMessages, "limits.maxMessagesPerTopic", "maxMessages of the topic")]
    [InlineData(QueueOutcome.TopicFullBytes, "limits.maxBytesPerTopic", "maxBytes of the topic")]
    [InlineData(QueueOutcome.MessageTooLargeForTopic, "limits.maxBytesPerTopic", "maxBytes of the topic")]
    public async Task A_refusal_says_whether_the_limit_is_the_clusters_or_the_topics_own(QueueOutcome outcome, string ofCluster, string ofTopic)
    {
        await using Service service = await Service.StartAsync();
        foreach (bool isOwn in (bool[])[false, true])
        {
            service.Node.Prescribed = new RequestResult(RequestOutcome.Replied, new QueueReply(outcome, default, Index: 42, Limit: 77, LimitIsOfTopic: isOwn), null);

            Reply reply = await service.PutMessage("""{"topic":"t","message":"m"}""");

            reply.Body.ShouldContain($"({(isOwn ? ofTopic : ofCluster)})");
        }
    }

    [Theory]
    [InlineData(QueueOutcome.TopicExists, 409, "topic-exists")]
    [InlineData(QueueOutcome.NoSuchTopic, 404, "no-such-topic")]
    [InlineData(QueueOutcome.Empty, 404, "empty")]
    public async Task A_refusal_of_the_course_table_has_its_bare_body(QueueOutcome outcome, int status, string reason)
    {
        await using Service service = await Service.StartAsync();
        service.Node.Prescribed = new RequestResult(RequestOutcome.Replied, new QueueReply(outcome, default, Index: 42), null);

        Reply reply = await service.Get("/message/t");

        (reply.Status, reply.Reason, reply.Body, reply.Header(HeaderNames.Index)).ShouldBe((status, reason, """{"success":false}""", "42"));
    }

    [Fact]
    public async Task A_node_that_does_not_lead_names_the_leader_if_it_knows_it()
    {
        await using Service service = await Service.StartAsync();
        service.Node.Prescribed = new RequestResult(RequestOutcome.NotLeader, default, new NodeId(2));
        Reply known = await service.Get("/topic");
        service.Node.Prescribed = new RequestResult(RequestOutcome.NotLeader, default, null);
        Reply unknown = await service.PutTopic("""{"topic":"t"}""");

        (known.Status, known.Body, known.Reason).ShouldBe((503, """{"success":false}""", "not-leader"));
        known.Header(HeaderNames.Leader).ShouldBe("127.0.0.1:8082");
        (unknown.Status, unknown.Body, unknown.Header(HeaderNames.Leader)).ShouldBe((503, """{"success":false}""", null));
    }

    [Theory]
    [InlineData(NodePhase.Recovering, "not-ready", "reads its disk", "1")]
    [InlineData(NodePhase.Unborn, "no-leader", "nodes 2, 3", "1")]
    [InlineData(NodePhase.Removed, "not-a-member", "send it to one of the members", null)]
    [InlineData(NodePhase.Member, "no-leader", "no leader", "1")]
    public async Task Without_a_leader_a_node_says_what_is_missing(NodePhase phase, string reason, string word, string? retryAfter)
    {
        await using Service service = await Service.StartAsync();
        service.Node.Status = service.Node.Status with { Phase = phase, WaitingFor = [new NodeId(2), new NodeId(3)] };
        service.Node.Prescribed = new RequestResult(RequestOutcome.NoLeader, default, null);
        service.Node.ChangeEnds = new ChangeResult(ChangeOutcome.NotLeader, null, null);

        Reply[] replies = [await service.Get("/topic"), await service.Send(HttpMethod.Delete, "/v1/cluster/members/4", cancellation: TestContext.Current.CancellationToken)];

        foreach (Reply reply in replies)
        {
            (reply.Status, reply.Reason, reply.Header("Retry-After")).ShouldBe((503, reason, retryAfter));
            reply.Body.ShouldContain(word);
        }
    }

    [Fact]
    public async Task Every_outcome_has_a_place_in_the_table()
    {
        await using Service service = await Service.StartAsync();
        foreach (RequestOutcome outcome in Enum.GetValues<RequestOutcome>().Except([RequestOutcome.Replied, RequestOutcome.Cancelled]))
        {
            service.Node.Prescribed = new RequestResult(outcome, default, null);
            (await service.Get("/message/t")).Reason.ShouldNotBe("internal-error", outcome.ToString());
        }

        foreach (QueueOutcome outcome in Enum.GetValues<QueueOutcome>().Except([QueueOutcome.None, QueueOutcome.Done]))
        {
            service.Node.Prescribed = new RequestResult(RequestOutcome.Replied, new QueueReply(outcome, default, 1), null);
            (await service.Get("/message/t")).Reason.ShouldNotBe("internal-error", outcome.ToString());
        }
    }

    [Fact]
    public async Task A_defect_is_called_one_and_the_next_request_is_served()
    {
        await using Service service = await Service.StartAsync();
        service.Node.Prescribed = new RequestResult((RequestOutcome)200, default, null);

        (await service.Get("/message/t")).Reason.ShouldBe("internal-error");

        service.Node.Prescribed = null;
        (await service.Get("/topic")).Status.ShouldBe(200);
    }
}
