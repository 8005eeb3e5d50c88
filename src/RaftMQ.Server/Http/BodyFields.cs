using System.Buffers;
using System.Text.Json;
using System.Text.Unicode;
using RaftMQ.Contracts;
using RaftMQ.Queues;
using RaftMQ.Server.Configuration;

namespace RaftMQ.Server.Http;

/// <summary>What a body asks for, and so which fields it may have.</summary>
internal enum BodyKind
{
    /// <summary>A new topic: its name and, if it is to have one, its policy.</summary>
    Topic,

    /// <summary>A change of a topic's policy: its name, and at least one field of a policy.</summary>
    Policy,

    /// <summary>A message and its topic.</summary>
    Message,
}

/// <summary>
/// The fields of a body, <c>{"topic": T}</c>, <c>{"topic": T, "message": M}</c>, or a topic and its policy. Fields that nobody asked for are skipped. The message stays
/// where it
/// lies unless it has escapes; nothing here goes through reflection or an object per request.
/// </summary>
internal ref struct BodyFields
{
    private static readonly JsonReaderOptions Strict = new() { MaxDepth = HttpLimits.MaxJsonDepth };

    private PolicyFields _policy;
    private byte[]? _unescaped;

    /// <summary>The topic, not yet checked.</summary>
    public string? Topic { get; private set; }

    /// <summary>The message in UTF-8; meaningful if <see cref="HasMessage"/>.</summary>
    public ReadOnlySpan<byte> Message { get; private set; }

    /// <summary>Whether there was a message.</summary>
    public bool HasMessage { get; private set; }

    /// <summary>What was said of the topic's policy.</summary>
    public readonly TopicPolicyChange Policy => _policy.Change;

    /// <summary>Reads the fields.</summary>
    /// <param name="body">The whole body; <see cref="Message"/> may point into it.</param>
    /// <param name="kind">What it asks for.</param>
    /// <returns>Null, or what is wrong.</returns>
    public Refusal? Read(ReadOnlySpan<byte> body, BodyKind kind)
    {
        string example = kind switch
        {
            BodyKind.Message => """{"topic": "…", "message": "…"}""",
            BodyKind.Policy => """{"topic": "…", "maxMessages": 1000, "overflow": "drop-oldest"}""",
            _ => """{"topic": "…"}""",
        };
        if (body.IndexOfAnyExcept(" \t\r\n"u8) < 0)
        {
            return new Refusal(Reason.BadJson, $"the body is empty; send {example}");
        }

        if (body.StartsWith("\uFEFF"u8))
        {
            return new Refusal(Reason.BadJson, $"the body begins with a byte order mark, which JSON does not allow; send {example} without it");
        }

        if (!Utf8.IsValid(body))
        {
            return new Refusal(Reason.BadJson, "the body is not UTF-8");
        }

        try
        {
            return ReadObject(body, kind, example) ?? MissingField(kind, example);
        }
        catch (JsonException wrong)
        {
            return new Refusal(Reason.BadJson, $"the body is not JSON: {JsonErrors.Reason(wrong)} ({JsonErrors.Place(wrong)}); send {example}");
        }
        catch (InvalidOperationException)
        {
            // The reader's way to refuse "\ud800": half of a surrogate pair, which no UTF-8 can hold.
            return new Refusal(Reason.BadJson, "a string holds one half of a surrogate pair (\\ud800 to \\udfff), which is no character");
        }
    }

    /// <summary>Gives back what was rented.</summary>
    public void Dispose()
    {
        if (_unescaped is not null)
        {
            ArrayPool<byte>.Shared.Return(_unescaped);
            _unescaped = null;
        }
    }

    private Refusal? ReadObject(ReadOnlySpan<byte> body, BodyKind kind, string example)
    {
        var reader = new Utf8JsonReader(body, Strict);
        reader.Read();
        if (reader.TokenType != JsonTokenType.StartObject)
        {
            return new Refusal(Reason.WrongType, $"the body is {Describe(reader.TokenType)}; it must be an object: {example}");
        }

        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            string? field = FieldOf(ref reader, kind);
            reader.Read();
            if (field is null)
            {
                reader.Skip();
                continue;
            }

            if (Take(field, ref reader, example) is { } refusal)
            {
                return refusal;
            }
        }

        // Only white space may follow; the reader throws on anything else.
        reader.Read();
        return null;
    }

    /// <summary>The name of the field that the reader stands at, or null if nobody asked for it.</summary>
    private static string? FieldOf(ref Utf8JsonReader reader, BodyKind kind)
    {
        if (reader.ValueTextEquals("topic"u8))
        {
            return "topic";
        }

        if (kind == BodyKind.Message)
        {
            return reader.ValueTextEquals("message"u8) ? "message" : null;
        }

        return reader.ValueTextEquals(PolicyFields.MaxMessages) ? PolicyFields.MaxMessages
            : reader.ValueTextEquals(PolicyFields.MaxBytes) ? PolicyFields.MaxBytes
            : reader.ValueTextEquals(PolicyFields.Overflow) ? PolicyFields.Overflow
            : null;
    }

    private Refusal? Take(string field, ref Utf8JsonReader reader, string example)
    {
        bool isTwice = field switch { "topic" => Topic is not null, "message" => HasMessage, _ => _policy.Has(field) };
        if (isTwice)
        {
            return new Refusal(Reason.BadJson, $"the field \"{field}\" stands twice; send it once: {example}");
        }

        if (field is not ("topic" or "message"))
        {
            return _policy.Take(field, ref reader);
        }

        if (reader.TokenType != JsonTokenType.String)
        {
            return new Refusal(Reason.WrongType, $"the field \"{field}\" is {Describe(reader.TokenType)}; it must be a string: {example}");
        }

        if (field == "topic")
        {
            Topic = reader.GetString();
        }
        else
        {
            TakeMessage(ref reader);
        }

        return null;
    }

    private readonly Refusal? MissingField(BodyKind kind, string example) =>
        Topic is null ? Missing("topic", example)
        : kind == BodyKind.Message && !HasMessage ? Missing("message", example)
        : kind == BodyKind.Policy && Policy.IsEmpty ? new Refusal(Reason.MissingField, $"the body changes nothing; send one of maxMessages, maxBytes and overflow at least: {example}")
        : null;

    private void TakeMessage(ref Utf8JsonReader reader)
    {
        HasMessage = true;
        if (!reader.ValueIsEscaped)
        {
            Message = reader.ValueSpan;
            return;
        }

        _unescaped = ArrayPool<byte>.Shared.Rent(reader.ValueSpan.Length);
        Message = _unescaped.AsSpan(0, reader.CopyString(_unescaped));
    }

    private static Refusal Missing(string field, string example) => new(Reason.MissingField, $"the field \"{field}\" is missing; send {example}");

    /// <summary>A token as a message names it.</summary>
    internal static string Describe(JsonTokenType token) => token switch
    {
        JsonTokenType.StartObject => "an object",
        JsonTokenType.StartArray => "a list",
        JsonTokenType.String => "a string",
        JsonTokenType.Number => "a number",
        JsonTokenType.True or JsonTokenType.False => "true or false",
        _ => "null",
    };
}
