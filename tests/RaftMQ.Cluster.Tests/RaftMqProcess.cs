using System.Diagnostics;
using System.Text;

namespace RaftMQ.Cluster.Tests;

/// <summary>A process of the program under test, with what it said.</summary>
internal sealed class RaftMqProcess : IDisposable
{
    private static readonly string Program = Path.Combine(AppContext.BaseDirectory, "raftmq.dll");

    private readonly StringBuilder _output = new();
    private readonly Lock _gate = new();

    private RaftMqProcess(Process process) => Process = process;

    public Process Process { get; }

    public string Output
    {
        get
        {
            lock (_gate)
            {
                return _output.ToString();
            }
        }
    }

    public bool HasExited => Process.HasExited;

    public int ExitCode => Process.ExitCode;

    public static RaftMqProcess Start(params string[] arguments) => Start(new Dictionary<string, string>(), arguments);

    /// <param name="environment">What it finds in its environment beside what the test has in its own.</param>
    /// <param name="arguments">How it is called.</param>
    public static RaftMqProcess Start(IReadOnlyDictionary<string, string> environment, params string[] arguments)
    {
        var start = new ProcessStartInfo("dotnet") { RedirectStandardOutput = true, RedirectStandardError = true, RedirectStandardInput = true };
        start.ArgumentList.Add(Program);
        Array.ForEach(arguments, start.ArgumentList.Add);
        foreach ((string name, string value) in environment)
        {
            start.Environment[name] = value;
        }

        var running = new RaftMqProcess(new Process { StartInfo = start });
        running.Process.OutputDataReceived += (_, line) => running.Hear(line.Data);
        running.Process.ErrorDataReceived += (_, line) => running.Hear(line.Data);
        running.Process.Start();
        running.Process.BeginOutputReadLine();
        running.Process.BeginErrorReadLine();
        return running;
    }

    public async Task<int> ExitAsync()
    {
        using var patience = new CancellationTokenSource(Eventually.Patience);
        await Process.WaitForExitAsync(patience.Token);
        return Process.ExitCode;
    }

    public void Kill()
    {
        if (!Process.HasExited)
        {
            Process.Kill();
        }

        Process.WaitForExit();
    }

    public void Dispose()
    {
        Kill();
        Process.Dispose();
    }

    private void Hear(string? line)
    {
        if (line is not null)
        {
            lock (_gate)
            {
                _output.AppendLine(line);
            }
        }
    }
}
