using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace RaftMQ.Transport;

/// <summary>Reads <c>host:port</c>: a name, an IPv4 address, or an IPv6 address in brackets.</summary>
public static class PeerAddress
{
    /// <summary>Where a peer is dialled.</summary>
    /// <exception cref="FormatException">The text is not an address.</exception>
    public static EndPoint Parse(string address)
    {
        int colon = address.LastIndexOf(':');
        string host = colon < 0 ? address : address[..colon];
        if (colon < 0 || !ushort.TryParse(address.AsSpan(colon + 1), NumberStyles.None, CultureInfo.InvariantCulture, out ushort port) || port == 0)
        {
            throw new FormatException($"\"{address}\" has no port; write it as host:port, for example 10.0.0.2:7001");
        }

        bool bracketed = host.StartsWith('[') && host.EndsWith(']');
        if (host.Length == 0 || (host.Contains(':') && !bracketed))
        {
            throw new FormatException($"\"{address}\" has no host; write it as host:port, an IPv6 address in brackets");
        }

        return IPAddress.TryParse(host, out IPAddress? ip)
            ? new IPEndPoint(ip, port)
            : new DnsEndPoint(host, port, AddressFamily.Unspecified);
    }
}
