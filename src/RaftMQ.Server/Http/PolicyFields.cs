using System.Text.Json;
using RaftMQ.Contracts;
using RaftMQ.Queues;

namespace RaftMQ.Server.Http;

/// <summary>
/// The fields of a topic's policy in a body: <c>"maxMessages": N, "maxBytes": N, "overflow": "reject" | "drop-oldest"</c>. Null gives a topic back what it has without a policy.
/// Whether the numbers are within the cluster's limits is for the queue to say, which knows them for certain.
/// </summary>
internal struct PolicyFields
{
    public const string MaxMessages = "maxMessages";
    public const string MaxBytes = "maxBytes";
    public const string Overflow = "overflow";

    private const string Reject = "reject";
    private const string DropOldest = "drop-oldest";

    /// <summary>What they say; nothing for a field that was not there.</summary>
    public TopicPolicyChange Change { get; private set; }

    /// <summary>A word for what happens at a limit.</summary>
    public static string NameOf(Overflow overflow) => overflow == Queues.Overflow.DropOldest ? DropOldest : Reject;

    /// <summary>Whether a field was read already.</summary>
    public readonly bool Has(string field) => field switch
    {
        MaxMessages => Change.MaxMessages is not null,
        MaxBytes => Change.MaxBytes is not null,
        _ => Change.Overflow is not null,
    };

    /// <summary>Takes the value that the reader stands at.</summary>
    /// <param name="field">The field's name, one of the three.</param>
    /// <param name="reader">At the value.</param>
    /// <returns>Null, or what is wrong.</returns>
    public Refusal? Take(string field, ref Utf8JsonReader reader)
    {
        if (field == Overflow)
        {
            return TakeOverflow(ref reader);
        }

        if (reader.TokenType is not (JsonTokenType.Number or JsonTokenType.Null))
        {
            return new Refusal(Reason.WrongType, $"the field \"{field}\" is {BodyFields.Describe(reader.TokenType)}; it must be a whole number of 1 or more");
        }

        long limit = TopicPolicy.OfCluster;
        bool isLimit = reader.TokenType == JsonTokenType.Null || (reader.TryGetInt64(out limit) && limit >= 1);
        if (!isLimit)
        {
            return Refusal.Because(Reason.BadTopicPolicy, $"\"{field}\" is no whole number of 1 or more");
        }

        Change = field == MaxMessages ? Change with { MaxMessages = limit } : Change with { MaxBytes = limit };
        return null;
    }

    private Refusal? TakeOverflow(ref Utf8JsonReader reader)
    {
        if (reader.TokenType is not (JsonTokenType.String or JsonTokenType.Null))
        {
            return new Refusal(Reason.WrongType, $"the field \"{Overflow}\" is {BodyFields.Describe(reader.TokenType)}; it must be \"{Reject}\" or \"{DropOldest}\"");
        }

        bool rejects = reader.TokenType == JsonTokenType.Null || reader.ValueTextEquals(Reject);
        if (!rejects && !reader.ValueTextEquals(DropOldest))
        {
            return Refusal.Because(Reason.BadTopicPolicy, $"\"{Overflow}\" is neither \"{Reject}\" nor \"{DropOldest}\"");
        }

        Change = Change with { Overflow = rejects ? Queues.Overflow.Reject : Queues.Overflow.DropOldest };
        return null;
    }
}
