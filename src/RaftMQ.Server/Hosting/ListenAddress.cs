using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.Connections;
using RaftMQ.Contracts;
using RaftMQ.Server.Commands;
using RaftMQ.Server.Configuration;

namespace RaftMQ.Server.Hosting;

/// <summary>Addresses to listen on: found, checked, and what is said when one cannot be had.</summary>
internal static class ListenAddress
{
    private static readonly TimeSpan ResolveTimeout = TimeSpan.FromSeconds(5);

    /// <summary>The end point of an address of this machine.</summary>
    /// <param name="address">As configured.</param>
    /// <param name="place">Which key it stands at.</param>
    /// <param name="allowInsecure">Whether other machines may reach it.</param>
    /// <exception cref="CommandFailedException">The name is unknown, or other machines could reach it and nobody has allowed that.</exception>
    public static async Task<IPEndPoint> ResolveAsync(HostPort address, string place, bool allowInsecure)
    {
        IPAddress ip = await FindAsync(address.Host, place);
        return allowInsecure || IPAddress.IsLoopback(ip)
            ? new IPEndPoint(ip, address.Port)
            : throw new CommandFailedException(
                ExitCode.Configuration,
                $"{place}: other machines can reach {address}, and nothing is encrypted or asks for a password yet; " +
                "say --allow-insecure if that is what you want, or listen on 127.0.0.1");
    }

    /// <summary>What to say when an address cannot be listened on.</summary>
    public static CommandFailedException CannotListen(IPEndPoint endPoint, Exception failure)
    {
        SocketError? error = (failure as SocketException ?? failure.InnerException as SocketException)?.SocketErrorCode;
        bool taken = failure.InnerException is AddressInUseException || error == SocketError.AddressAlreadyInUse;
        if (taken)
        {
            return new CommandFailedException(
                ExitCode.PortTaken, $"port {endPoint.Port} of {endPoint.Address} is taken by another process; choose another, or stop that one");
        }

        string why = error switch
        {
            SocketError.AccessDenied => "ports below 1024 are for the superuser; choose another",
            SocketError.AddressNotAvailable => "no network interface of this machine has that address; choose one that has",
            _ => (failure.InnerException ?? failure).Message,
        };
        return new CommandFailedException(ExitCode.Configuration, $"{endPoint} cannot be listened on: {why}");
    }

    private static async Task<IPAddress> FindAsync(string host, string place)
    {
        if (IPAddress.TryParse(host, out IPAddress? ip))
        {
            return ip;
        }

        // Not asked of the resolver: some answer with ::1 first, and peers would dial 127.0.0.1.
        if (host.Equals("localhost", StringComparison.OrdinalIgnoreCase))
        {
            return IPAddress.Loopback;
        }

        try
        {
            using var limit = new CancellationTokenSource(ResolveTimeout);
            IPAddress[] found = await Dns.GetHostAddressesAsync(host, limit.Token);
            return found.OrderBy(each => each.AddressFamily).First();
        }
        catch (Exception failure) when (failure is SocketException or OperationCanceledException or InvalidOperationException)
        {
            throw new CommandFailedException(ExitCode.Configuration, $"{place}: the name {host} is not known here: {failure.Message}");
        }
    }
}
