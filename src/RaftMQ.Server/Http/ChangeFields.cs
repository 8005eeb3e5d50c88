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

    private const string Example = """{"client": "10.0.0.4:8080", "peer": "10.0.0.4:7001"}""";
    private const int ExampleClientPort = 8080;
    private const int ExamplePeerPort = 7001;

    /// <summary>Where clients reach the member.</summary>
    public string? Client { get; init; }

    /// <summary>Where its peers do.</summary>
    public string? Peer { get; init; }

    /// <summary>The member that leaves for it.</summary>
    public uint? Replaces { get; init; }

    /// <summary>The node that is to lead.</summary>
    public uint? Node { get; init; }

    /// <summary>Reads a body; an empty one has no fields.</summary>
    public static (Refusal? Refusal, ChangeFields Fields) Read(ReadOnlySpan<byte> body)
    {
        try
        {
            ChangeFields? fields = body.IsEmpty ? new ChangeFields() : JsonSerializer.Deserialize(body, ChangeFieldsJson.Default.ChangeFields);
            return fields is null ? (new Refusal(Reason.WrongType, $"the body is null; it must be an object: {Example}"), new ChangeFields()) : (null, fields);
        }
        catch (JsonException wrong)
        {
            string place = string.IsNullOrEmpty(wrong.Path) || wrong.Path == "$" ? JsonErrors.Place(wrong) : wrong.Path;
            return (new Refusal(Reason.BadJson, $"the body cannot be read at {place}: {JsonErrors.Reason(wrong)}; send for example {Example}"), new ChangeFields());
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
            bool isOne = HostPort.Parse(Client, ExampleClientPort) == HostPort.Parse(Peer, ExamplePeerPort);
            return isOne ? Refusal.Because(Reason.BadMember, $"{Client} cannot be both addresses") : null;
        }
        catch (SettingException wrong)
        {
            return Refusal.Because(Reason.BadMember, wrong.Message);
        }
    }
}

/// <summary>Generated at build time. A field that nobody knows is a typing mistake, and these requests are made by hand.</summary>
[JsonSerializable(typeof(ChangeFields))]
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow, MaxDepth = HttpLimits.MaxJsonDepth, AllowDuplicateProperties = false)]
internal sealed partial class ChangeFieldsJson : JsonSerializerContext;
