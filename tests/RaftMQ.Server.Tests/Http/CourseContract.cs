using RaftMQ.Contracts;
using RaftMQ.Queues;
using RaftMQ.Replica.Requests;

namespace RaftMQ.Server.Tests.Http;

/// <summary>The course's table, line by line: status and body to the byte.</summary>
public sealed class CourseContract
{
    [Fact]
    public async Task A_new_topic_is_created()
    {
        await using Service service = await Service.StartAsync();

        Reply reply = await service.PutTopic("""{"topic":"orders"}""");

        (reply.Status, reply.Body).ShouldBe((201, """{"success":true}"""));
        reply.Reason.ShouldBeNull();
        reply.Header(HeaderNames.Index).ShouldBe("2");
    }

    [Fact]
    public async Task A_topic_that_exists_is_a_conflict()
    {
        await using Service service = await Service.StartAsync();
        await service.PutTopic("""{"topic":"orders"}""");

        Reply reply = await service.PutTopic("""{"topic":"orders"}""");

        (reply.Status, reply.Body, reply.Reason).ShouldBe((409, """{"success":false}""", "topic-exists"));
        reply.Header(HeaderNames.Index).ShouldBe("3");
    }

    [Fact]
    public async Task Topics_are_listed_in_order_of_creation()
    {
        await using Service service = await Service.StartAsync();
        (await service.Get("/topic")).Body.ShouldBe("""{"success":true,"topics":[]}""");
        await service.PutTopic("""{"topic":"zebra"}""");
        await service.PutTopic("""{"topic":"ant"}""");
        await service.PutTopic("""{"topic":"say \"hi\""}""");

        Reply reply = await service.Get("/topic");

        (reply.Status, reply.Body).ShouldBe((200, """{"success":true,"topics":["zebra","ant","say \"hi\""]}"""));
    }

    [Fact]
    public async Task Messages_come_back_oldest_first_and_once()
    {
        await using Service service = await Service.StartAsync();
        await service.PutTopic("""{"topic":"orders"}""");
        Reply first = await service.PutMessage("""{"topic":"orders","message":"one"}""");
        await service.PutMessage("""{"topic":"orders","message":"two"}""");

        (first.Status, first.Body).ShouldBe((200, """{"success":true}"""));
        Reply popped = await service.Get("/message/orders");
        (popped.Status, popped.Body).ShouldBe((200, """{"success":true,"message":"one"}"""));
        (await service.Get("/message/orders")).Body.ShouldBe("""{"success":true,"message":"two"}""");
        Reply none = await service.Get("/message/orders");
        (none.Status, none.Body, none.Reason).ShouldBe((404, """{"success":false}""", "empty"));
    }

    [Fact]
    public async Task Without_the_topic_nothing_is_put_or_popped()
    {
        await using Service service = await Service.StartAsync();

        Reply put = await service.PutMessage("""{"topic":"orders","message":"one"}""");
        Reply pop = await service.Get("/message/orders");

        (put.Status, put.Body, put.Reason).ShouldBe((404, """{"success":false}""", "no-such-topic"));
        (pop.Status, pop.Body, pop.Reason).ShouldBe((404, """{"success":false}""", "no-such-topic"));
    }

    [Theory]
    [InlineData(Consensus.Role.Leader, """{"role":"Leader","term":3}""")]
    [InlineData(Consensus.Role.Candidate, """{"role":"Candidate","term":3}""")]
    [InlineData(Consensus.Role.Follower, """{"role":"Follower","term":3}""")]
    public async Task The_status_tells_role_and_term(Consensus.Role role, string body)
    {
        await using Service service = await Service.StartAsync();
        service.Node.Status = service.Node.Status with { Role = role };

        Reply reply = await service.Get("/status");

        (reply.Status, reply.Body).ShouldBe((200, body));
    }

    [Theory]
    [InlineData("/status")]
    [InlineData("/topic")]
    [InlineData("/message/orders")]
    [InlineData("/v1/node")]
    [InlineData("/topic/orders")]
    public async Task No_answer_may_be_stored(string path)
    {
        await using Service service = await Service.StartAsync();

        Reply reply = await service.Get(path);

        reply.Header("Cache-Control").ShouldBe("no-store");
        reply.Header("Content-Type").ShouldBe("application/json");
    }

    [Fact]
    public async Task Head_never_pops()
    {
        await using Service service = await Service.StartAsync();
        await service.PutTopic("""{"topic":"orders"}""");
        await service.PutMessage("""{"topic":"orders","message":"one"}""");

        Reply head = await service.Send(HttpMethod.Head, "/message/orders", cancellation: TestContext.Current.CancellationToken);

        (head.Status, head.Header("Allow")).ShouldBe((405, "GET"));
        (await service.Get("/message/orders")).Body.ShouldContain("one");
    }

    [Theory]
    [InlineData("/topic")]
    [InlineData("/status")]
    [InlineData("/v1/node")]
    public async Task Head_answers_as_get_without_a_body(string path)
    {
        await using Service service = await Service.StartAsync();
        Reply get = await service.Get(path);

        Reply head = await service.Send(HttpMethod.Head, path, cancellation: TestContext.Current.CancellationToken);

        (head.Status, head.Body).ShouldBe((200, ""));
        head.Header("Content-Length").ShouldBe(get.Body.Length.ToString(null as IFormatProvider));
    }

    [Fact]
    public async Task Fields_that_nobody_asked_for_and_a_query_are_ignored()
    {
        await using Service service = await Service.StartAsync();

        (await service.PutTopic("""{"id":1,"tags":[{"topic":"not this"}],"topic":"orders","message":null}""")).Status.ShouldBe(201);
        (await service.PutMessage("""{"when":null,"message":"one","topic":"orders"}""")).Status.ShouldBe(200);
        (await service.Get("/message/orders?x=1")).Body.ShouldContain("one");
    }

    [Theory]
    [InlineData("")]
    [InlineData("Content-Type: application/json; charset=utf-8\r\n")]
    [InlineData("Content-Type: Application/JSON;charset=\"UTF-8\"\r\n")]
    [InlineData("Content-Type: application/json\r\nContent-Encoding: identity\r\n")]
    public async Task Json_in_utf_8_may_be_declared_in_several_ways_or_not_at_all(string header)
    {
        await using Service service = await Service.StartAsync();
        string request = $"PUT /topic HTTP/1.1\r\nHost: t\r\nConnection: close\r\n{header}Content-Length: 13\r\n\r\n{{\"topic\":\"a\"}}";

        Reply reply = await RawRequest.SendAsync(service.Address, System.Text.Encoding.ASCII.GetBytes(request));

        reply.Status.ShouldBe(201);
    }

    [Fact]
    public async Task A_request_given_up_by_its_client_is_given_up_at_the_node()
    {
        await using Service service = await Service.StartAsync();
        service.Node.Holds = true;
        using var client = new CancellationTokenSource();
        Task<Reply> asking = service.Send(HttpMethod.Get, "/message/orders", cancellation: client.Token);
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(20));
        using var look = new PeriodicTimer(TimeSpan.FromMilliseconds(1));
        while (service.Node.Submitted == 0)
        {
            await look.WaitForNextTickAsync(limit.Token);
        }

        await client.CancelAsync();

        await service.Node.Abandoned.WaitAsync(limit.Token);
        await Should.ThrowAsync<OperationCanceledException>(asking);
    }

    [Fact]
    public async Task The_clusters_limits_decide_and_not_the_nodes_file()
    {
        var file = new QueueLimits { MaxMessageBytes = 10, MaxTopicNameBytes = 3 };
        await using Service service = await Service.StartAsync(file);
        service.Node.Status = service.Node.Status with { Limits = new QueueLimits { MaxMessageBytes = 20, MaxTopicNameBytes = 5 } };
        service.Node.Prescribed = new RequestResult(RequestOutcome.Replied, new QueueReply(QueueOutcome.Done, default, 7), null);

        (await service.PutMessage("""{"topic":"abcde","message":"twenty bytes of text"}""")).Status.ShouldBe(200);
        (await service.Get("/message/abcde")).Status.ShouldBe(200);
        Reply large = await service.PutMessage("""{"topic":"abcde","message":"twenty bytes and more"}""");
        Reply name = await service.PutTopic("""{"topic":"abcdef"}""");

        large.Status.ShouldBe(413);
        large.Body.ShouldContain("20 bytes");
        name.Status.ShouldBe(400);
    }
}
