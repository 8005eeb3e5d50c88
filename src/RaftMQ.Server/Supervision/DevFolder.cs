using System.Text.Json;
using RaftMQ.Consensus;
using RaftMQ.Contracts;
using RaftMQ.Server.Commands;

namespace RaftMQ.Server.Supervision;

/// <summary>The folder of a <c>dev</c> cluster: locked to one supervisor; <c>dev.json</c> remembers its size and its peer ports; a folder a node.</summary>
internal sealed class DevFolder : IDisposable
{
    private const string LockName = "dev.lock";
    private const string PlanName = "dev.json";

    // EWOULDBLOCK of flock(2), and ERROR_SHARING_VIOLATION.
    private const int HeldOnLinux = 11;
    private const int HeldOnDarwin = 35;
    private const int HeldOnWindows = unchecked((int)0x80070020);

    private readonly FileStream _lock;
    private readonly int[]? _peerPorts;

    private DevFolder(string path, FileStream taken, int[]? peerPorts)
    {
        Path = path;
        _lock = taken;
        _peerPorts = peerPorts;
    }

    public string Path { get; }

    /// <exception cref="CommandFailedException">It cannot be used, or another supervisor has it.</exception>
    public static DevFolder Open(string data)
    {
        string path = System.IO.Path.GetFullPath(data);
        try
        {
            Directory.CreateDirectory(path);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            throw new CommandFailedException(ExitCode.DataRefused, $"the folder {path} cannot be made: {failure.Message}; name another with --data");
        }

        FileStream taken;
        try
        {
            taken = new FileStream(System.IO.Path.Combine(path, LockName), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        }
        catch (IOException failure) when (failure.HResult is HeldOnLinux or HeldOnDarwin or HeldOnWindows)
        {
            throw new CommandFailedException(
                ExitCode.DataRefused, $"another `raftmq dev` runs on the folder {path}; stop that one, or name another folder with --data");
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            throw new CommandFailedException(ExitCode.DataRefused, $"the folder {path} cannot be written to: {failure.Message}; name another with --data");
        }

        try
        {
            return new DevFolder(path, taken, ReadPlan(System.IO.Path.Combine(path, PlanName)));
        }
        catch
        {
            taken.Dispose();
            throw;
        }
    }

    /// <summary>The peer ports of the last run, or none for a new folder.</summary>
    /// <exception cref="CommandFailedException">The cluster in the folder is of another size.</exception>
    public int[]? PeerPortsFor(int nodes)
    {
        if (_peerPorts is not null && _peerPorts.Length != nodes)
        {
            throw new CommandFailedException(
                ExitCode.Configuration,
                $"the cluster in {Path} has {_peerPorts.Length} nodes, not {nodes}; use --nodes {_peerPorts.Length}, or another folder with --data, or remove this one");
        }

        return _peerPorts;
    }

    /// <summary>Remembers the ports and writes each node's configuration.</summary>
    /// <exception cref="CommandFailedException">The disk does not take them.</exception>
    public void Save(PortPlan ports)
    {
        try
        {
            Write(ports);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            throw new CommandFailedException(ExitCode.DataRefused, $"the folder {Path} cannot be written to: {failure.Message}; name another with --data");
        }
    }

    public string FolderOf(int node) => System.IO.Path.Combine(Path, $"node-{node}");

    public string ConfigurationOf(int node) => System.IO.Path.Combine(FolderOf(node), "config.json");

    public string LogOf(int node) => System.IO.Path.Combine(FolderOf(node), "log");

    /// <summary>Leaves a node's process id for a person to find. Without room on the disk it is left out: the node runs all the same.</summary>
    public void WritePid(int node, int pid)
    {
        try
        {
            File.WriteAllText(System.IO.Path.Combine(FolderOf(node), "pid"), $"{pid}\n");
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            // Said nowhere: the supervisor's own lines name every process that it starts again.
        }
    }

    public void Dispose() => _lock.Dispose();

    private void Write(PortPlan ports)
    {
        WriteJson(System.IO.Path.Combine(Path, PlanName), json =>
        {
            json.WriteNumber("nodes", ports.Nodes);
            json.WriteStartArray("peerPorts");
            foreach (int port in ports.PeerPorts)
            {
                json.WriteNumberValue(port);
            }

            json.WriteEndArray();
        });
        for (int node = 1; node <= ports.Nodes; node++)
        {
            Directory.CreateDirectory(FolderOf(node));
            WriteConfiguration(node, ports);
        }
    }

    private void WriteConfiguration(int node, PortPlan ports) => WriteJson(ConfigurationOf(node), json =>
    {
        json.WriteNumber("nodeId", node);
        json.WriteString("dataFolder", System.IO.Path.Combine(FolderOf(node), "data"));
        json.WriteStartArray("members");
        for (int member = 1; member <= ports.Nodes; member++)
        {
            json.WriteStartObject();
            json.WriteNumber("id", member);
            json.WriteString("client", ports.ClientAddress(member));
            json.WriteString("peer", ports.PeerAddress(member));
            json.WriteEndObject();
        }

        json.WriteEndArray();
    });

    private static void WriteJson(string path, Action<Utf8JsonWriter> write)
    {
        // Under another name first: a supervisor that is killed here leaves the file of the last run, not half of this one's.
        string temporary = path + ".tmp";
        using (FileStream file = File.Create(temporary))
        {
            using var json = new Utf8JsonWriter(file, new JsonWriterOptions { Indented = true });
            json.WriteStartObject();
            write(json);
            json.WriteEndObject();
        }

        File.Move(temporary, path, overwrite: true);
    }

    private static int[]? ReadPlan(string path)
    {
        if (!File.Exists(path))
        {
            return null;
        }

        try
        {
            using JsonDocument plan = JsonDocument.Parse(File.ReadAllBytes(path));
            int[] ports = [.. plan.RootElement.GetProperty("peerPorts").EnumerateArray().Select(port => port.GetInt32())];
            bool isPlan = ports.Length is >= 1 and <= Membership.MaxVoters && Array.TrueForAll(ports, port => port is >= 1 and <= ushort.MaxValue);
            return isPlan ? ports : throw new JsonException("its peer ports are not one port a node, 1 to 9 of them");
        }
        catch (Exception wrong) when (wrong is JsonException or KeyNotFoundException or InvalidOperationException or FormatException)
        {
            throw new CommandFailedException(ExitCode.Configuration, $"{path} is not what `raftmq dev` wrote: {wrong.Message}; remove it, the data stays");
        }
    }
}
