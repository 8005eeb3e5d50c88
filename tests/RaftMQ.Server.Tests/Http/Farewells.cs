using System.Text;

namespace RaftMQ.Server.Tests.Http;

/// <summary>A node that is about to stop sends its clients away with an answer, so that they lose no request.</summary>
public sealed class Farewells
{
    [Theory]
    [InlineData("/topic", 200)]
    [InlineData("/nothing-of-the-kind", 404)]
    public async Task From_the_farewell_on_each_answer_is_the_last_on_its_connection(string path, int status)
    {
        await using Service service = await Service.StartAsync();
        (await service.Get(path)).Headers.ShouldNotContainKey("Connection");

        service.Connections.IsFarewell = true;

        // It asks for nothing of the kind, and reads until the server closes.
        Reply last = await RawRequest.SendAsync(service.Address, Encoding.ASCII.GetBytes($"GET {path} HTTP/1.1\r\nHost: test\r\n\r\n"));
        last.Status.ShouldBe(status);
        last.Headers["Connection"].ShouldBe("close");
    }
}
