using RaftMQ.Bench.Measures;

namespace RaftMQ.Bench.Clusters;

/// <summary>One node in a process of its own (<c>raftmq serve</c>), which can be killed and started again on the same folder and port.</summary>
/// <param name="program">The executable.</param>
/// <param name="id">Its number.</param>
/// <param name="port">Its client port.</param>
/// <param name="configuration">Its configuration file.</param>
/// <param name="dataFolder">Its data folder.</param>
internal sealed class ServedNode(string program, int id, int port, string configuration, string dataFolder)
{
    /// <summary>An orderly stop is bounded by three seconds, and what comes beside it by two.</summary>
    private static readonly TimeSpan OrderlyEnd = TimeSpan.FromSeconds(15);

    private ChildProcess? _process;

    public int Id { get; } = id;

    public int Port { get; } = port;

    public string DataFolder { get; } = dataFolder;

    public int Pid => _process?.Id ?? throw new BenchFailedException($"node {Id} was not started");

    /// <summary>Whether it ended by itself.</summary>
    public bool HasExited => _process is { HasExited: true };

    public string LastLines => _process?.LastLines ?? "";

    /// <summary>Its last lines that hold one of these words.</summary>
    public IEnumerable<string> LinesAbout(params string[] words) =>
        LastLines.Split('\n').Where(line => words.Any(word => line.Contains(word, StringComparison.Ordinal)));

    /// <summary>Starts it; it goes on from what its folder holds.</summary>
    public void Start()
    {
        // Supervised: standard input ends with this process, however that comes, and the node with it. By its own program: `dotnet raftmq.dll` would add the time of the multiplexer.
        _process = Interruption.Undo(() => new ChildProcess(program, ["serve", "--config", configuration, "--supervised"]));
    }

    /// <summary>Ends it as by <c>kill -9</c>.</summary>
    public void Kill()
    {
        _process?.Kill();
        _process = null;
    }

    /// <summary>Stops it as by <c>kill -STOP</c>: to the others it is as a machine that has gone silent, its connections open and nobody there.</summary>
    public void Silence() => _ = Native.Kill(Pid, Native.SigStop);

    /// <summary>Asks it to end as a service manager does, so that it hands over and answers what it has begun, and waits for it.</summary>
    public void EndInOrder()
    {
        ChildProcess ending = _process ?? throw new BenchFailedException($"node {Id} was not started");
        _ = Native.Kill(ending.Id, Native.SigTerm);
        _process = null;
        if (!ending.WaitForExit(OrderlyEnd))
        {
            ending.Kill();
            throw new BenchFailedException($"node {Id} was told to stop and has not ended within {OrderlyEnd.TotalSeconds} s");
        }
    }

    /// <summary>Ends it, since the benchmark is over.</summary>
    public void Stop() => _process?.Dispose();
}
