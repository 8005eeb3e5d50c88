using RaftMQ.Contracts;

namespace RaftMQ.Server.Tests.Http;

/// <summary>What a topic may hold, from the body of a request to what the topic says of itself. The limits of the cluster: 3 messages and 100,000 bytes in a topic.</summary>
public sealed class TopicPolicies
{
    [Fact]
    public async Task A_topic_without_a_policy_says_what_the_cluster_allows()
    {
        await using Service service = await Service.StartAsync();
        await service.PutTopic("""{"topic":"say \"hi\""}""");
        await service.PutMessage("""{"topic":"say \"hi\"","message":"héllo"}""");

        Reply reply = await service.Get("/topic/say%20%22hi%22");

        (reply.Status, reply.Body).ShouldBe((200,
            """{"success":true,"topic":"say \"hi\"","messages":1,"bytes":6,"maxMessages":3,"maxBytes":100000,"overflow":"reject","dropped":0}"""));
        reply.Header(HeaderNames.Index).ShouldBe("3", "the index it was read at, as of every linearizable read");
        reply.Header("Content-Type").ShouldBe("application/json");
    }

    [Fact]
    public async Task A_topic_that_is_not_there_is_not_found()
    {
        await using Service service = await Service.StartAsync();

        Reply look = await service.Get("/topic/nowhere");
        Reply change = await service.PatchTopic("""{"topic":"nowhere","maxMessages":1}""");

        (look.Status, look.Body, look.Reason).ShouldBe((404, """{"success":false}""", "no-such-topic"));
        (change.Status, change.Body, change.Reason).ShouldBe((404, """{"success":false}""", "no-such-topic"));
    }

    [Fact]
    public async Task A_topic_is_created_with_a_policy_and_keeps_to_it()
    {
        await using Service service = await Service.StartAsync();
        Reply created = await service.PutTopic("""{"maxMessages":2,"overflow":"drop-oldest","topic":"orders","maxBytes":1000}""");
        foreach (string message in (string[])["one", "two", "three"])
        {
            (await service.PutMessage($$"""{"topic":"orders","message":"{{message}}"}""")).Status.ShouldBe(200);
        }

        (created.Status, created.Body).ShouldBe((201, """{"success":true}"""));
        (await service.Get("/topic/orders")).Body.ShouldBe(
            """{"success":true,"topic":"orders","messages":2,"bytes":8,"maxMessages":2,"maxBytes":1000,"overflow":"drop-oldest","dropped":1}""");
        (await service.Get("/message/orders")).Body.ShouldContain("two");
    }

    [Fact]
    public async Task A_change_names_what_becomes_different_and_null_gives_back_what_was_there_without_a_policy()
    {
        await using Service service = await Service.StartAsync();
        await service.PutTopic("""{"topic":"orders","maxMessages":2,"maxBytes":1000,"overflow":"drop-oldest"}""");

        Reply changed = await service.PatchTopic("""{"topic":"orders","maxMessages":1}""");
        string after = (await service.Get("/topic/orders")).Body;
        await service.PatchTopic("""{"topic":"orders","maxMessages":null,"maxBytes":null,"overflow":null}""");

        (changed.Status, changed.Body, changed.Header(HeaderNames.Index)).ShouldBe((200, """{"success":true}""", "3"));
        after.ShouldContain(""" "maxMessages":1,"maxBytes":1000,"overflow":"drop-oldest" """.Trim());
        (await service.Get("/topic/orders")).Body.ShouldContain(""" "maxMessages":3,"maxBytes":100000,"overflow":"reject" """.Trim());
    }

    [Fact]
    public async Task A_policy_above_the_clusters_limits_is_refused_with_the_limit_and_its_value()
    {
        await using Service service = await Service.StartAsync();

        Reply created = await service.PutTopic("""{"topic":"orders","maxMessages":4}""");
        await service.PutTopic("""{"topic":"orders"}""");
        Reply changed = await service.PatchTopic("""{"topic":"orders","maxBytes":100001}""");

        (created.Status, created.Reason).ShouldBe((400, "bad-topic-policy"));
        created.Body.ShouldContain("maxMessages may be 3 at most (limits.maxMessagesPerTopic)");
        (changed.Status, changed.Reason).ShouldBe((400, "bad-topic-policy"));
        changed.Body.ShouldContain("maxBytes may be 100000 at most (limits.maxBytesPerTopic)");
        changed.Header("Retry-After").ShouldBeNull("waiting does not help");
    }

    [Fact]
    public async Task A_full_topic_says_which_limit_its_value_and_when_to_come_back()
    {
        await using Service service = await Service.StartAsync();
        await service.PutTopic("""{"topic":"few","maxMessages":1}""");
        await service.PutTopic("""{"topic":"small","maxBytes":4}""");
        await service.PutMessage("""{"topic":"few","message":"1"}""");
        await service.PutMessage("""{"topic":"small","message":"123"}""");

        Reply few = await service.PutMessage("""{"topic":"few","message":"2"}""");
        Reply small = await service.PutMessage("""{"topic":"small","message":"45"}""");
        Reply never = await service.PutMessage("""{"topic":"small","message":"12345"}""");

        (few.Status, few.Reason, few.Header("Retry-After")).ShouldBe((429, "topic-full", "1"));
        few.Body.ShouldContain("1 messages (maxMessages of the topic)");
        (small.Status, small.Reason, small.Header("Retry-After")).ShouldBe((429, "topic-full", "1"));
        small.Body.ShouldContain("more than 4 bytes (maxBytes of the topic)");
        (never.Status, never.Reason, never.Header("Retry-After")).ShouldBe((413, "message-too-large", null));
        never.Body.ShouldContain("4 bytes");
    }

    [Fact]
    public async Task A_change_with_a_key_is_made_once()
    {
        await using Service service = await Service.StartAsync();
        await service.PutTopic("""{"topic":"orders"}""");
        Reply first = await service.PatchTopic("""{"topic":"orders","maxMessages":1}""", "key");
        await service.PatchTopic("""{"topic":"orders","maxMessages":2}""");

        Reply again = await service.PatchTopic("""{"topic":"orders","maxMessages":1}""", "key");
        Reply other = await service.PatchTopic("""{"topic":"orders","maxMessages":3}""", "key");

        (again.Status, again.Header(HeaderNames.Index)).ShouldBe((200, first.Header(HeaderNames.Index)));
        other.Reason.ShouldBe("request-key-reused");
        (await service.Get("/topic/orders")).Body.ShouldContain("\"maxMessages\":2,");
    }

    [Fact]
    public async Task Head_of_a_topic_answers_as_get_without_a_body()
    {
        await using Service service = await Service.StartAsync();
        await service.PutTopic("""{"topic":"orders"}""");
        Reply get = await service.Get("/topic/orders");

        Reply head = await service.Send(HttpMethod.Head, "/topic/orders", cancellation: TestContext.Current.CancellationToken);

        (head.Status, head.Body).ShouldBe((200, ""));
        head.Header("Content-Length").ShouldBe(get.Body.Length.ToString(null as IFormatProvider));
    }
}
