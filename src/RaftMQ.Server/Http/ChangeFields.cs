using System.Text.Json;
using System.Text.Json.Serialization;
using RaftMQ.Contracts;
using RaftMQ.Server.Configuration;

namespace RaftMQ.Server.Http;

/// <summary>The fields of a change of the cluster: <c>{"client": "host:port", "peer": "host:port", "replaces": 2}</c> for a member, <c>{"node": 2}</c> for the next leader.</summary>
internal sealed record ChangeFields
{
    public const string NodeField = "node";
    public const string ReplacesField = "replaces";
    public const string Addresses = "client";

    /// <summary>A body for a member.</summary>
    public const string Example = """{"client": "10.0.0.4:8080", "peer": "10.0.0.4:7001"}""";

    /// <summary>A body for the next leader.</summary>
    public const string LeaderExample = """{"node": 2}""";

    private const int ExampleClientPort = 8080;
    private const int ExamplePeerPort = 7001;

    private static readonly JsonDocumentOptions Strict = new() { MaxDepth = HttpLimits.MaxJsonDepth };

    /// <summary>Where clients reach the member.</summary>
    public string? Client { get; init; }

    /// <summary>Where its peers do.</summary>
    public string? Peer { get; init; }

    /// <summary>The member that leaves for it.</summary>
    public uint? Replaces { get; init; }

    /// <summary>The node that is to lead.</summary>
    public uint? Node { get; init; }

    /// <summary>Reads a body; an empty one has no fields.</summary>
    /// <param name="body">The body.</param>
    /// <param name="example">A body that the request takes, to be shown.</param>
    public static (Refusal? Refusal, ChangeFields Fields) Read(ReadOnlySpan<byte> body, string example)
    {
        var fields = new ChangeFields();
        try
        {
            Refusal? refusal = body.IsEmpty ? null : Read(JsonElement.Parse(body, Strict), example, ref fields);
            return (refusal, fields);
        }
        catch (JsonException wrong)
        {
            return (new Refusal(Reason.BadJson, $"the body is not JSON: {JsonErrors.Reason(wrong)} ({JsonErrors.Place(wrong)}); send {example}"), fields);
        }
        catch (InvalidOperationException)
        {
            // What no string can hold is found when it is read as one.
            return (new Refusal(Reason.BadJson, $"a string is not UTF-8, or holds one half of a surrogate pair, which is no character; send {example}"), fields);
        }
    }

    /// <summary>What is wrong if there is a field that the request does not take.</summary>
    /// <param name="taken">The fields that it takes; "client" stands for both addresses.</param>
    public Refusal? ObjectionTo(params ReadOnlySpan<string?> taken)
    {
        string? other = Node is not null && !taken.Contains(NodeField) ? NodeField
            : Replaces is not null && !taken.Contains(ReplacesField) ? ReplacesField
            : (Client ?? Peer) is not null && !taken.Contains(Addresses) ? "client or peer"
            : null;
        return other is null ? null : Refusal.Because(Reason.BadMember, $"this request takes no {other}");
    }

    /// <summary>What is wrong with the addresses.</summary>
    public Refusal? ObjectionToAddresses()
    {
        if (Client is null || Peer is null)
        {
            return new Refusal(Reason.MissingField, $"the field \"{(Client is null ? "client" : "peer")}\" is missing; send {Example}");
        }

        try
        {
            bool isOne = HostPort.ParseReachable(Client, ExampleClientPort) == HostPort.ParseReachable(Peer, ExamplePeerPort);
            return isOne ? Refusal.Because(Reason.BadMember, $"{Client} cannot be both addresses") : null;
        }
        catch (SettingException wrong)
        {
            return Refusal.Because(Reason.BadMember, wrong.Message);
        }
    }

    /// <summary>A field that nobody knows is a typing mistake, for these requests are made by hand.</summary>
    private static Refusal? Read(JsonElement body, string example, ref ChangeFields fields)
    {
        if (body.ValueKind != JsonValueKind.Object)
        {
            return new Refusal(Reason.WrongType, $"the body is {JsonKind.Describe(body)}; it must be an object: {example}");
        }

        var seen = new HashSet<string>();
        foreach (JsonProperty field in body.EnumerateObject())
        {
            if (!seen.Add(field.Name))
            {
                return new Refusal(Reason.BadJson, $"the field \"{field.Name}\" stands twice; send it once: {example}");
            }

            Refusal? refusal = field.Name switch
            {
                "client" or "peer" when field.Value.ValueKind != JsonValueKind.String => WrongType(field, "a string", example),
                NodeField or ReplacesField when field.Value.ValueKind != JsonValueKind.Number => WrongType(field, "a number", example),
                NodeField or ReplacesField when !IsNode(field.Value) => Refusal.Because(Reason.BadMember, $"{field.Value.GetRawText()} is no number of a node"),
                "client" or "peer" or NodeField or ReplacesField => null,
                _ => new Refusal(Reason.BadJson, $"the field \"{field.Name}\" is not known; send {example}"),
            };
            if (refusal is not null)
            {
                return refusal;
            }

            fields = field.Name switch
            {
                "client" => fields with { Client = field.Value.GetString() },
                "peer" => fields with { Peer = field.Value.GetString() },
                NodeField => fields with { Node = field.Value.GetUInt32() },
                _ => fields with { Replaces = field.Value.GetUInt32() },
            };
        }

        return null;
    }

    private static bool IsNode(JsonElement number) => number.TryGetUInt32(out uint node) && node >= 1;

    private static Refusal WrongType(JsonProperty field, string due, string example) =>
        new(Reason.WrongType, $"the field \"{field.Name}\" is {JsonKind.Describe(field.Value)}; it must be {due}: {example}");
}

/// <summary>Generated at build time: what <c>raftmq cluster</c> sends.</summary>
[JsonSerializable(typeof(ChangeFields))]
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
internal sealed partial class ChangeFieldsJson : JsonSerializerContext;
