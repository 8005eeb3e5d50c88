using System.Text;
using System.Text.Json;
using RaftMQ.Contracts;

namespace RaftMQ.Server.Tests.Http;

/// <summary>A request that is wrong, and what must come of it.</summary>
/// <param name="Name">What is wrong with it.</param>
/// <param name="Request">Its bytes.</param>
/// <param name="Reason">The reason that the answer must give; its status follows from it.</param>
/// <param name="Word">What the message must contain, so that a person knows what to change.</param>
public sealed record BadRequestCase(string Name, byte[] Request, Reason Reason, string Word)
{
    public override string ToString() => Name;

    /// <summary>Holds an answer to the contract of a malformed request.</summary>
    internal void ShouldBeAnsweredBy(Reply reply)
    {
        reply.Status.ShouldBe(Reason.Status);
        reply.Reason.ShouldBe(Reason.Token);
        reply.Header("Content-Type").ShouldBe("application/json");
        reply.Header("Cache-Control").ShouldBe("no-store");
        using JsonDocument body = JsonDocument.Parse(reply.Body);
        body.RootElement.EnumerateObject().Select(field => field.Name).ShouldBe(["success", "error"]);
        body.RootElement.GetProperty("success").GetBoolean().ShouldBeFalse();
        body.RootElement.GetProperty("error").GetProperty("code").GetString().ShouldBe(Reason.Token);
        body.RootElement.GetProperty("error").GetProperty("message").GetString()!.ShouldContain(Word, Case.Insensitive);
    }
}

/// <summary>Every way to ask wrongly that we know; sizes are for <see cref="MaxMessageBytes"/>. Real clusters are held to it too.</summary>
internal static class BadRequestTable
{
    /// <summary>The limit of the node that is asked, in bytes.</summary>
    public const int MaxMessageBytes = 1024;

    private const string JsonType = "Content-Type: application/json";

    public static IEnumerable<BadRequestCase> All =>
    [
        .. NotJson(), .. WrongTypes(), .. Policies(), .. BadTopics(), .. BadTopicsInPaths(), .. MediaTypes(), .. MethodsAndRoutes(), .. Keys(), .. Sizes(),
    ];

    private static IEnumerable<BadRequestCase> NotJson() =>
    [
        Body("an empty body", "", Reason.BadJson, "empty"),
        Body("white space only", " \r\n\t", Reason.BadJson, "empty"),
        Body("plain text", "orders", Reason.BadJson, "not JSON"),
        Body("an object cut at its first brace", "{", Reason.BadJson, "not JSON"),
        Body("an object cut before its last brace", """{"topic":"a" """, Reason.BadJson, "not JSON"),
        Body("a string cut in the middle", """{"topic":"a""", Reason.BadJson, "not JSON"),
        Body("rubbish after the object", """{"topic":"a"}x""", Reason.BadJson, "not JSON"),
        Body("two objects", """{"topic":"a"}{"topic":"b"}""", Reason.BadJson, "not JSON"),
        Body("a trailing comma", """{"topic":"a",}""", Reason.BadJson, "trailing comma"),
        Body("a comment", "// note\n{\"topic\":\"a\"}", Reason.BadJson, "not JSON"),
        Body("single quotes", "{'topic':'a'}", Reason.BadJson, "not JSON"),
        Body("a field name without quotes", """{topic:"a"}""", Reason.BadJson, "not JSON"),
        Body("no colon", """{"topic" "a"}""", Reason.BadJson, "not JSON"),
        Body("a line break in a string", "{\"topic\":\"a\nb\"}", Reason.BadJson, "line 1"),
        Body("an unknown escape", """{"topic":"\x41"}""", Reason.BadJson, "not JSON"),
        Body("an escape cut short", """{"topic":"\u00"}""", Reason.BadJson, "not JSON"),
        Body("NaN", """{"topic":NaN}""", Reason.BadJson, "not JSON"),
        Body("a NUL byte", "\0", Reason.BadJson, "not JSON"),
        Body("a topic twice", """{"topic":"a","topic":"b"}""", Reason.BadJson, "twice"),
        Body("a topic twice, once escaped", """{"topic":"a","\u0074opic":"b"}""", Reason.BadJson, "twice"),
        Body("nesting without end", "{\"x\":" + new string('[', 1000) + new string(']', 1000) + "}", Reason.BadJson, "depth"),
        Body("half a surrogate pair in the topic", """{"topic":"\ud800"}""", Reason.BadJson, "surrogate"),
        Body("the other half", """{"topic":"\udc00"}""", Reason.BadJson, "surrogate"),
        Body("two first halves", """{"topic":"\ud800\ud800"}""", Reason.BadJson, "surrogate"),
        Message("half a surrogate pair in the message", """{"topic":"a","message":"x\ud83d"}""", Reason.BadJson, "surrogate"),
        Message("a message twice", """{"topic":"a","message":"1","message":"2"}""", Reason.BadJson, "twice"),
        Bytes("a byte order mark", [0xEF, 0xBB, 0xBF, .. "{\"topic\":\"a\"}"u8], Reason.BadJson, "byte order mark"),
        Bytes("UTF-16", Encoding.Unicode.GetBytes("""{"topic":"a"}"""), Reason.BadJson, "not JSON"),
        Bytes("a byte that is no UTF-8", [.. "{\"topic\":\""u8, 0xFF, .. "\"}"u8], Reason.BadJson, "UTF-8"),
        Bytes("an overlong NUL", [.. "{\"topic\":\""u8, 0xC0, 0x80, .. "\"}"u8], Reason.BadJson, "UTF-8"),
        Bytes("a surrogate in UTF-8", [.. "{\"topic\":\""u8, 0xED, 0xA0, 0x80, .. "\"}"u8], Reason.BadJson, "UTF-8"),
        Bytes("bytes that are no UTF-8 in a field nobody reads", [.. "{\"topic\":\"a\",\"x\":\""u8, 0xFE, .. "\"}"u8], Reason.BadJson, "UTF-8"),
    ];

    private static IEnumerable<BadRequestCase> WrongTypes() =>
    [
        Body("a list", "[]", Reason.WrongType, "a list"),
        Body("a string", "\"a\"", Reason.WrongType, "a string"),
        Body("a number", "1", Reason.WrongType, "a number"),
        Body("null", "null", Reason.WrongType, "null"),
        Body("true", "true", Reason.WrongType, "true"),
        Body("a topic that is a number", """{"topic":1}""", Reason.WrongType, "\"topic\" is a number"),
        Body("a topic that is null", """{"topic":null}""", Reason.WrongType, "\"topic\" is null"),
        Body("a topic that is an object", """{"topic":{}}""", Reason.WrongType, "\"topic\" is an object"),
        Body("a topic that is a list", """{"topic":["a"]}""", Reason.WrongType, "\"topic\" is a list"),
        Body("a topic that is true", """{"topic":true}""", Reason.WrongType, "\"topic\" is true"),
        Message("a message that is a number", """{"topic":"a","message":1}""", Reason.WrongType, "\"message\" is a number"),
        Message("a message that is null", """{"topic":"a","message":null}""", Reason.WrongType, "\"message\" is null"),
        Message("a message that is an object", """{"topic":"a","message":{"b":1}}""", Reason.WrongType, "\"message\" is an object"),
        Message("a message that is a list", """{"topic":"a","message":[]}""", Reason.WrongType, "\"message\" is a list"),
        Body("no topic", "{}", Reason.MissingField, "\"topic\" is missing"),
        Body("a topic with a capital", """{"Topic":"a"}""", Reason.MissingField, "\"topic\" is missing"),
        Message("no message", """{"topic":"a"}""", Reason.MissingField, "\"message\" is missing"),
        Message("a message without a topic", """{"message":"a"}""", Reason.MissingField, "\"topic\" is missing"),
    ];

    private static IEnumerable<BadRequestCase> Policies() =>
    [
        Body("most messages that are a string", """{"topic":"a","maxMessages":"5"}""", Reason.WrongType, "\"maxMessages\" is a string"),
        Body("most bytes that are a list", """{"topic":"a","maxBytes":[5]}""", Reason.WrongType, "\"maxBytes\" is a list"),
        Body("an overflow that is a number", """{"topic":"a","overflow":1}""", Reason.WrongType, "\"overflow\" is a number"),
        Body("no messages at all", """{"topic":"a","maxMessages":0}""", Reason.BadTopicPolicy, "\"maxMessages\" is no whole number of 1 or more"),
        Body("fewer than no bytes", """{"topic":"a","maxBytes":-1}""", Reason.BadTopicPolicy, "\"maxBytes\""),
        Body("half a message", """{"topic":"a","maxMessages":1.5}""", Reason.BadTopicPolicy, "whole number"),
        Body("more bytes than a number can say", """{"topic":"a","maxBytes":9223372036854775808}""", Reason.BadTopicPolicy, "\"maxBytes\""),
        Body("an overflow that nobody knows", """{"topic":"a","overflow":"drop-newest"}""", Reason.BadTopicPolicy, "drop-oldest"),
        Body("an overflow in capitals", """{"topic":"a","overflow":"REJECT"}""", Reason.BadTopicPolicy, "neither"),
        Body("most messages twice", """{"topic":"a","maxMessages":1,"maxMessages":2}""", Reason.BadJson, "\"maxMessages\" stands twice"),
        Body("most bytes twice, once null", """{"topic":"a","maxBytes":null,"maxBytes":2}""", Reason.BadJson, "\"maxBytes\" stands twice"),
        Body("an overflow twice", """{"topic":"a","overflow":"reject","overflow":"reject"}""", Reason.BadJson, "\"overflow\" stands twice"),
        Change("nothing", """{"topic":"a"}""", Reason.MissingField, "maxMessages, maxBytes and overflow"),
        Change("nothing, but a message", """{"topic":"a","message":"m"}""", Reason.MissingField, "changes nothing"),
        Change("no topic", """{"maxMessages":1}""", Reason.MissingField, "\"topic\" is missing"),
        Change("a topic with a slash", """{"topic":"a/b","maxMessages":1}""", Reason.BadTopicName, "slash"),
        Change("no messages at all", """{"topic":"a","maxMessages":0}""", Reason.BadTopicPolicy, "\"maxMessages\""),
        Change("plain text", "orders", Reason.BadJson, "not JSON"),
    ];

    private static IEnumerable<BadRequestCase> BadTopics() =>
    [
        Topic("an empty topic", "", "empty"),
        Topic("a slash", "a/b", "slash"),
        Topic("a backslash", """a\\b""", "slash"),
        Topic("U+0000", """a\u0000""", "U+0000"),
        Topic("a line feed", """a\n""", "U+000A"),
        Topic("a delete", """a\u007f""", "U+007F"),
        Topic("a control character of Latin-1", """a\u0085""", "U+0085"),
        Topic("a topic of 256 letters", new string('a', 256), "256 bytes"),
        Topic("a topic of 128 letters of two bytes", new string('é', 128), "256 bytes"),
        Topic("a dot", ".", "."),
        Topic("two dots", "..", ".."),
        Message("a message to an empty topic", """{"topic":"","message":"m"}""", Reason.BadTopicName, "empty"),
        Message("a message to a topic with a slash", """{"topic":"a/b","message":"m"}""", Reason.BadTopicName, "slash"),
    ];

    private static IEnumerable<BadRequestCase> BadTopicsInPaths() =>
    [
        Pop("no topic in the path", "", "empty"),
        Pop("an encoded slash", "a%2Fb", "slash"),
        Pop("an encoded slash in small letters", "a%2fb", "slash"),
        Pop("an encoded backslash", "a%5Cb", "slash"),
        Pop("a lone percent sign", "%", "percent"),
        Pop("one digit after a percent sign", "a%4", "percent"),
        Pop("no digits after a percent sign", "%zz", "percent"),
        Pop("an encoded byte that is no UTF-8", "%FF", "UTF-8"),
        Pop("half of an encoded character", "%C3", "UTF-8"),
        Pop("an encoded escape character", "a%1B", "U+001B"),
        Pop("an encoded line feed", "a%0A", "U+000A"),
        Pop("256 letters in the path", new string('a', 256), "256 bytes"),
        Pop("two encoded dots", "%2E%2E", ".."),
        new("an encoded slash in the path of a topic", RawRequest.Bytes("GET /topic/a%2Fb", []), Reason.BadTopicName, "slash"),
        new("256 letters in the path of a topic", RawRequest.Bytes("GET /topic/" + new string('a', 256), []), Reason.BadTopicName, "256 bytes"),
    ];

    private static IEnumerable<BadRequestCase> MediaTypes() =>
    [
        Declared("plain text", "Content-Type: text/plain", "text/plain"),
        Declared("a form", "Content-Type: application/x-www-form-urlencoded", "application/json"),
        Declared("JSON in Latin-1", "Content-Type: application/json; charset=iso-8859-1", "UTF-8"),
        Declared("something like JSON", "Content-Type: application/vnd.api+json", "vnd.api"),
        Declared("no media type at all", "Content-Type: json", "application/json"),
        Declared("a compressed body", "Content-Encoding: gzip", "gzip"),
    ];

    private static IEnumerable<BadRequestCase> MethodsAndRoutes() =>
    [
        Method("POST", "/topic", "GET, HEAD, PATCH, PUT"),
        Method("DELETE", "/topic", "GET, HEAD, PATCH, PUT"),
        Method("OPTIONS", "/topic", "GET, HEAD, PATCH, PUT"),
        Method("PUT", "/topic/a", "GET, HEAD"),
        Method("PATCH", "/topic/a", "GET, HEAD"),
        Method("GET", "/message", "PUT"),
        Method("POST", "/message", "PUT"),
        Method("PUT", "/message/a", "GET"),
        Method("DELETE", "/message/a", "GET"),
        Method("POST", "/status", "GET, HEAD"),
        Method("PUT", "/status", "GET, HEAD"),
        Method("PUT", "/v1/node", "GET, HEAD"),
        Unknown("GET", "/"),
        Unknown("GET", "/topics"),
        Unknown("GET", "/topic/"),
        Unknown("GET", "/topic/a/b"),
        Unknown("GET", "/topic/a/"),
        Unknown("GET", "/Topic"),
        Unknown("GET", "/status/"),
        Unknown("GET", "/message/a/b"),
        Unknown("GET", "/message/a/"),
        Unknown("GET", "//topic"),
        Unknown("GET", "/%74opic"),
        Unknown("OPTIONS", "*"),
    ];

    private static IEnumerable<BadRequestCase> Keys() =>
    [
        Key("an empty key", "Idempotency-Key:", "0 characters"),
        Key("a key of 256 characters", "Idempotency-Key: " + new string('k', 256), "256"),
        Key("a key with a space", "Idempotency-Key: a b", "space"),
        Key("a key with a tab", "Idempotency-Key: a\tb", "U+0009"),
        Key("a key beyond ASCII", "Idempotency-Key: é", "U+00E9"),
        Key("two keys", "Idempotency-Key: a\r\nIdempotency-Key: b", "2 times"),
        new("a bad key on a pop", RawRequest.Bytes("GET /message/a", [], "Idempotency-Key: a b"), Reason.BadRequestKey, "visible ASCII"),
    ];

    private static IEnumerable<BadRequestCase> Sizes() =>
    [
        Message("a message over the limit", $$"""{"topic":"a","message":"{{new string('m', 1025)}}"}""", Reason.MessageTooLarge, "1024"),
        Message(
            "a message over the limit in bytes only", $$"""{"topic":"a","message":"{{new string('é', 513)}}"}""", Reason.MessageTooLarge, "1024"),
        Head("a length over the limit", "Content-Length: 9999999", "", Reason.BodyTooLarge, "bytes"),
        Head("a length beyond all reason", "Content-Length: 999999999999999999", "", Reason.BodyTooLarge, "bytes"),
        Head("chunks over the limit", "Transfer-Encoding: chunked", $"4e20\r\n{new string(' ', 20_000)}\r\n0\r\n\r\n", Reason.BodyTooLarge, "bytes"),
        Head("a chunk of no length", "Transfer-Encoding: chunked", "xyz\r\n", Reason.BadRequest, "chunk"),
    ];

    private static BadRequestCase Body(string name, string json, Reason reason, string word) =>
        Bytes(name, Encoding.UTF8.GetBytes(json), reason, word);

    private static BadRequestCase Bytes(string name, byte[] body, Reason reason, string word) =>
        new("as a topic's body: " + name, RawRequest.Bytes("PUT /topic", body, JsonType), reason, word);

    private static BadRequestCase Message(string name, string json, Reason reason, string word) =>
        new(name, RawRequest.Bytes("PUT /message", Encoding.UTF8.GetBytes(json), JsonType), reason, word);

    private static BadRequestCase Topic(string name, string escaped, string word) =>
        Body(name, $$"""{"topic":"{{escaped}}"}""", Reason.BadTopicName, word);

    private static BadRequestCase Change(string name, string json, Reason reason, string word) =>
        new("as a change of a policy: " + name, RawRequest.Bytes("PATCH /topic", Encoding.UTF8.GetBytes(json), JsonType), reason, word);

    private static BadRequestCase Pop(string name, string encoded, string word) =>
        new(name, RawRequest.Bytes("GET /message/" + encoded, []), Reason.BadTopicName, word);

    private static BadRequestCase Declared(string name, string header, string word) =>
        new(name, RawRequest.Bytes("PUT /topic", """{"topic":"a"}"""u8, header), Reason.UnsupportedMediaType, word);

    private static BadRequestCase Method(string method, string path, string allowed) =>
        new($"{method} {path}", RawRequest.Bytes($"{method} {path}", []), Reason.MethodNotAllowed, allowed);

    private static BadRequestCase Unknown(string method, string path) =>
        new($"{method} {path}", RawRequest.Bytes($"{method} {path}", []), Reason.NotFound, "GET /message/{topic}");

    private static BadRequestCase Key(string name, string header, string word) =>
        new(name, RawRequest.Bytes("PUT /topic", """{"topic":"a"}"""u8, JsonType, header), Reason.BadRequestKey, word);

    private static BadRequestCase Head(string name, string header, string content, Reason reason, string word) =>
        new(name, Encoding.ASCII.GetBytes($"PUT /topic HTTP/1.1\r\nHost: t\r\nConnection: close\r\n{header}\r\n\r\n{content}"), reason, word);
}
