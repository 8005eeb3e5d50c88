using RaftMQ.Contracts;

namespace RaftMQ.Server.Http;

/// <summary>A request that is not carried out.</summary>
/// <param name="Reason">Why.</param>
/// <param name="Detail">What exactly is wrong and what is allowed, for a person; null where the course's contract knows a bare
/// <c>{"success":false}</c>.</param>
internal sealed record Refusal(Reason Reason, string? Detail)
{
    public static readonly Refusal TopicExists = new(Reason.TopicExists, null);
    public static readonly Refusal NoSuchTopic = new(Reason.NoSuchTopic, null);
    public static readonly Refusal Empty = new(Reason.Empty, null);
    public static readonly Refusal NotLeader = new(Reason.NotLeader, null);

    /// <summary>A refusal with the reason's own words, and what is special about this case between them.</summary>
    public static Refusal Because(Reason reason, string? special = null) =>
        new(reason, special is null ? $"{reason.Title}; {reason.Advice}" : $"{reason.Title}: {special}; {reason.Advice}");
}
