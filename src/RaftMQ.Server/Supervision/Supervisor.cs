using RaftMQ.Contracts;
using RaftMQ.Server.Commands;

namespace RaftMQ.Server.Supervision;

/// <summary>
/// Runs the nodes that the plan of a <c>dev</c> cluster names, tells what happens, and stops all of them when asked to. The plan is looked at again and again: <c>raftmq dev add</c> and
/// <c>remove</c> change it from another terminal.
/// </summary>
internal sealed class Supervisor(DevFolder folder, DevPlan first, DevScreen screen)
{
    private static readonly TimeSpan LookEvery = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan TableAfterAtMost = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan StopPatience = TimeSpan.FromSeconds(7);

    private readonly Dictionary<int, SupervisedNode> _nodes = [];
    private readonly List<Task> _leaving = [];
    private readonly long _started = Environment.TickCount64;
    private DevPlan _plan = first;
    private string? _objection;
    private ulong _leadersTerm;
    private volatile bool _tableIsShown;
    private int _killed;

    /// <summary>Runs the cluster until it is asked to stop, or no node can go on without a person.</summary>
    /// <returns>The exit code.</returns>
    public async Task<int> RunAsync(SupervisorStop stop)
    {
        screen.Starting(_plan.Nodes.Count, folder.Path);
        StartMissing();
        using var timer = new PeriodicTimer(LookEvery);
        var stopped = Task.Delay(Timeout.Infinite, stop.Requested);
        while (await NextLookAsync(timer, stop.Requested))
        {
            FollowPlan(stop.Impatient);
            await Task.WhenAny(LookAsync(), stopped);
            bool haveEnded = _leaving.TrueForAll(leaving => leaving.IsCompleted) && _nodes.Values.All(node => node.Ended.IsCompleted);
            if (haveEnded)
            {
                return (await Task.WhenAll(_nodes.Values.Select(node => node.Ended))).Max();
            }
        }

        screen.Stopping();
        await Task.WhenAll(_leaving.Concat(_nodes.Values.Select(node => StopAsync(node, stop.Impatient))));
        screen.Stopped(_killed);
        return ExitCode.Ok.Value;
    }

    private static async Task<bool> NextLookAsync(PeriodicTimer timer, CancellationToken stop)
    {
        try
        {
            return await timer.WaitForNextTickAsync(stop);
        }
        catch (OperationCanceledException)
        {
            return false;
        }
    }

    /// <summary>Starts who has come into the plan, and lets go who is no longer in it.</summary>
    private void FollowPlan(CancellationToken impatient)
    {
        try
        {
            _plan = folder.ReadPlan() ?? _plan;
            _objection = null;
        }
        catch (CommandFailedException wrong)
        {
            // Somebody has put his hand in: what runs goes on.
            if (wrong.Message != _objection)
            {
                _objection = wrong.Message;
                screen.Objection(wrong.Message);
            }
        }

        foreach (SupervisedNode node in _nodes.Values.Where(node => _plan.Find(node.Number) is null).ToArray())
        {
            _nodes.Remove(node.Number);
            _leaving.Add(LeaveAsync(node, impatient));
        }

        StartMissing();
    }

    private void StartMissing()
    {
        foreach (DevNode node in _plan.Nodes.Where(node => !_nodes.ContainsKey(node.Number)))
        {
            _nodes.Add(node.Number, new SupervisedNode(node.Number, folder, screen, () => _tableIsShown));
            if (_tableIsShown)
            {
                screen.Added(node.Number, _plan.ClientAddress(node.Number));
            }
        }
    }

    private async Task LeaveAsync(SupervisedNode node, CancellationToken impatient)
    {
        await StopAsync(node, impatient);
        screen.Removed(node.Number, folder.RemoveFolderOf(node.Number));
    }

    private async Task StopAsync(SupervisedNode node, CancellationToken impatient)
    {
        node.Stop();
        await Task.WhenAny(node.Ended, Task.Delay(StopPatience, impatient));
        if (!node.Ended.IsCompleted && node.Kill())
        {
            Interlocked.Increment(ref _killed);
        }

        await node.Ended;
    }

    /// <summary>Shows the table when there is a leader, and every change of leader after that.</summary>
    private async Task LookAsync()
    {
        NodeView[] views = await Task.WhenAll(_plan.Nodes.Select(AskAsync));
        NodeView? leader = views.Where(view => view.Role == "Leader").MaxBy(view => view.Term);
        bool isComplete = leader is not null && Array.TrueForAll(views, view => view.Role != NodeView.NotUp);
        if (!_tableIsShown && (isComplete || Environment.TickCount64 - _started >= TableAfterAtMost.TotalMilliseconds))
        {
            screen.Table(_plan, views, folder.Path);
            _tableIsShown = true;
            if (leader is null)
            {
                screen.NoLeader();
            }

            _leadersTerm = leader?.Term ?? 0;
        }
        else if (_tableIsShown && leader is not null && leader.Term > _leadersTerm)
        {
            _leadersTerm = leader.Term;
            screen.NewLeader(leader.Node, leader.Term);
        }
    }

    private Task<NodeView> AskAsync(DevNode node) => NodeView.AskAsync(node.Number, _plan.ClientUrl(node.Number));
}
