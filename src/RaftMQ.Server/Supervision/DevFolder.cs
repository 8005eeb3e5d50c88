using RaftMQ.Contracts;
using RaftMQ.Server.Commands;
using RaftMQ.Server.Hosting;

namespace RaftMQ.Server.Supervision;

/// <summary>
/// The folder of a <c>dev</c> cluster: <c>dev.json</c> is its plan, and each node has a folder in it. It is locked to one supervisor (<c>dev.lock</c>), and to one command at a time that
/// changes the plan while the supervisor runs (<c>change.lock</c>).
/// </summary>
internal sealed class DevFolder : IDisposable
{
    private const string SupervisorLock = "dev.lock";
    private const string ChangeLock = "change.lock";

    // EWOULDBLOCK of flock(2), and ERROR_SHARING_VIOLATION.
    private const int HeldOnLinux = 11;
    private const int HeldOnDarwin = 35;
    private const int HeldOnWindows = unchecked((int)0x80070020);

    private readonly MadeFolders? _made;
    private readonly FileStream _lock;

    private DevFolder(string path, string lockName, MadeFolders? made = null)
    {
        (Path, _made) = (path, made);
        _lock = new FileStream(System.IO.Path.Combine(path, lockName), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
    }

    public string Path { get; }

    private string PlanPath => System.IO.Path.Combine(Path, "dev.json");

    /// <summary>Opens the folder as its supervisor; it is made if it is missing.</summary>
    /// <exception cref="CommandFailedException">It cannot be used, or another supervisor has it.</exception>
    public static DevFolder Open(string data)
    {
        string path = System.IO.Path.GetFullPath(data);
        var made = new MadeFolders(path);
        try
        {
            Directory.CreateDirectory(path);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            throw new CommandFailedException(ExitCode.DataRefused, $"the folder {path} cannot be made: {failure.Message}; name another with --data");
        }

        try
        {
            return new DevFolder(path, SupervisorLock, made);
        }
        catch (IOException failure) when (IsHeld(failure))
        {
            throw new CommandFailedException(
                ExitCode.DataRefused, $"another `raftmq dev` runs on the folder {path}; stop that one, or name another folder with --data");
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            throw CannotWrite(path, failure);
        }
    }

    /// <summary>Opens the folder of a cluster that runs, to change its plan.</summary>
    /// <exception cref="CommandFailedException">No cluster runs on it, or another command changes it.</exception>
    public static DevFolder OpenRunning(string data)
    {
        string path = System.IO.Path.GetFullPath(data);
        if (!HasSupervisor(path))
        {
            throw new CommandFailedException(ExitCode.ClusterRefused, $"no `raftmq dev` runs on the folder {path}; start it first, or name its folder with --data");
        }

        try
        {
            return new DevFolder(path, ChangeLock);
        }
        catch (IOException failure) when (IsHeld(failure))
        {
            throw new CommandFailedException(ExitCode.ClusterRefused, $"another `raftmq dev add` or `raftmq dev remove` is under way on the folder {path}; wait for it");
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            throw CannotWrite(path, failure);
        }
    }

    /// <summary>The plan to go on with, or null for a new folder.</summary>
    /// <exception cref="CommandFailedException">It cannot be read, or is gone while the nodes' data is there.</exception>
    public DevPlan? ReadPlanOrBegin()
    {
        DevPlan? plan = ReadPlan();
        string[] nodes = [.. Directory.GetDirectories(Path, "node-*").Where(HoldsData).Select(folder => System.IO.Path.GetFileName(folder)).Order(StringComparer.Ordinal)];
        return plan is not null || nodes.Length == 0 ? plan : throw new CommandFailedException(
            ExitCode.DataRefused,
            $"{Path} holds the data of {string.Join(", ", nodes)}, and no plan (dev.json) that says which nodes there are and on which ports: put that file back, "
            + "begin anew in another folder (--data), or remove these if nobody needs their data");
    }

    /// <summary>The plan, or null if there is none.</summary>
    /// <exception cref="CommandFailedException">It cannot be read.</exception>
    public DevPlan? ReadPlan()
    {
        try
        {
            return DevPlanFile.Read(PlanPath);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            throw new CommandFailedException(ExitCode.DataRefused, $"{PlanPath} cannot be read: {failure.Message}");
        }
    }

    /// <summary>Writes each node's configuration, and then the plan.</summary>
    /// <exception cref="CommandFailedException">The disk does not take them.</exception>
    public void Save(DevPlan plan)
    {
        try
        {
            foreach (DevNode node in plan.Nodes)
            {
                Directory.CreateDirectory(FolderOf(node.Number));
                DevPlanFile.WriteConfiguration(ConfigurationOf(node.Number), System.IO.Path.Combine(FolderOf(node.Number), "data"), node, plan);
            }

            DevPlanFile.Write(PlanPath, plan);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            throw CannotWrite(Path, failure);
        }
    }

    public string FolderOf(int node) => System.IO.Path.Combine(Path, $"node-{node}");

    public string ConfigurationOf(int node) => System.IO.Path.Combine(FolderOf(node), "config.json");

    /// <summary>A file of this name in a node's folder says that the cluster has let the node go: only then is the folder of no use.</summary>
    public string LeftOf(int node) => System.IO.Path.Combine(FolderOf(node), "left");

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

    /// <summary>Removes the folder of a node that has left.</summary>
    /// <returns>Why it is still there, or null.</returns>
    public string? RemoveFolderOf(int node)
    {
        if (!File.Exists(LeftOf(node)))
        {
            // A plan that a person has changed, or put back, is no reason to take a voter's disk away.
            return "the plan no longer names it, but it was not let go with `raftmq dev remove`";
        }

        try
        {
            Directory.Delete(FolderOf(node), recursive: true);
            return null;
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            return failure.Message;
        }
    }

    /// <summary>Lets the folder go. One in which no cluster has begun is left as the supervisor found it.</summary>
    public void Dispose()
    {
        bool cameToNothing = _made is not null && !File.Exists(PlanPath);
        if (cameToNothing)
        {
            TryDelete(_lock.Name);
        }

        _lock.Dispose();
        if (cameToNothing)
        {
            _made?.Remove();
        }
    }

    private static bool HoldsData(string nodeFolder) => Directory.Exists(System.IO.Path.Combine(nodeFolder, "data"));

    private static bool HasSupervisor(string path)
    {
        try
        {
            // A lock that others may share is granted as soon as nobody has the whole of it.
            using var free = new FileStream(System.IO.Path.Combine(path, SupervisorLock), FileMode.Open, FileAccess.Read, FileShare.Read);
            return false;
        }
        catch (IOException failure)
        {
            return IsHeld(failure);
        }
        catch (UnauthorizedAccessException)
        {
            return false;
        }
    }

    private static void TryDelete(string path)
    {
        try
        {
            File.Delete(path);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            // It is in nobody's way.
        }
    }

    private static bool IsHeld(IOException failure) => failure.HResult is HeldOnLinux or HeldOnDarwin or HeldOnWindows;

    private static CommandFailedException CannotWrite(string path, Exception failure) =>
        new(ExitCode.DataRefused, $"the folder {path} cannot be written to: {failure.Message}; name another with --data");
}
