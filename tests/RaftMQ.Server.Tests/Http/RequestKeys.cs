using RaftMQ.Contracts;

namespace RaftMQ.Server.Tests.Http;

/// <summary>With an <c>Idempotency-Key</c> a repetition gets the first result.</summary>
public sealed class RequestKeys
{
    [Fact]
    public async Task A_repeated_pop_returns_the_same_message_at_the_same_index()
    {
        await using Service service = await Service.StartAsync();
        await service.PutTopic("""{"topic":"t"}""");
        await service.PutMessage("""{"topic":"t","message":"one"}""");
        await service.PutMessage("""{"topic":"t","message":"two"}""");

        Reply first = await service.Get("/message/t", key: "pop-1");
        Reply again = await service.Get("/message/t", key: "pop-1");

        again.Body.ShouldBe("""{"success":true,"message":"one"}""");
        again.Header(HeaderNames.Index).ShouldBe(first.Header(HeaderNames.Index));
        (await service.Get("/message/t")).Body.ShouldContain("two");
    }

    [Fact]
    public async Task A_repeated_put_puts_once()
    {
        await using Service service = await Service.StartAsync();
        (await service.PutTopic("""{"topic":"t"}""", "create")).Status.ShouldBe(201);
        (await service.PutTopic("""{"topic":"t"}""", "create")).Status.ShouldBe(201);
        (await service.PutMessage("""{"topic":"t","message":"one"}""", "put")).Status.ShouldBe(200);
        (await service.PutMessage("""{"topic":"t","message":"one"}""", "put")).Status.ShouldBe(200);

        (await service.Get("/message/t")).Status.ShouldBe(200);
        (await service.Get("/message/t")).Reason.ShouldBe("empty");
    }

    [Fact]
    public async Task The_same_key_with_another_request_is_refused()
    {
        await using Service service = await Service.StartAsync();
        await service.PutTopic("""{"topic":"t"}""");
        await service.PutMessage("""{"topic":"t","message":"one"}""", "key");

        Reply reply = await service.PutMessage("""{"topic":"t","message":"two"}""", "key");

        (reply.Status, reply.Reason).ShouldBe((422, "request-key-reused"));
    }

    [Fact]
    public async Task The_longest_key_is_taken()
    {
        await using Service service = await Service.StartAsync();

        (await service.PutTopic("""{"topic":"t"}""", new string('~', 255))).Status.ShouldBe(201);
    }
}
