using System.Net.Sockets;
using System.Text;
using System.Text.RegularExpressions;
using RaftMQ.Contracts;
using RaftMQ.Queues;
using RaftMQ.Replica.Requests;
using RaftMQ.Server.Configuration;
using RaftMQ.Server.Http;

namespace RaftMQ.Server.Tests.Http;

/// <summary>Every refusal for a limit says which limit it is and its value, and when to come back where waiting helps.</summary>
public sealed partial class LimitRefusals
{
    private const int Value = 7_654;

    public static TheoryData<QueueOutcome> OfTheQueue =>
    [
        QueueOutcome.TooManyTopics, QueueOutcome.TopicFullMessages, QueueOutcome.TopicFullBytes, QueueOutcome.QueueFullMessages, QueueOutcome.QueueFullBytes,
        QueueOutcome.MessageTooLarge, QueueOutcome.MessageTooLargeForTopic, QueueOutcome.RequestKeysFull, QueueOutcome.RequestKeyBytesFull,
        QueueOutcome.PolicyAboveMaxMessages, QueueOutcome.PolicyAboveMaxBytes,
    ];

    /// <summary>How requests end for a limit of a node: all limits but the disk's own end, which has no number.</summary>
    public static TheoryData<RequestOutcome, NodeLimit> OfANode => new()
    {
        { RequestOutcome.Overloaded, NodeLimit.Requests },
        { RequestOutcome.Overloaded, NodeLimit.RequestBytes },
        { RequestOutcome.Overloaded, NodeLimit.UncommittedEntries },
        { RequestOutcome.Overloaded, NodeLimit.UncommittedBytes },
        { RequestOutcome.DiskFull, NodeLimit.DiskBudget },
        { RequestOutcome.MemoryFull, NodeLimit.MemoryBudget },
        { RequestOutcome.DiskFull, NodeLimit.NodesWithRoom },
    };

    [Theory]
    [MemberData(nameof(OfTheQueue))]
    public async Task The_queue_names_its_limits_by_key_and_value(QueueOutcome outcome)
    {
        await using Service service = await Service.StartAsync();
        service.Node.Prescribed = new RequestResult(RequestOutcome.Replied, new QueueReply(outcome, default, Index: 1, Limit: Value), null);

        ShouldNameALimit(await service.PutMessage("""{"topic":"t","message":"m"}"""), Value);
    }

    [Theory]
    [MemberData(nameof(OfANode))]
    public async Task A_node_names_its_limits_by_key_and_value(RequestOutcome outcome, NodeLimit limit)
    {
        await using Service service = await Service.StartAsync();
        service.Node.Prescribed = new RequestResult(outcome, default, null, Limit: new LimitReached(limit, Value));

        ShouldNameALimit(await service.PutMessage("""{"topic":"t","message":"m"}"""), Value);
        ShouldNameALimit(await service.Get("/topic"), Value);
    }

    [Fact]
    public void Every_limit_of_a_node_has_words_and_one_of_a_newer_node_has_none()
    {
        foreach (NodeLimit limit in Enum.GetValues<NodeLimit>().Except([NodeLimit.None]))
        {
            Outcomes.Words(new LimitReached(limit, Value)).ShouldNotBeNullOrEmpty(limit.ToString());
        }

        Outcomes.Words(new LimitReached((NodeLimit)200, Value)).ShouldBeNull();
    }

    [Fact]
    public async Task A_body_that_is_too_large_is_told_how_large_it_may_be()
    {
        await using Service service = await Service.StartAsync();
        int most = HttpLimits.MaxBodyBytes(Service.SmallLimits);

        Reply reply = await service.PutMessage($$"""{"topic":"t","message":"{{new string('x', most)}}"}""");

        reply.Status.ShouldBe(413);
        ShouldNameALimit(reply, most);
    }

    [Fact]
    public async Task A_second_backup_is_told_that_there_is_one_at_a_time()
    {
        await using Service service = await Service.StartAsync();

        Reply reply = await service.Get("/v1/backup");

        (reply.Status, reply.Reason, reply.Header("Retry-After")).ShouldBe((429, "overloaded", "1"));
        reply.Body.ShouldContain("1 backup");
    }

    [Fact]
    public async Task A_first_line_that_is_too_long_has_reason_and_limit_in_its_header()
    {
        await using Service service = await Service.StartAsync();

        Reply reply = await RawRequest.SendAsync(service.Address, RawRequest.Bytes("GET /message/" + new string('a', 5_000), []));

        (reply.Status, reply.Reason, reply.Header(HeaderNames.Limit)).ShouldBe((414, "request-line-too-long", "4096 bytes"));
    }

    [Theory]
    [InlineData(20_000, 1)]
    [InlineData(1, 70)]
    public async Task Header_fields_that_are_too_large_or_too_many_have_reason_and_limit_in_their_header(int bytes, int count)
    {
        await using Service service = await Service.StartAsync(http: new HttpOptions { MaxHeaderBytes = 9_000 });
        string[] fields = [.. Enumerable.Range(0, count).Select(i => $"X{i}: " + new string('a', bytes))];

        Reply reply = await RawRequest.SendAsync(service.Address, RawRequest.Bytes("GET /status", [], fields));

        (reply.Status, reply.Reason, reply.Header(HeaderNames.Limit)).ShouldBe((431, "headers-too-large", "9000 bytes (http.maxHeaderBytes), 64 fields"));
        (await service.Get("/status")).Status.ShouldBe(200);
    }

    [Fact]
    public async Task What_is_not_even_HTTP_has_a_reason_too()
    {
        await using Service service = await Service.StartAsync();

        Reply reply = await RawRequest.SendAsync(service.Address, "rubbish\r\n\r\n"u8.ToArray());

        (reply.Status, reply.Reason, reply.Header(HeaderNames.Limit)).ShouldBe((400, "bad-request", null));
    }

    [Fact]
    public async Task A_connection_too_many_is_told_so_and_the_next_is_served_once_one_has_gone()
    {
        await using Service service = await Service.StartAsync(http: new HttpOptions { MaxConnections = 2 });
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(20));
        using (TcpClient first = await OpenAsync(service, limit.Token))
        using (TcpClient second = await OpenAsync(service, limit.Token))
        {
            Reply refused = await RawRequest.SendAsync(service.Address, RawRequest.Bytes("GET /status", []));

            refused.Status.ShouldBe(429);
            refused.Reason.ShouldBe("overloaded");
            ShouldNameALimit(refused, 2);
            refused.Header("Content-Length").ShouldBe(refused.Body.Length.ToString(null as IFormatProvider));
            first.Connected.ShouldBeTrue();
            second.Connected.ShouldBeTrue();
        }

        Reply served;
        do
        {
            served = await RawRequest.SendAsync(service.Address, RawRequest.Bytes("GET /status", []));
            limit.Token.ThrowIfCancellationRequested();
        }
        while (served.Status == 429);
        served.Status.ShouldBe(200);
    }

    [Fact]
    public async Task Header_fields_that_take_longer_than_they_may_have_reason_and_limit_in_the_answer()
    {
        await using Service service = await Service.StartAsync(http: new HttpOptions { HeadersTimeoutMs = 1_000 });

        // Well before the usual 15 s: it is the setting that counts.
        Reply reply = await RawRequest.SendAsync(service.Address, "GET /status HTTP/1.1\r\nHost: t\r\n"u8.ToArray()).WaitAsync(TimeSpan.FromSeconds(10), TestContext.Current.CancellationToken);

        (reply.Status, reply.Reason).ShouldBe((408, "request-timeout"));
        reply.Header(HeaderNames.Limit).ShouldNotBeNull().ShouldStartWith("1000 ms for the header fields (http.headersTimeoutMs)");
    }

    [Fact]
    public async Task A_connection_that_is_silent_for_longer_than_it_may_is_closed()
    {
        await using Service service = await Service.StartAsync(http: new HttpOptions { KeepAliveMs = 1_000 });
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(20));
        using TcpClient client = await OpenAsync(service, limit.Token);
        byte[] more = new byte[100];

        (await client.GetStream().ReadAsync(more, limit.Token)).ShouldBe(0, "the end of the connection, within far less than the usual 130 s");
    }

    /// <summary>A connection that has been served, so that it is counted.</summary>
    private static async Task<TcpClient> OpenAsync(Service service, CancellationToken cancellation)
    {
        var client = new TcpClient();
        await client.ConnectAsync(service.Address, cancellation);
        await client.GetStream().WriteAsync("GET /status HTTP/1.1\r\nHost: t\r\n\r\n"u8.ToArray(), cancellation);
        byte[] answer = new byte[1_000];
        (await client.GetStream().ReadAsync(answer, cancellation)).ShouldBePositive();
        Encoding.ASCII.GetString(answer).ShouldStartWith("HTTP/1.1 200");
        return client;
    }

    private static void ShouldNameALimit(Reply reply, long value)
    {
        Reason reason = Reason.All.Single(each => each.Token == reply.Reason);
        reply.Status.ShouldBe(reason.Status);
        reply.Header("Retry-After").ShouldBe(reason.RetryAfterSeconds > 0 ? reason.RetryAfterSeconds.ToString(null as IFormatProvider) : null);
        reply.Body.ShouldContain($"{value} ");
        string key = Key().Match(reply.Body).Value;
        Settings.Find(key).ShouldNotBeNull($"a refusal names the key that sets its limit: {reply.Body}");
    }

    [GeneratedRegex(@"\b(limits|budgets|http)\.\w+")]
    private static partial Regex Key();
}
