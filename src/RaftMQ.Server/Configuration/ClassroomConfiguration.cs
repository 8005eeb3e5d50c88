using System.Net;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;

namespace RaftMQ.Server.Configuration;

/// <summary>
/// The assignment's own configuration: <c>{"addresses":[{"ip":"127.0.0.1","port":8567,"internal_port":8568},…]}</c>. Keys it does not know are
/// ignored: such files carry more than the assignment asks for.
/// </summary>
/// <param name="Addresses">All nodes in the order of the list, which is the order of their numbers.</param>
/// <param name="StateName">A name for this cluster's state, derived from the file's path and content.</param>
internal sealed record ClassroomConfiguration(IReadOnlyList<ClassroomAddress> Addresses, string StateName)
{
    private const int MaxFileBytes = 1024 * 1024;
    private const int MaxNodes = 9;
    private const string Example = """{"addresses":[{"ip":"127.0.0.1","port":8567,"internal_port":8568}]}""";

    /// <summary>Reads a file.</summary>
    /// <exception cref="ConfigurationException">It is wrong; the message is one line and names the file.</exception>
    public static ClassroomConfiguration Load(string path)
    {
        try
        {
            byte[] bytes = ReadFile(path);
            return new ClassroomConfiguration(Parse(bytes), NameOf(Path.GetFullPath(path), bytes));
        }
        catch (ConfigurationException wrong)
        {
            throw new ConfigurationException(Path.GetFileName(path), wrong.Message);
        }
    }

    private static byte[] ReadFile(string path)
    {
        try
        {
            return new FileInfo(path).Length <= MaxFileBytes
                ? File.ReadAllBytes(path)
                : throw new ConfigurationException("", $"the file has more than {MaxFileBytes} bytes");
        }
        catch (Exception failure) when (failure is FileNotFoundException or DirectoryNotFoundException)
        {
            throw new ConfigurationException("", $"there is no such file: {Path.GetFullPath(path)}");
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            throw new ConfigurationException("", $"the file cannot be read: {failure.Message}");
        }
    }

    private static List<ClassroomAddress> Parse(ReadOnlyMemory<byte> json)
    {
        ReadOnlyMemory<byte> text = json.Span.StartsWith("\uFEFF"u8) ? json[3..] : json;
        try
        {
            using JsonDocument document = JsonDocument.Parse(text);
            return Read(document.RootElement);
        }
        catch (JsonException wrong)
        {
            throw new ConfigurationException(JsonErrors.Place(wrong), "this is not JSON: " + JsonErrors.Reason(wrong));
        }
    }

    private static List<ClassroomAddress> Read(JsonElement root)
    {
        JsonElement list = default;
        bool found = root.ValueKind == JsonValueKind.Object && root.TryGetProperty("addresses", out list);
        if (!found || list.ValueKind != JsonValueKind.Array)
        {
            throw new ConfigurationException("", $"the list \"addresses\" is missing; write it as {Example}");
        }

        if (list.GetArrayLength() is < 1 or > MaxNodes)
        {
            throw new ConfigurationException("addresses", $"{list.GetArrayLength()} nodes are listed; a cluster has 1 to {MaxNodes}");
        }

        var addresses = new List<ClassroomAddress>();
        foreach (JsonElement element in list.EnumerateArray())
        {
            addresses.Add(ReadAddress(element, $"addresses[{addresses.Count}]"));
        }

        CheckUnique(addresses);
        return addresses;
    }

    private static ClassroomAddress ReadAddress(JsonElement element, string place)
    {
        if (element.ValueKind != JsonValueKind.Object)
        {
            throw new ConfigurationException(place, $"{JsonKind.Describe(element)} stands where an object with ip and port belongs");
        }

        if (!element.TryGetProperty("ip", out JsonElement ip) || ip.ValueKind != JsonValueKind.String)
        {
            throw new ConfigurationException($"{place}.ip", "the address is missing or not a string; for example \"127.0.0.1\"");
        }

        string host = ReadHost(ip.GetString()!, $"{place}.ip");
        return new ClassroomAddress(host, ReadPort(element, place, "port")!.Value, ReadPort(element, place, "internal_port"));
    }

    // With or without http://, with or without a trailing slash: both are seen in answers to the assignment.
    private static string ReadHost(string text, string place)
    {
        string host = text.StartsWith("http://", StringComparison.OrdinalIgnoreCase) ? text["http://".Length..] : text;
        if (host.StartsWith("https://", StringComparison.OrdinalIgnoreCase))
        {
            throw new ConfigurationException(place, $"\"{text}\" asks for TLS, which RaftMQ does not speak yet; write it with http:// or without");
        }

        host = host.EndsWith('/') ? host[..^1] : host;
        host = host.StartsWith('[') && host.EndsWith(']') ? host[1..^1] : host;
        return Uri.CheckHostName(host) != UriHostNameType.Unknown
            ? host
            : throw new ConfigurationException(place, $"\"{text}\" is not an address; write it as 127.0.0.1 or http://127.0.0.1, the port beside it");
    }

    private static int? ReadPort(JsonElement element, string place, string key)
    {
        bool required = key == "port";
        if (!element.TryGetProperty(key, out JsonElement port) || (!required && port.ValueKind == JsonValueKind.Null))
        {
            return required ? throw new ConfigurationException($"{place}.{key}", "the port is missing; for example 8567") : null;
        }

        return port.ValueKind == JsonValueKind.Number && port.TryGetInt32(out int number) && number is >= 1 and <= IPEndPoint.MaxPort
            ? number
            : throw new ConfigurationException(
                $"{place}.{key}", $"{port.GetRawText()} is not a port; a port is a number from 1 to {IPEndPoint.MaxPort}");
    }

    private static void CheckUnique(List<ClassroomAddress> addresses)
    {
        var used = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase);
        for (int i = 0; i < addresses.Count; i++)
        {
            Add(addresses[i].Client, $"addresses[{i}].port");
            if (addresses[i].InternalPort is not null)
            {
                Add(addresses[i].Peer, $"addresses[{i}].internal_port");
            }
        }

        void Add(HostPort address, string place)
        {
            if (!used.TryAdd(address.ToString(), place))
            {
                throw new ConfigurationException(place, $"{address} is also the address at {used[address.ToString()]}; every listener has its own");
            }
        }
    }

    private static string NameOf(string path, byte[] content)
    {
        byte[] hash = SHA256.HashData([.. Encoding.UTF8.GetBytes(path), 0, .. content]);
        return Convert.ToHexStringLower(hash.AsSpan(0, 8));
    }
}

/// <summary>Where a node of the assignment is.</summary>
/// <param name="Host">A name or an IP address.</param>
/// <param name="Port">For clients.</param>
/// <param name="InternalPort">For peers; null if they come in on <paramref name="Port"/> too.</param>
internal sealed record ClassroomAddress(string Host, int Port, int? InternalPort)
{
    /// <summary>Where clients reach it.</summary>
    public HostPort Client => new(Host, Port);

    /// <summary>Where peers reach it.</summary>
    public HostPort Peer => new(Host, InternalPort ?? Port);
}
