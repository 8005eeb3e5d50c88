using System.Net;
using System.Net.Sockets;
using System.Text;

namespace RaftMQ.Server.Tests.Http;

/// <summary>Requests as bytes, for what no HTTP library would send.</summary>
internal static class RawRequest
{
    /// <summary>A request with a body and its length; one connection, closed after the answer.</summary>
    public static byte[] Bytes(string firstLine, ReadOnlySpan<byte> body, params string[] headers)
    {
        string head = $"{firstLine} HTTP/1.1\r\nHost: test\r\nConnection: close\r\n" +
            string.Concat(headers.Select(header => header + "\r\n")) + $"Content-Length: {body.Length}\r\n\r\n";
        return [.. Encoding.UTF8.GetBytes(head), .. body];
    }

    /// <summary>Sends bytes and reads until the server closes.</summary>
    public static async Task<Reply> SendAsync(IPEndPoint address, ReadOnlyMemory<byte> request)
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(20));
        using var client = new TcpClient();
        await client.ConnectAsync(address, limit.Token);
        NetworkStream stream = client.GetStream();
        await stream.WriteAsync(request, limit.Token);
        using var answer = new MemoryStream();
        try
        {
            await stream.CopyToAsync(answer, limit.Token);
        }
        catch (IOException) when (answer.Length > 0)
        {
            // The server cut a request it did not want to read to its end; its answer has arrived before.
        }

        return Parse(Encoding.UTF8.GetString(answer.ToArray()));
    }

    private static Reply Parse(string answer)
    {
        int end = answer.IndexOf("\r\n\r\n", StringComparison.Ordinal);
        end.ShouldBePositive($"no answer, but: {answer}");
        string[] lines = answer[..end].Split("\r\n");
        Dictionary<string, string> headers = lines.Skip(1).Select(line => line.Split(": ", 2))
            .ToDictionary(parts => parts[0], parts => parts[1], StringComparer.OrdinalIgnoreCase);
        return new Reply(int.Parse(lines[0].Split(' ')[1], null), answer[(end + 4)..], headers);
    }
}
