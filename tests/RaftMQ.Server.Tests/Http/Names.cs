using System.Text.Json;

namespace RaftMQ.Server.Tests.Http;

/// <summary>Unicode works everywhere, and a path is decoded exactly once.</summary>
public sealed class Names
{
    public static TheoryData<string> Texts =>
    [
        "orders", "with space", "a+b", "100%", "%41", "a%2Fb", "größe", "заказы", "注文", "🐰 rabbit 👩‍👩‍👧", "e\u0301", "a?b#c", "a&b=c",
        "\"quoted\"", "'", "~!@$^*()",
        "\u2028", "<script>", "...", ".a", "a.", new string('é', 127), "\u00a0", "\uffff", "\ud800\udc00",
    ];

    [Theory]
    [MemberData(nameof(Texts))]
    public async Task A_topic_of_any_script_is_created_listed_filled_and_emptied(string name)
    {
        await using Service service = await Service.StartAsync();
        string json = JsonSerializer.Serialize(name);

        (await service.PutTopic($$"""{"topic":{{json}}}""")).Status.ShouldBe(201);
        (await service.PutMessage($$"""{"topic":{{json}},"message":{{json}}}""")).Status.ShouldBe(200);
        using JsonDocument topics = JsonDocument.Parse((await service.Get("/topic")).Body);
        using JsonDocument popped = JsonDocument.Parse((await service.Get("/message/" + Uri.EscapeDataString(name))).Body);

        topics.RootElement.GetProperty("topics")[0].GetString().ShouldBe(name);
        popped.RootElement.GetProperty("message").GetString().ShouldBe(name);
    }

    [Fact]
    public async Task A_plus_sign_in_a_path_is_a_plus_sign()
    {
        await using Service service = await Service.StartAsync();
        await service.PutTopic("""{"topic":"a b"}""");

        (await service.Get("/message/a+b")).Reason.ShouldBe("no-such-topic");
        (await service.Get("/message/a%20b")).Reason.ShouldBe("empty");
    }

    [Fact]
    public async Task A_path_is_not_decoded_twice()
    {
        await using Service service = await Service.StartAsync();
        await service.PutTopic("""{"topic":"A"}""");

        Reply once = await RawRequest.SendAsync(service.Address, RawRequest.Bytes("GET /message/%41", []));
        Reply twice = await RawRequest.SendAsync(service.Address, RawRequest.Bytes("GET /message/%2541", []));

        (once.Reason, twice.Reason).ShouldBe(("empty", "no-such-topic"));
    }

    [Fact]
    public async Task The_absolute_form_of_a_proxy_is_understood()
    {
        await using Service service = await Service.StartAsync();

        Reply reply = await RawRequest.SendAsync(service.Address, RawRequest.Bytes("GET http://test/status", []));

        reply.Status.ShouldBe(200);
    }

    [Fact]
    public async Task A_message_comes_back_as_it_was_sent_whatever_is_in_it()
    {
        await using Service service = await Service.StartAsync();
        await service.PutTopic("""{"topic":"t"}""");
        string message = string.Concat(Enumerable.Range(0, 0x100).Select(code => (char)code)) + "\"\\/\u2028\u2029🐰\ufeff";

        await service.PutMessage($$"""{"topic":"t","message":{{JsonSerializer.Serialize(message)}}}""");
        Reply reply = await service.Get("/message/t");

        using JsonDocument body = JsonDocument.Parse(reply.Body);
        body.RootElement.GetProperty("message").GetString().ShouldBe(message);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(4_000)]
    [InlineData(70_000)]
    [InlineData(1024 * 1024)]
    public async Task Messages_of_every_size_up_to_the_limit_pass_plain_and_escaped(int length)
    {
        await using Service service = await Service.StartAsync(new Queues.QueueLimits());
        await service.PutTopic("""{"topic":"t"}""");
        string plain = new('m', length);
        string escaped = new('\u0001', length);

        (await service.PutMessage($$"""{"topic":"t","message":"{{plain}}"}""")).Status.ShouldBe(200);
        (await service.PutMessage($$"""{"topic":"t","message":{{JsonSerializer.Serialize(escaped)}}}""")).Status.ShouldBe(200);

        JsonDocument.Parse((await service.Get("/message/t")).Body).RootElement.GetProperty("message").GetString().ShouldBe(plain);
        JsonDocument.Parse((await service.Get("/message/t")).Body).RootElement.GetProperty("message").GetString().ShouldBe(escaped);
    }
}
