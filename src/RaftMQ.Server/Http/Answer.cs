using System.Buffers;
using System.Buffers.Text;
using System.Globalization;
using System.Text;
using RaftMQ.Contracts;
using RaftMQ.Queues;

namespace RaftMQ.Server.Http;

/// <summary>Writes answers: exact bodies, and the header fields that every answer has.</summary>
internal static class Answer
{
    private static ReadOnlySpan<byte> Success => """{"success":true}"""u8;

    private static ReadOnlySpan<byte> Failure => """{"success":false}"""u8;

    /// <summary><c>{"success":true}</c></summary>
    public static void Done(HttpResponse response, int status, ulong index)
    {
        SetIndex(response, index);
        Write(response, status, Success);
    }

    /// <summary><c>{"success":true,"message":M}</c></summary>
    public static void Message(HttpResponse response, ReadOnlySpan<byte> message, ulong index)
    {
        ReadOnlySpan<byte> before = """{"success":true,"message":" """u8[..^1];
        ReadOnlySpan<byte> after = "\"}"u8;
        SetIndex(response, index);
        Begin(response, StatusCodes.Status200OK, before.Length + JsonText.EscapedLength(message) + after.Length);
        response.BodyWriter.Write(before);
        JsonText.WriteEscaped(response.BodyWriter, message);
        response.BodyWriter.Write(after);
    }

    /// <summary><c>{"success":true,"topics":[…]}</c></summary>
    public static void Topics(HttpResponse response, IReadOnlyList<string> topics, ulong index)
    {
        var body = new ArrayBufferWriter<byte>(64 + (32 * topics.Count));
        body.Write("""{"success":true,"topics":["""u8);
        for (int i = 0; i < topics.Count; i++)
        {
            body.Write(i == 0 ? "\""u8 : ",\""u8);
            JsonText.WriteEscaped(body, Encoding.UTF8.GetBytes(topics[i]));
            body.Write("\""u8);
        }

        body.Write("]}"u8);
        SetIndex(response, index);
        Write(response, StatusCodes.Status200OK, body.WrittenSpan);
    }

    /// <summary>A topic as of an index: <c>{"success":true,"topic":T,"messages":N,…}</c></summary>
    public static void Topic(HttpResponse response, string topic, in TopicGauges gauges, ulong index)
    {
        var body = new ArrayBufferWriter<byte>(256);
        body.Write("""{"success":true,"topic":" """u8[..^1]);
        JsonText.WriteEscaped(body, Encoding.UTF8.GetBytes(topic));
        string rest = string.Create(CultureInfo.InvariantCulture, $"\",\"messages\":{gauges.Messages},\"bytes\":{gauges.Bytes},\"maxMessages\":{gauges.MaxMessages},")
            + string.Create(CultureInfo.InvariantCulture, $"\"maxBytes\":{gauges.MaxBytes},\"overflow\":\"{PolicyFields.NameOf(gauges.Overflow)}\",\"dropped\":{gauges.Dropped}}}");
        body.Write(Encoding.UTF8.GetBytes(rest));
        SetIndex(response, index);
        Write(response, StatusCodes.Status200OK, body.WrittenSpan);
    }

    /// <summary><c>{"role":"Leader","term":N}</c></summary>
    public static void Status(HttpResponse response, string role, ulong term)
    {
        Span<byte> body = stackalloc byte[96];
        int length = Encoding.UTF8.GetBytes($"{{\"role\":\"{role}\",\"term\":", body);
        Utf8Formatter.TryFormat(term, body[length..], out int digits);
        length += digits;
        body[length++] = (byte)'}';
        Write(response, StatusCodes.Status200OK, body[..length]);
    }

    /// <summary>A body made elsewhere.</summary>
    public static void Json(HttpResponse response, ReadOnlySpan<byte> body) => Write(response, StatusCodes.Status200OK, body);

    /// <summary>A refusal: bare where the course's contract has it so, otherwise with the error as an object.</summary>
    /// <param name="response">Where to.</param>
    /// <param name="refusal">Why.</param>
    /// <param name="index">The log index at which it was decided, or 0 if it was not.</param>
    public static void Refused(HttpResponse response, Refusal refusal, ulong index = 0)
    {
        Reason reason = refusal.Reason;
        response.Headers[HeaderNames.Reason] = reason.Token;
        SetIndex(response, index);
        if (reason.RetryAfterSeconds > 0)
        {
            response.Headers.RetryAfter = reason.RetryAfterSeconds.ToString(CultureInfo.InvariantCulture);
        }

        if (refusal.Detail is null)
        {
            Write(response, reason.Status, Failure);
            return;
        }

        var body = new ArrayBufferWriter<byte>(256 + refusal.Detail.Length);
        body.Write("""{"success":false,"error":{"code":" """u8[..^1]);
        body.Write(Encoding.UTF8.GetBytes(reason.Token));
        body.Write("\",\"message\":\""u8);
        JsonText.WriteEscaped(body, Encoding.UTF8.GetBytes(refusal.Detail));
        body.Write("\"}}"u8);
        Write(response, reason.Status, body.WrittenSpan);
    }

    private static void SetIndex(HttpResponse response, ulong index)
    {
        if (index != 0)
        {
            response.Headers[HeaderNames.Index] = index.ToString(CultureInfo.InvariantCulture);
        }
    }

    private static void Write(HttpResponse response, int status, ReadOnlySpan<byte> body)
    {
        Begin(response, status, body.Length);
        response.BodyWriter.Write(body);
    }

    private static void Begin(HttpResponse response, int status, int length)
    {
        response.StatusCode = status;
        response.ContentLength = length;
        response.Headers.ContentType = MediaType.Json;
        response.Headers.CacheControl = "no-store";
    }
}
