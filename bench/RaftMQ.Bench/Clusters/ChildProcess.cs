using System.Diagnostics;
using RaftMQ.Bench.Measures;

namespace RaftMQ.Bench.Clusters;

/// <summary>
/// A process that the benchmark started: its last lines of output are kept for the case that it fails, and it is ended by its own id.
/// </summary>
internal sealed class ChildProcess : IStarted
{
    private const int KeptLines = 40;
    private static readonly TimeSpan OrderlyEnd = TimeSpan.FromSeconds(15);

    private readonly Process _process;
    private readonly Queue<string> _lines = [];
    private readonly Lock _ending = new();
    private readonly TaskCompletionSource<string> _firstLine = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public ChildProcess(string program, IEnumerable<string> arguments)
    {
        var start = new ProcessStartInfo(program, arguments)
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        _process = new Process { StartInfo = start };
        _process.OutputDataReceived += (_, output) => Keep(output.Data);
        _process.ErrorDataReceived += (_, output) => Keep(output.Data);
        _process.Start();
        _process.BeginOutputReadLine();
        _process.BeginErrorReadLine();
    }

    public int Id => _process.Id;

    public bool HasExited => _process.HasExited;

    /// <summary>What it said last, for people.</summary>
    public string LastLines
    {
        get
        {
            lock (_lines)
            {
                return string.Join('\n', _lines);
            }
        }
    }

    /// <summary>The first line that it prints.</summary>
    public string WaitForFirstLine(TimeSpan timeout) =>
        _firstLine.Task.Wait(timeout)
            ? _firstLine.Task.Result
            : throw new BenchFailedException($"the process said nothing within {timeout.TotalSeconds} s");

    /// <summary>Waits for its end.</summary>
    /// <returns>Whether it has come in time.</returns>
    public bool WaitForExit(TimeSpan timeout) => _process.WaitForExit(timeout);

    /// <summary>Ends it as by <c>kill -9</c>: it is told nothing and finishes nothing.</summary>
    public void Kill()
    {
        lock (_ending)
        {
            _process.Kill();
            _process.WaitForExit();
        }
    }

    /// <summary>Asks it to end, and kills it if it does not.</summary>
    public void Dispose()
    {
        // By the one who uses it, or by an interruption.
        lock (_ending)
        {
            if (_process.HasExited)
            {
                return;
            }

            _process.StandardInput.Close();
            _ = Native.Kill(_process.Id, Native.SigTerm);
            if (!_process.WaitForExit(OrderlyEnd))
            {
                Console.Error.WriteLine($"bench: process {_process.Id} did not end when asked to; it is killed");
                _process.Kill(entireProcessTree: true);
                _process.WaitForExit();
            }
        }
    }

    private void Keep(string? line)
    {
        if (line is null)
        {
            return;
        }

        _firstLine.TrySetResult(line);
        lock (_lines)
        {
            _lines.Enqueue(line);
            if (_lines.Count > KeptLines)
            {
                _lines.Dequeue();
            }
        }
    }
}
