using Microsoft.Extensions.Primitives;
using RaftMQ.Contracts;
using RaftMQ.Queues;

namespace RaftMQ.Server.Http;

/// <summary>The <c>Idempotency-Key</c> header: the name by which a repeated request is recognised.</summary>
internal static class RequestKey
{
    /// <summary>Reads the key, if there is one.</summary>
    /// <returns>Null, or why the header is refused.</returns>
    public static Refusal? Read(HttpRequest request, out string? key)
    {
        key = null;
        if (!request.Headers.TryGetValue(HeaderNames.IdempotencyKey, out StringValues values))
        {
            return null;
        }

        if (values.Count != 1)
        {
            return Refusal.Because(Reason.BadRequestKey, $"the header stands {values.Count} times");
        }

        string value = values[0] ?? "";
        if (value.Length is 0 or > QueueMachine.MaxRequestKeyLength)
        {
            return Refusal.Because(Reason.BadRequestKey, $"it has {value.Length} characters");
        }

        foreach (char character in value)
        {
            if (character is < '!' or > '~')
            {
                return Refusal.Because(Reason.BadRequestKey, character == ' ' ? "it holds a space" : $"it holds U+{(int)character:X4}");
            }
        }

        key = value;
        return null;
    }
}
