using System.Buffers;
using System.Text.Json;
using System.Text.Unicode;
using RaftMQ.Contracts;
using RaftMQ.Server.Configuration;

namespace RaftMQ.Server.Http;

/// <summary>
/// The fields of a body, <c>{"topic": T}</c> or <c>{"topic": T, "message": M}</c>. Fields that nobody asked for are skipped. The message stays
/// where it
/// lies unless it has escapes; nothing here goes through reflection or an object per request.
/// </summary>
internal ref struct BodyFields
{
    private static readonly JsonReaderOptions Strict = new() { MaxDepth = HttpLimits.MaxJsonDepth };

    private byte[]? _unescaped;

    /// <summary>The topic, not yet checked.</summary>
    public string? Topic { get; private set; }

    /// <summary>The message in UTF-8; meaningful if <see cref="HasMessage"/>.</summary>
    public ReadOnlySpan<byte> Message { get; private set; }

    /// <summary>Whether there was a message.</summary>
    public bool HasMessage { get; private set; }

    /// <summary>Reads the fields.</summary>
    /// <param name="body">The whole body; <see cref="Message"/> may point into it.</param>
    /// <param name="withMessage">Whether a message belongs to it.</param>
    /// <returns>Null, or what is wrong.</returns>
    public Refusal? Read(ReadOnlySpan<byte> body, bool withMessage)
    {
        string example = withMessage ? """{"topic": "…", "message": "…"}""" : """{"topic": "…"}""";
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
            Refusal? refusal = ReadObject(body, withMessage, example);
            return refusal ?? (Topic is null ? Missing("topic", example) : withMessage && !HasMessage ? Missing("message", example) : null);
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

    private Refusal? ReadObject(ReadOnlySpan<byte> body, bool withMessage, string example)
    {
        var reader = new Utf8JsonReader(body, Strict);
        reader.Read();
        if (reader.TokenType != JsonTokenType.StartObject)
        {
            return new Refusal(Reason.WrongType, $"the body is {Describe(reader.TokenType)}; it must be an object: {example}");
        }

        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            bool isTopic = reader.ValueTextEquals("topic"u8);
            bool isMessage = withMessage && !isTopic && reader.ValueTextEquals("message"u8);
            reader.Read();
            if (!isTopic && !isMessage)
            {
                reader.Skip();
                continue;
            }

            string field = isTopic ? "topic" : "message";
            if (reader.TokenType != JsonTokenType.String)
            {
                return new Refusal(Reason.WrongType, $"the field \"{field}\" is {Describe(reader.TokenType)}; it must be a string: {example}");
            }

            if (isTopic ? Topic is not null : HasMessage)
            {
                return new Refusal(Reason.BadJson, $"the field \"{field}\" stands twice; send it once: {example}");
            }

            if (isTopic)
            {
                Topic = reader.GetString();
            }
            else
            {
                TakeMessage(ref reader);
            }
        }

        // Only white space may follow; the reader throws on anything else.
        reader.Read();
        return null;
    }

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

    private static string Describe(JsonTokenType token) => token switch
    {
        JsonTokenType.StartObject => "an object",
        JsonTokenType.StartArray => "a list",
        JsonTokenType.String => "a string",
        JsonTokenType.Number => "a number",
        JsonTokenType.True or JsonTokenType.False => "true or false",
        _ => "null",
    };
}
