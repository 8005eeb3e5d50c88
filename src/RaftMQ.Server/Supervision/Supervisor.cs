using RaftMQ.Contracts;

namespace RaftMQ.Server.Supervision;

/// <summary>Starts the nodes of a <c>dev</c> cluster, starts again those that end, tells what happens, and stops all of them when asked to.</summary>
internal sealed class Supervisor(DevFolder folder, PortPlan ports, DevScreen screen)
{
    private static readonly TimeSpan LookEvery = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan TableAfterAtMost = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan StopPatience = TimeSpan.FromSeconds(5);

    private readonly Lock _gate = new();
    private readonly Dictionary<int, ChildProcess> _running = [];
    private volatile bool _tableIsShown;
    private volatile bool _stopping;
    private int _killed;

    /// <summary>Runs the cluster until it is asked to stop, or no node can go on without a person.</summary>
    /// <returns>The exit code.</returns>
    public async Task<int> RunAsync(SupervisorStop stop)
    {
        screen.Starting(ports.Nodes, folder.Path);
        Task<int>[] nodes = [.. Enumerable.Range(1, ports.Nodes).Select(node => KeepAsync(node, stop.Requested))];
        Task<int[]> allEnded = Task.WhenAll(nodes);
        Task watching = WatchAsync(stop.Requested);
        await Task.WhenAny(allEnded, Task.Delay(Timeout.Infinite, stop.Requested));
        if (!stop.Requested.IsCancellationRequested)
        {
            return (await allEnded).Max();
        }

        screen.Stopping();
        await StopAllAsync(allEnded, stop.Impatient);
        await watching;
        screen.Stopped(_killed);
        return ExitCode.Ok.Value;
    }

    /// <summary>Keeps one node running.</summary>
    private async Task<int> KeepAsync(int node, CancellationToken stop)
    {
        using var log = new BoundedLog(folder.LogOf(node));
        var policy = new RestartPolicy();
        for (bool again = false; ; again = true)
        {
            using ChildProcess? child = TryStart(node, log);
            if (child is null)
            {
                return ExitCode.Ok.Value;
            }

            if (again)
            {
                screen.Started(node, child.Pid);
            }

            int exitCode = await child.WaitAsync();
            Forget(node);
            if (stop.IsCancellationRequested)
            {
                return exitCode;
            }

            TimeSpan? wait = policy.After(exitCode, child.RanFor);
            screen.Ended(node, exitCode, ExitCode.Find(exitCode) is { } code ? $" ({code.Meaning})" : "", wait);
            if (wait is null)
            {
                return exitCode;
            }

            await Task.Delay(wait.Value, stop).ContinueWith(_ => { }, TaskScheduler.Default);
        }
    }

    private ChildProcess? TryStart(int node, BoundedLog log)
    {
        lock (_gate)
        {
            if (_stopping)
            {
                return null;
            }

            ChildProcess child = ChildProcess.Start(folder.ConfigurationOf(node), line => Hear(node, line, log));
            _running[node] = child;
            folder.WritePid(node, child.Pid);
            return child;
        }
    }

    private void Forget(int node)
    {
        lock (_gate)
        {
            _running.Remove(node);
        }
    }

    private void Hear(int node, string line, BoundedLog log)
    {
        log.Write(line);
        if (LogLine.IsProgress(line))
        {
            screen.Progress(node, LogLine.Sentence(line));
            return;
        }

        bool isFailure = line.StartsWith("raftmq: ", StringComparison.Ordinal);
        if (isFailure || (_tableIsShown && !_stopping && LogLine.IsNoteworthy(line)))
        {
            screen.Said(node, LogLine.WithoutTime(line));
        }
    }

    /// <summary>Shows the table when there is a leader, and every change of leader after that.</summary>
    private async Task WatchAsync(CancellationToken stop)
    {
        using var timer = new PeriodicTimer(LookEvery);
        long started = Environment.TickCount64;
        ulong leadersTerm = 0;
        try
        {
            while (await timer.WaitForNextTickAsync(stop))
            {
                NodeView?[] views = await Task.WhenAll(Enumerable.Range(1, ports.Nodes).Select(node => NodeView.AskAsync(node, ports.ClientUrl(node))));
                NodeView? leader = views.OfType<NodeView>().Where(view => view.Role == "Leader").MaxBy(view => view.Term);
                bool showTable = !_tableIsShown
                    && ((leader is not null && Array.TrueForAll(views, view => view is not null)) || Environment.TickCount64 - started >= TableAfterAtMost.TotalMilliseconds);
                if (showTable)
                {
                    screen.Table(ports, [.. views.Select((view, i) => view ?? new NodeView(i + 1, "not up", 0))], folder.Path);
                    _tableIsShown = true;
                    if (leader is null)
                    {
                        screen.NoLeader();
                    }

                    leadersTerm = leader?.Term ?? 0;
                }
                else if (_tableIsShown && leader is not null && leader.Term > leadersTerm)
                {
                    leadersTerm = leader.Term;
                    screen.NewLeader(leader.Node, leader.Term);
                }
            }
        }
        catch (OperationCanceledException)
        {
            // The cluster stops.
        }
    }

    private async Task StopAllAsync(Task allEnded, CancellationToken impatient)
    {
        ChildProcess[] running;
        lock (_gate)
        {
            _stopping = true;
            running = [.. _running.Values];
            Array.ForEach(running, child => child.Stop());
        }

        await Task.WhenAny(allEnded, Task.Delay(StopPatience, impatient));
        lock (_gate)
        {
            foreach (ChildProcess child in _running.Values)
            {
                child.Kill();
                _killed++;
            }
        }

        await allEnded;
    }
}
