using System.Text.Json;
using RaftMQ.Contracts;
using RaftMQ.Server.Commands;

namespace RaftMQ.Server.Supervision;

/// <summary>The folder of a <c>dev</c> cluster: locked to one supervisor; <c>dev.json</c> remembers its size and its peer ports; a folder a node.</summary>
internal sealed class DevFolder : IDisposable
{
    private const string LockName = "dev.lock";
    private const string PlanName = "dev.json";

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
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            throw new CommandFailedException(
                ExitCode.DataRefused, $"another `raftmq dev` runs on the folder {path}; stop that one, or name another folder with --data");
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
    public void Save(PortPlan ports)
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

    public string FolderOf(int node) => System.IO.Path.Combine(Path, $"node-{node}");

    public string ConfigurationOf(int node) => System.IO.Path.Combine(FolderOf(node), "config.json");

    public string LogOf(int node) => System.IO.Path.Combine(FolderOf(node), "log");

    public void WritePid(int node, int pid) => File.WriteAllText(System.IO.Path.Combine(FolderOf(node), "pid"), $"{pid}\n");

    public void Dispose() => _lock.Dispose();

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
        using FileStream file = File.Create(path);
        using var json = new Utf8JsonWriter(file, new JsonWriterOptions { Indented = true });
        json.WriteStartObject();
        write(json);
        json.WriteEndObject();
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
            return [.. plan.RootElement.GetProperty("peerPorts").EnumerateArray().Select(port => port.GetInt32())];
        }
        catch (Exception wrong) when (wrong is JsonException or KeyNotFoundException or InvalidOperationException or FormatException)
        {
            throw new CommandFailedException(ExitCode.Configuration, $"{path} is not what `raftmq dev` wrote: {wrong.Message}; remove it, the data stays");
        }
    }
}
