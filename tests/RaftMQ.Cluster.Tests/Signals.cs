using System.Diagnostics;
using System.Runtime.InteropServices;

namespace RaftMQ.Cluster.Tests;

/// <summary>Signals to a process, by its own id.</summary>
internal static partial class Signals
{
    private const int Interrupt = 2;
    private const int Terminate = 15;
    private const int Continue = 18;
    private const int Stop = 19;

    public static void Term(Process process) => Send(process, Terminate);

    public static void Int(Process process) => Send(process, Interrupt);

    public static void Pause(Process process) => Send(process, Stop);

    public static void Resume(Process process) => Send(process, Continue);

    /// <summary>Whether every thread of it stands still (proc_pid_stat(5)), which takes a moment where others want the processor.</summary>
    public static bool IsPaused(Process process)
    {
        try
        {
            return Array.TrueForAll(Directory.GetDirectories($"/proc/{process.Id}/task"), thread => File.ReadAllText(Path.Combine(thread, "stat")).Split(") ")[^1][0] == 'T');
        }
        catch (IOException)
        {
            // A thread has ended meanwhile: so not all of them stood still.
            return false;
        }
    }

    private static void Send(Process process, int signal)
    {
        if (!process.HasExited && kill(process.Id, signal) != 0)
        {
            throw new InvalidOperationException($"signal {signal} to process {process.Id}: error {Marshal.GetLastPInvokeError()}");
        }
    }

    [LibraryImport("libc", SetLastError = true)]
    private static partial int kill(int process, int signal);
}
