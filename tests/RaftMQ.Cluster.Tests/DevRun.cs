using System.Diagnostics;
using System.Globalization;

namespace RaftMQ.Cluster.Tests;

/// <summary>Runs of <c>raftmq dev</c> on one folder, and of the commands beside it; whatever still runs is stopped at the end.</summary>
internal sealed class DevRun : IDisposable
{
    private readonly List<RaftMqProcess> _started = [];

    public string Folder { get; } = Directory.CreateTempSubdirectory("raftmq-dev-").FullName;

    /// <summary>Node 1's port for clients; those of two nodes more than there are at first are free, too.</summary>
    public int Port { get; } = ConsecutivePorts(5);

    /// <summary>Node n, as its clients see it.</summary>
    public Node this[int node] => new(node, Port + node - 1);

    /// <summary>Starts a process of the program.</summary>
    public RaftMqProcess Start(params string[] arguments)
    {
        RaftMqProcess process = RaftMqProcess.Start(arguments);
        _started.Add(process);
        return process;
    }

    /// <summary>Starts the cluster on the folder; three nodes if it is new.</summary>
    public async Task<RaftMqProcess> StartAsync()
    {
        RaftMqProcess dev = Start("dev", "--port", Text(Port), "--data", Folder);
        await Eventually.TrueAsync(() => dev.Output.Contains("Ctrl-C stops it", StringComparison.Ordinal), () => dev.Output);
        dev.Output.ShouldContain("Leader", Case.Sensitive, dev.Output);
        return dev;
    }

    /// <summary>Runs a command until it ends.</summary>
    public async Task<(int ExitCode, string Output)> RunAsync(params string[] arguments)
    {
        RaftMqProcess process = Start(arguments);
        int exitCode = await process.ExitAsync();

        // The last lines come behind the end.
        process.Process.WaitForExit();
        return (exitCode, process.Output);
    }

    public string FolderOf(int node) => Path.Combine(Folder, $"node-{node}");

    public int PidOf(int node) => int.Parse(File.ReadAllText(Path.Combine(FolderOf(node), "pid")), CultureInfo.InvariantCulture);

    public static bool HasEnded(int pid)
    {
        try
        {
            using Process process = Process.GetProcessById(pid);
            return process.HasExited;
        }
        catch (ArgumentException)
        {
            return true;
        }
    }

    public static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);

    /// <summary>A free port that is followed by free ones.</summary>
    public static int ConsecutivePorts(int count)
    {
        for (int attempt = 0; attempt < 100; attempt++)
        {
            int first = ServeCluster.FreePorts(1)[0];
            if (Enumerable.Range(first, count).All(IsFree))
            {
                return first;
            }
        }

        throw new InvalidOperationException($"no {count} free ports in a row");
    }

    public void Dispose()
    {
        foreach (RaftMqProcess process in _started)
        {
            if (!process.HasExited)
            {
                Signals.Term(process.Process);
                process.Process.WaitForExit(TimeSpan.FromSeconds(10));
            }

            process.Dispose();
        }

        Directory.Delete(Folder, recursive: true);
    }

    private static bool IsFree(int port)
    {
        try
        {
            using var listener = new System.Net.Sockets.TcpListener(System.Net.IPAddress.Loopback, port);
            listener.Start();
            return true;
        }
        catch (System.Net.Sockets.SocketException)
        {
            return false;
        }
    }
}
