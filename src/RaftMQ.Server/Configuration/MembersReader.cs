using System.Text.Json;
using RaftMQ.Consensus;

namespace RaftMQ.Server.Configuration;

/// <summary>Reads the list of members: <c>[{"id": 1, "client": "host:port", "peer": "host:port"}, …]</c>.</summary>
internal static class MembersReader
{
    /// <summary>The keys of a member, all required.</summary>
    public static readonly IReadOnlyList<string> Keys = ["id", "client", "peer"];

    /// <exception cref="ConfigurationException">Something in the list is wrong; the message names the place.</exception>
    public static IReadOnlyList<MemberAddresses> Read(JsonElement list)
    {
        if (list.ValueKind != JsonValueKind.Array)
        {
            throw new ConfigurationException(Settings.Members, $"{JsonKind.Describe(list)} stands where a list of members belongs");
        }

        if (list.GetArrayLength() is < 1 or > Membership.MaxVoters)
        {
            throw new ConfigurationException(
                Settings.Members, $"{list.GetArrayLength()} members are listed; a cluster has 1 to {Membership.MaxVoters}, odd numbers advised");
        }

        var members = new List<MemberAddresses>();
        foreach (JsonElement element in list.EnumerateArray())
        {
            members.Add(ReadMember(element, $"{Settings.Members}[{members.Count}]"));
        }

        return members;
    }

    private static MemberAddresses ReadMember(JsonElement element, string place)
    {
        if (element.ValueKind != JsonValueKind.Object)
        {
            throw new ConfigurationException(
                place, $"{JsonKind.Describe(element)} stands where a member belongs, for example " +
                """{"id": 1, "client": "10.0.0.1:8080", "peer": "10.0.0.1:7001"}""");
        }

        ConfigurationKeys.Check(element, place, Keys);
        return new MemberAddresses(ReadId(element, place), ReadAddress(element, place, "client"), ReadAddress(element, place, "peer"));
    }

    private static long ReadId(JsonElement member, string place)
    {
        JsonElement id = Required(member, place, "id");
        return id.ValueKind == JsonValueKind.Number && id.TryGetUInt32(out uint number) && number >= 1
            ? number
            : throw new ConfigurationException($"{place}.id", $"{id.GetRawText()} is not a whole number from 1 to {uint.MaxValue}");
    }

    private static HostPort ReadAddress(JsonElement member, string place, string key)
    {
        JsonElement address = Required(member, place, key);
        if (address.ValueKind != JsonValueKind.String)
        {
            throw new ConfigurationException($"{place}.{key}", $"{JsonKind.Describe(address)} stands where an address in quotes belongs");
        }

        try
        {
            return key == "client" ? Settings.ClientAddress(address.GetString()!) : Settings.PeerAddress(address.GetString()!);
        }
        catch (SettingException wrong)
        {
            throw new ConfigurationException($"{place}.{key}", wrong.Message);
        }
    }

    private static JsonElement Required(JsonElement member, string place, string key) =>
        member.TryGetProperty(key, out JsonElement value)
            ? value
            : throw new ConfigurationException(place, $"the key \"{key}\" is missing; a member has id, client and peer");
}
