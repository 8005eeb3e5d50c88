using System.Text;

namespace RaftMQ.Server.Tests.Http;

/// <summary>What is not even HTTP is refused by the server before RaftMQ sees it: a status and no body, and the next connection is served.</summary>
public sealed class ProtocolErrors
{
    [Theory]
    [InlineData("rubbish\r\n\r\n", 400)]
    [InlineData("GET /status HTTP/1.1\r\n\r\n", 400)]
    [InlineData("GET /status HTTP/9.9\r\nHost: t\r\n\r\n", 505)]
    [InlineData("GET /status HTTP/1.1\r\nHost: t\r\nno colon\r\n\r\n", 400)]
    [InlineData("GET /message/a%00 HTTP/1.1\r\nHost: t\r\n\r\n", 400)]
    [InlineData("GET /message/\u00e9 HTTP/1.1\r\nHost: t\r\n\r\n", 400)]
    [InlineData("GET /status HTTP/1.1\r\nHost: t\r\nIdempotency-Key: \u00e9\r\n\r\n", 400)]
    [InlineData("GET status HTTP/1.1\r\nHost: t\r\n\r\n", 405)]
    [InlineData("PUT /topic HTTP/1.1\r\nHost: t\r\nContent-Length: -1\r\n\r\n", 400)]
    [InlineData("PUT /topic HTTP/1.1\r\nHost: t\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n", 400)]
    public async Task Get_a_status_and_harm_nobody(string request, int status)
    {
        await using Service service = await Service.StartAsync();

        Reply reply = await RawRequest.SendAsync(service.Address, Encoding.Latin1.GetBytes(request));

        reply.Status.ShouldBe(status);
        (await service.Get("/status")).Status.ShouldBe(200);
    }

    [Fact]
    public async Task A_first_line_over_its_limit_gets_414()
    {
        await using Service service = await Service.StartAsync();

        Reply reply = await RawRequest.SendAsync(service.Address, RawRequest.Bytes("GET /message/" + new string('a', 5_000), []));

        reply.Status.ShouldBe(414);
    }

    [Fact]
    public async Task Headers_over_their_limit_get_431()
    {
        await using Service service = await Service.StartAsync();

        Reply reply = await RawRequest.SendAsync(service.Address, RawRequest.Bytes("GET /status", [], "X: " + new string('a', 20_000)));

        reply.Status.ShouldBe(431);
    }
}
