using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace RaftMQ.Bench.Load;

/// <summary>An answer: its status, its body, which is valid until the next request on the connection, and whether the server says that it is the last on it.</summary>
internal readonly record struct HttpAnswer(int Status, ReadOnlyMemory<byte> Body, bool IsLast);

/// <summary>
/// One HTTP/1.1 keep-alive connection with blocking calls and a response parser of the few lines that these servers need (status line,
/// Content-Length, body), so that the load costs the machine as little as can be next to what is measured.
/// </summary>
internal sealed class HttpConnection : IDisposable
{
    private readonly Socket _socket;
    private byte[] _buffer = new byte[16 * 1024];
    private int _end;

    /// <summary>Connects to a port of this machine.</summary>
    /// <exception cref="SocketException">Nobody listens.</exception>
    public HttpConnection(int port, TimeSpan timeout)
    {
        _socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp)
        {
            NoDelay = true,
            SendTimeout = (int)timeout.TotalMilliseconds,
            ReceiveTimeout = (int)timeout.TotalMilliseconds,
        };
        try
        {
            _socket.Connect(new IPEndPoint(IPAddress.Loopback, port));
        }
        catch
        {
            _socket.Dispose();
            throw;
        }
    }

    /// <summary>A request as it goes over the wire.</summary>
    public static byte[] Request(string method, string target, string? json = null, string? idempotencyKey = null)
    {
        byte[] body = Encoding.UTF8.GetBytes(json ?? "");
        string key = idempotencyKey is null ? "" : $"Idempotency-Key: {idempotencyKey}\r\n";
        string content = json is null ? "" : $"Content-Type: application/json\r\nContent-Length: {body.Length}\r\n";
        return [.. Encoding.ASCII.GetBytes($"{method} {target} HTTP/1.1\r\nHost: localhost\r\n{key}{content}\r\n"), .. body];
    }

    /// <summary>Sends a request and waits for its answer.</summary>
    /// <exception cref="SocketException">The connection failed or the time-out passed; what became of the request is unknown.</exception>
    /// <exception cref="IOException">The other end closed the connection, or what it sent is not understood here.</exception>
    public HttpAnswer Exchange(ReadOnlySpan<byte> request)
    {
        while (!request.IsEmpty)
        {
            request = request[_socket.Send(request)..];
        }

        _end = 0;
        int headEnd = ReceiveHead();
        ReadOnlySpan<byte> head = _buffer.AsSpan(0, headEnd);
        if (!head.StartsWith("HTTP/1.1 "u8))
        {
            throw new IOException("the answer is not HTTP/1.1");
        }

        int status = int.Parse(head.Slice(9, 3), NumberStyles.None, CultureInfo.InvariantCulture);
        int length = ContentLength(head);
        while (_end < headEnd + length)
        {
            Receive();
        }

        return new HttpAnswer(status, _buffer.AsMemory(headEnd, length), _buffer.AsSpan(0, headEnd).IndexOf("\r\nConnection: close\r\n"u8) >= 0);
    }

    /// <summary>Whether the server has closed it since the last answer: nothing is to be sent on it any more.</summary>
    public bool IsClosed => _socket.Poll(0, SelectMode.SelectRead) && _socket.Available == 0;

    public void Dispose() => _socket.Dispose();

    private int ReceiveHead()
    {
        while (true)
        {
            int end = _buffer.AsSpan(0, _end).IndexOf("\r\n\r\n"u8);
            if (end >= 0)
            {
                return end + 4;
            }

            Receive();
        }
    }

    private void Receive()
    {
        if (_end == _buffer.Length)
        {
            const int LargestAnswer = 16 * 1024 * 1024;
            if (_buffer.Length >= LargestAnswer)
            {
                throw new IOException("the answer is too large");
            }

            Array.Resize(ref _buffer, _buffer.Length * 2);
        }

        int received = _socket.Receive(_buffer.AsSpan(_end));
        if (received == 0)
        {
            throw new IOException("the server closed the connection");
        }

        _end += received;
    }

    private static int ContentLength(ReadOnlySpan<byte> head)
    {
        ReadOnlySpan<byte> name = "\r\nContent-Length: "u8;
        int at = head.IndexOf(name);
        if (at < 0)
        {
            throw new IOException("the answer has no Content-Length");
        }

        ReadOnlySpan<byte> value = head[(at + name.Length)..];
        return int.Parse(value[..value.IndexOf((byte)'\r')], NumberStyles.None, CultureInfo.InvariantCulture);
    }
}
