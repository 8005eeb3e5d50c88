using System.Diagnostics;
using System.Reflection;
using RaftMQ.Server.Hosting;

namespace RaftMQ.Server.Supervision;

/// <summary>
/// A node's process. The supervisor holds the other end of its standard input for as long as it lives, so the end of the supervisor, however it comes, is the end of the
/// node; closing it is also how a node is stopped.
/// </summary>
internal sealed class ChildProcess : IDisposable
{
    private const string OverridePrefix = "RAFTMQ_";

    private readonly Process _process;
    private readonly long _started = Stopwatch.GetTimestamp();

    private ChildProcess(Process process) => _process = process;

    public int Pid => _process.Id;

    public TimeSpan RanFor => Stopwatch.GetElapsedTime(_started);

    /// <summary>Starts a node with this program.</summary>
    /// <param name="configuration">Its configuration file.</param>
    /// <param name="onLine">Told each line that it writes, on threads of the pool.</param>
    public static ChildProcess Start(string configuration, Action<string> onLine)
    {
        string program = Environment.ProcessPath!;
        var start = new ProcessStartInfo(program)
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            UseShellExecute = false,
        };
        bool isHost = string.Equals(Path.GetFileNameWithoutExtension(program), "dotnet", StringComparison.OrdinalIgnoreCase);
        if (isHost)
        {
            start.ArgumentList.Add(Assembly.GetExecutingAssembly().Location);
        }

        foreach (string argument in (string[])["serve", "--config", configuration, SupervisedProcess.Option])
        {
            start.ArgumentList.Add(argument);
        }

        // What overrides a node's configuration would make all of them the same node.
        foreach (string name in start.Environment.Keys.Where(name => name.StartsWith(OverridePrefix, StringComparison.OrdinalIgnoreCase)).ToArray())
        {
            start.Environment.Remove(name);
        }

        var process = new Process { StartInfo = start };
        process.OutputDataReceived += (_, line) => Tell(line.Data);
        process.ErrorDataReceived += (_, line) => Tell(line.Data);
        process.Start();
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        return new ChildProcess(process);

        void Tell(string? line)
        {
            if (line is not null)
            {
                onLine(line);
            }
        }
    }

    /// <summary>Waits for the end.</summary>
    /// <returns>The exit code; 128 and the signal's number if a signal ended it.</returns>
    public async Task<int> WaitAsync()
    {
        await _process.WaitForExitAsync();
        return _process.ExitCode;
    }

    /// <summary>Asks it to stop.</summary>
    public void Stop() => _process.StandardInput.Close();

    /// <summary>Ends it at once.</summary>
    /// <returns>False if it has ended already.</returns>
    public bool Kill()
    {
        if (_process.HasExited)
        {
            return false;
        }

        _process.Kill();
        return true;
    }

    public void Dispose() => _process.Dispose();
}
