using System.Net;
using RaftMQ.Cluster.Tests.Chaos;

namespace RaftMQ.Cluster.Tests;

/// <summary>Where a node runs and how it is reached: this machine's loopback, unless a test builds it a machine of its own.</summary>
/// <param name="Client">Where it listens for clients, and they reach it.</param>
/// <param name="Peer">Where the other nodes reach it.</param>
internal sealed record Machine(IPEndPoint Client, IPEndPoint Peer)
{
    /// <summary>Where it listens for the other nodes, if something stands between.</summary>
    public IPEndPoint? PeerListen { get; init; }

    /// <summary>The network that it is in, if that is not the test's.</summary>
    public NetworkNamespace? Network { get; init; }

    /// <summary>What its clients send with, if they are in its network.</summary>
    public HttpClient? Http { get; init; }

    /// <summary>The disk with its data, if that is one of its own.</summary>
    public MountedDisk? Disk { get; init; }

    /// <summary>What its processes find in their environment beside what the test has in its own.</summary>
    public IReadOnlyDictionary<string, string> Environment { get; init; } = new Dictionary<string, string>();

    /// <summary>So many on loopback, with ports from the system.</summary>
    public static IReadOnlyList<Machine> OnLoopback(int count)
    {
        int[] ports = ServeCluster.FreePorts(2 * count);
        return [.. Enumerable.Range(0, count).Select(i => new Machine(new IPEndPoint(IPAddress.Loopback, ports[i]), new IPEndPoint(IPAddress.Loopback, ports[count + i])))];
    }

    /// <summary>Runs the program there.</summary>
    public RaftMqProcess Start(params string[] arguments) =>
        Network is null ? RaftMqProcess.Start(Environment, arguments) : Network.Run(() => RaftMqProcess.Start(Environment, arguments));
}
