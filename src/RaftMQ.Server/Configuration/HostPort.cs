using System.Globalization;
using System.Net;
using System.Text;

namespace RaftMQ.Server.Configuration;

/// <summary>An address as people write it: <c>host:port</c>, or <c>[host]:port</c> for an IPv6 address.</summary>
/// <param name="Host">A name or an IP address, without brackets.</param>
/// <param name="Port">1 to 65,535.</param>
internal sealed record HostPort(string Host, int Port)
{
    // What a member of the configuration may hold (Member), brackets, colon and port included.
    private const int MaxBytes = 255;

    /// <summary>Reads an address.</summary>
    /// <param name="text">What was written.</param>
    /// <param name="example">The port to show in an example.</param>
    /// <exception cref="SettingException">It is none; the message says what is wrong and shows how it is written.</exception>
    public static HostPort Parse(string text, int example)
    {
        int colon = text.LastIndexOf(':');
        bool bracketed = text.StartsWith('[');
        if (Encoding.UTF8.GetByteCount(text) > MaxBytes)
        {
            throw new SettingException($"the address is longer than {MaxBytes} bytes");
        }

        if (text.Length == 0)
        {
            throw new SettingException($"the address is empty; write it as host:port, for example 10.0.0.2:{example}");
        }

        if (text.Contains("://", StringComparison.Ordinal))
        {
            throw new SettingException($"\"{text}\" is a URL; write it as host:port, without {text[..(text.IndexOf("://", StringComparison.Ordinal) + 3)]}, for example 10.0.0.2:{example}");
        }

        if (!bracketed && text.Count(character => character == ':') > 1)
        {
            throw new SettingException($"\"{text}\" looks like an IPv6 address; write it as [address]:port, for example [::1]:{example}");
        }

        if (colon < 0 || (bracketed && text.EndsWith(']')))
        {
            throw new SettingException($"\"{text}\" has no port; write it as host:port, for example {text}:{example}");
        }

        string host = text[..colon];
        if (bracketed && !(host.EndsWith(']') && IPAddress.TryParse(host[1..^1], out _)))
        {
            throw new SettingException($"\"{host}\" is not an IPv6 address in brackets; write it as [address]:port, for example [::1]:{example}");
        }

        host = bracketed ? host[1..^1] : host;
        if (Uri.CheckHostName(host) == UriHostNameType.Unknown)
        {
            throw new SettingException($"\"{host}\" is not a host name or IP address; write it as host:port, for example 10.0.0.2:{example}");
        }

        string port = text[(colon + 1)..];
        if (!int.TryParse(port, NumberStyles.None, CultureInfo.InvariantCulture, out int number) || number is < 1 or > IPEndPoint.MaxPort)
        {
            throw new SettingException($"\"{port}\" is not a port; a port is a number from 1 to {IPEndPoint.MaxPort}");
        }

        return new HostPort(host, number);
    }

    /// <summary>Reads an address at which others reach a member.</summary>
    /// <param name="text">What was written.</param>
    /// <param name="example">The port to show in an example.</param>
    /// <exception cref="SettingException">It is none, or stands for every address of a machine: that can be listened at, and not be dialled.</exception>
    public static HostPort ParseReachable(string text, int example)
    {
        HostPort address = Parse(text, example);
        bool isUnspecified = IPAddress.TryParse(address.Host, out IPAddress? ip) && (ip.Equals(IPAddress.Any) || ip.Equals(IPAddress.IPv6Any));
        return isUnspecified
            ? throw new SettingException($"nobody can reach a member at {address}, which stands for every address of a machine; write the one that others dial, for example 10.0.0.2:{address.Port}; "
                + "to listen at every address is for \"clientListen\" and \"peerListen\" in the member's configuration")
            : address;
    }

    /// <summary>As it is written.</summary>
    public override string ToString() => Host.Contains(':') ? $"[{Host}]:{Port}" : $"{Host}:{Port}";
}
