namespace RaftMQ.Contracts;

/// <summary>The header fields that RaftMQ adds to HTTP.</summary>
public static class HeaderNames
{
    /// <summary>In a refusal: the token of its <see cref="Reason"/>.</summary>
    public const string Reason = "RaftMQ-Reason";

    /// <summary>The log index at which the answer was decided: a decimal number that never falls from one answer to a later request's.</summary>
    public const string Index = "RaftMQ-Index";

    /// <summary>Where clients reach the leader, as host:port, in an answer of a node that does not lead and does not pass requests on.</summary>
    public const string Leader = "RaftMQ-Leader";

    /// <summary>In a refusal that has no body to say it: the limit that the request ran into, its value first.</summary>
    public const string Limit = "RaftMQ-Limit";

    /// <summary>In a request: the name under which a repetition is recognised (draft-ietf-httpapi-idempotency-key-header).</summary>
    public const string IdempotencyKey = "Idempotency-Key";
}
