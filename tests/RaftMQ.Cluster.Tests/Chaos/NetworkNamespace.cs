using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Runtime.ExceptionServices;
using System.Runtime.InteropServices;

namespace RaftMQ.Cluster.Tests.Chaos;

/// <summary>
/// A network of its own (network_namespaces(7)), from which nothing leads outside. A socket belongs to the network of the thread that made it, and a process to that of the thread that
/// started it; a thread may change networks (setns(2)). So each is made by a thread that is there for that alone.
/// </summary>
internal sealed partial class NetworkNamespace : IDisposable
{
    private const string Prefix = "raftmq-chaos-";
    private const int CloneNewNet = 0x40000000;

    private static readonly string Folder = Path.Combine("/run", "netns");

    private readonly string _name;

    private NetworkNamespace(string name) => _name = name;

    /// <summary>Whether this machine lets a test make networks.</summary>
    /// <returns>Null if so; otherwise why not.</returns>
    public static string? Objection()
    {
        try
        {
            RemoveLeftOvers();
            using NetworkNamespace trial = Create("trial");
            trial.Run(() => new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp)).Dispose();
            trial.Configure("link add name bridge0 type bridge");
            trial.Configure("link add name a type veth peer name b");
            return null;
        }
        catch (InvalidOperationException objection)
        {
            return objection.Message;
        }
    }

    public static NetworkNamespace Create(string name)
    {
        var created = new NetworkNamespace($"{Prefix}{Environment.ProcessId}-{name}");
        Ip($"netns add {created._name}");
        created.Configure("link set lo up");
        return created;
    }

    /// <summary>A cable between two networks.</summary>
    public static void Connect(NetworkNamespace one, string oneEnd, NetworkNamespace other, string otherEnd) =>
        Ip($"link add name {oneEnd} netns {one._name} type veth peer name {otherEnd} netns {other._name}");

    /// <summary>Runs <c>ip</c> in it.</summary>
    public void Configure(string command) => Ip($"-n {_name} {command}");

    /// <summary>Runs an action on a thread that is in it.</summary>
    public T Run<T>(Func<T> action)
    {
        T? result = default;
        Exception? failure = null;
        var thread = new Thread(() =>
        {
            try
            {
                Enter();
                result = action();
            }
            catch (Exception thrown) when (thrown is SocketException or InvalidOperationException or IOException or System.ComponentModel.Win32Exception)
            {
                failure = thrown;
            }
        });
        thread.Start();
        thread.Join();
        if (failure is not null)
        {
            ExceptionDispatchInfo.Throw(failure);
        }

        return result!;
    }

    /// <summary>A client in it, that does not wait for an answer for longer than this.</summary>
    public HttpClient Client(TimeSpan patience) => new(new SocketsHttpHandler { ConnectCallback = ConnectAsync }) { Timeout = patience };

    public void Dispose() => Ip($"netns del {_name}");

    private async ValueTask<Stream> ConnectAsync(SocketsHttpConnectionContext context, CancellationToken stop)
    {
        Socket socket = Run(() => new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true });
        try
        {
            await socket.ConnectAsync(IPAddress.Parse(context.DnsEndPoint.Host), context.DnsEndPoint.Port, stop);
            return new NetworkStream(socket, ownsSocket: true);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    private void Enter()
    {
        using Microsoft.Win32.SafeHandles.SafeFileHandle network = File.OpenHandle(Path.Combine(Folder, _name));
        if (setns((int)network.DangerousGetHandle(), CloneNewNet) != 0)
        {
            throw new InvalidOperationException($"setns: error {Marshal.GetLastPInvokeError()}");
        }
    }

    /// <summary>Those of test processes that are no more.</summary>
    private static void RemoveLeftOvers()
    {
        string[] names = Directory.Exists(Folder) ? [.. Directory.GetFiles(Folder, Prefix + "*").Select(path => Path.GetFileName(path))] : [];
        foreach (string name in names.Where(name => !Directory.Exists($"/proc/{name[Prefix.Length..].Split('-')[0]}")))
        {
            Ip($"netns del {name}");
        }
    }

    private static void Ip(string command)
    {
        try
        {
            using Process process = Process.Start(new ProcessStartInfo("ip", command) { RedirectStandardError = true })!;
            string said = process.StandardError.ReadToEnd();
            process.WaitForExit();
            if (process.ExitCode != 0)
            {
                throw new InvalidOperationException($"ip {command} ended with {process.ExitCode}: {said.Trim()}");
            }
        }
        catch (System.ComponentModel.Win32Exception missing)
        {
            throw new InvalidOperationException(missing.Message, missing);
        }
    }

    [LibraryImport("libc", SetLastError = true)]
    private static partial int setns(int file, int kind);
}
