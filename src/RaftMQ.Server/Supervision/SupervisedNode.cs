using RaftMQ.Contracts;

namespace RaftMQ.Server.Supervision;

/// <summary>One node of a <c>dev</c> cluster: it is started, and started again when it ends, until it is to stop or needs a person.</summary>
internal sealed class SupervisedNode
{
    private readonly DevFolder _folder;
    private readonly DevScreen _screen;
    private readonly Func<bool> _isTold;
    private readonly Lock _gate = new();
    private readonly CancellationTokenSource _stop = new();
    private ChildProcess? _running;

    /// <summary>Starts a node.</summary>
    /// <param name="number">Which.</param>
    /// <param name="folder">Where its configuration and its data are.</param>
    /// <param name="screen">Told of its ends, and of what it says that a person should know.</param>
    /// <param name="isTold">Whether warnings of the log are shown at the moment, and not only errors.</param>
    public SupervisedNode(int number, DevFolder folder, DevScreen screen, Func<bool> isTold)
    {
        Number = number;
        _folder = folder;
        _screen = screen;
        _isTold = isTold;
        Ended = KeepAsync();
    }

    public int Number { get; }

    /// <summary>Its last exit code, once it is not started again.</summary>
    public Task<int> Ended { get; }

    /// <summary>Asks it to stop, and starts it no more.</summary>
    public void Stop()
    {
        lock (_gate)
        {
            _stop.Cancel();
            _running?.Stop();
        }
    }

    /// <summary>Ends its process at once.</summary>
    /// <returns>Whether there was one that still ran.</returns>
    public bool Kill()
    {
        lock (_gate)
        {
            return _running?.Kill() == true;
        }
    }

    private async Task<int> KeepAsync()
    {
        using var log = new BoundedLog(_folder.LogOf(Number));
        var policy = new RestartPolicy();
        for (bool again = false; ; again = true)
        {
            using ChildProcess? child = TryStart(log);
            if (child is null)
            {
                return ExitCode.Ok.Value;
            }

            if (again)
            {
                _screen.Started(Number, child.Pid);
            }

            int exitCode = await child.WaitAsync();
            lock (_gate)
            {
                _running = null;
            }

            if (_stop.IsCancellationRequested)
            {
                return exitCode;
            }

            TimeSpan? wait = policy.After(exitCode, child.RanFor);
            _screen.Ended(Number, exitCode, ExitCode.Find(exitCode) is { } code ? $" ({code.Meaning})" : "", wait);
            if (wait is null)
            {
                return exitCode;
            }

            await Task.Delay(wait.Value, _stop.Token).ContinueWith(_ => { }, TaskScheduler.Default);
        }
    }

    private ChildProcess? TryStart(BoundedLog log)
    {
        lock (_gate)
        {
            if (_stop.IsCancellationRequested)
            {
                return null;
            }

            _running = ChildProcess.Start(_folder.ConfigurationOf(Number), line => Hear(line, log));
            _folder.WritePid(Number, _running.Pid);
            return _running;
        }
    }

    private void Hear(string line, BoundedLog log)
    {
        log.Write(line);
        if (LogLine.IsProgress(line))
        {
            _screen.Progress(Number, LogLine.Sentence(line));
            return;
        }

        bool isFailure = line.StartsWith("raftmq: ", StringComparison.Ordinal);
        if (isFailure || (_isTold() && !_stop.IsCancellationRequested && LogLine.IsNoteworthy(line)))
        {
            _screen.Said(Number, LogLine.WithoutTime(line));
        }
    }
}
