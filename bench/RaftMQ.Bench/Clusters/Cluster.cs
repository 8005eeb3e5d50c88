using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using RaftMQ.Bench.Load;

namespace RaftMQ.Bench.Clusters;

/// <summary>
/// A cluster to put load on: one that the benchmark starts (`raftmq dev`, a child process) and removes with its data, or one that is running.
/// </summary>
internal sealed class Cluster : IDisposable
{
    private static readonly TimeSpan StartTimeout = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan PollInterval = TimeSpan.FromMilliseconds(20);

    private readonly IStarted? _started;

    /// <param name="ports">The client ports of the nodes.</param>
    /// <param name="started">What this benchmark started for it, if anything; ended with the cluster.</param>
    public Cluster(IReadOnlyList<int> ports, IStarted? started)
    {
        Ports = ports;
        _started = started;
    }

    /// <summary>The client ports of the nodes.</summary>
    public IReadOnlyList<int> Ports { get; }

    /// <summary>Starts `raftmq dev` and waits until every node answers and one leads.</summary>
    /// <param name="server">The path of raftmq.dll.</param>
    /// <param name="nodes">How many nodes.</param>
    /// <param name="data">The folder under which their data are put.</param>
    public static Cluster Start(string server, int nodes, string data)
    {
        RequireServer(server);
        int first = FreePorts(nodes);
        ChildProcess supervisor = Interruption.Undo(() => new ChildProcess(
            "dotnet", [server, "dev", "--nodes", $"{nodes}", "--port", $"{first}", "--data", Path.Combine(data, "cluster")]));
        var cluster = new Cluster([.. Enumerable.Range(first, nodes)], supervisor);
        try
        {
            cluster.WaitUntil(views => views.Count == nodes && views.Any(view => view.Leads), StartTimeout, "every node answers and one leads");
            return cluster;
        }
        catch
        {
            cluster.Dispose();
            throw;
        }
    }

    /// <summary>Refuses a server that is not there.</summary>
    public static void RequireServer(string server)
    {
        if (!File.Exists(server))
        {
            throw new BenchFailedException(
                $"{server} does not exist; build it with `dotnet build -c Release src/RaftMQ.Server`, or name it with --server");
        }
    }

    /// <summary>Uses a cluster that is running: so many consecutive ports from the one of the URL.</summary>
    public static Cluster Attach(Uri url, int nodes)
    {
        if (!url.IsLoopback)
        {
            throw new BenchFailedException($"{url} is not on this machine; the benchmark puts load on loopback addresses only");
        }

        var cluster = new Cluster([.. Enumerable.Range(url.Port, nodes)], started: null);
        cluster.WaitUntil(views => views.Any(view => view.Leads), StartTimeout, "a node of it leads");
        return cluster;
    }

    /// <summary>All nodes that answer.</summary>
    public IReadOnlyList<NodeView> Views() => [.. Ports.Select(NodeView.Ask).OfType<NodeView>()];

    /// <summary>The node that leads: of two that believe so, the one of the higher term.</summary>
    public NodeView Leader() =>
        WaitUntil(views => views.Any(view => view.Leads), StartTimeout, "a node leads").Where(view => view.Leads).MaxBy(view => view.Term)!;

    /// <summary>Waits until the nodes that answer are as wished.</summary>
    public IReadOnlyList<NodeView> WaitUntil(Func<IReadOnlyList<NodeView>, bool> condition, TimeSpan timeout, string what)
    {
        long began = Stopwatch.GetTimestamp();
        while (true)
        {
            IReadOnlyList<NodeView> views = Views();
            if (condition(views))
            {
                return views;
            }

            if (_started is { HasExited: true } || Stopwatch.GetElapsedTime(began) > timeout)
            {
                string why = _started is { HasExited: true } ? "a process of it has ended" : $"{timeout.TotalSeconds} s have passed";
                throw new BenchFailedException($"waited until {what}, but {why}. Its last lines:\n{_started?.LastLines}");
            }

            Thread.Sleep(PollInterval);
        }
    }

    /// <summary>Asks the leader to hand over to another node.</summary>
    public void Transfer(NodeView leader)
    {
        using var connection = new HttpConnection(leader.Port, StartTimeout);
        int status = connection.Exchange(HttpConnection.Request("PUT", "/v1/cluster/leader")).Status;
        if (status != 200)
        {
            throw new BenchFailedException($"PUT /v1/cluster/leader was answered with {status}");
        }
    }

    /// <summary>Creates a topic; one that exists is as good.</summary>
    public void CreateTopic(string topic)
    {
        using var connection = new HttpConnection(Leader().Port, StartTimeout);
        int status = connection.Exchange(HttpConnection.Request("PUT", "/topic", $$"""{"topic":"{{topic}}"}""")).Status;
        if (status is not (201 or 409))
        {
            throw new BenchFailedException($"PUT /topic was answered with {status}");
        }
    }

    public void Dispose() => _started?.Dispose();

    /// <summary>
    /// The first of so many consecutive ports that are free at the moment, below the range that the system gives to outgoing connections.
    /// </summary>
    public static int FreePorts(int count)
    {
        const int Attempts = 100;
        for (int attempt = 0; attempt < Attempts; attempt++)
        {
            int first = Random.Shared.Next(18_000, 30_000);
            if (Enumerable.Range(first, count).All(IsFree))
            {
                return first;
            }
        }

        throw new BenchFailedException($"no {count} consecutive free ports were found between 18000 and 30000");
    }

    private static bool IsFree(int port)
    {
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            socket.Bind(new IPEndPoint(IPAddress.Loopback, port));
            socket.Listen(1);
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }
}
