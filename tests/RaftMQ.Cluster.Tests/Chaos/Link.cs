using System.Collections.Immutable;

namespace RaftMQ.Cluster.Tests.Chaos;

/// <summary>The way from one node to another, with the weather on it.</summary>
internal sealed class Link(int seed)
{
    private readonly Lock _gate = new();
    private readonly Random _chance = new(seed);
    private readonly HashSet<ProxiedConnection> _connections = [];
    private ImmutableList<Weather> _weathers = [];
    private TaskCompletionSource _opened = Completed();

    /// <summary>How many pieces have come from the node that sends.</summary>
    public int Taken { get; private set; }

    /// <summary>How many of them have been held up.</summary>
    public int HeldUp { get; private set; }

    /// <summary>Has this weather until it is told otherwise.</summary>
    public void Begin(Weather weather)
    {
        lock (_gate)
        {
            _weathers = _weathers.Add(weather);
            _opened = weather.IsClosed && _opened.Task.IsCompleted ? new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously) : _opened;
        }
    }

    public void End(Weather weather)
    {
        lock (_gate)
        {
            _weathers = _weathers.Remove(weather);
            if (!_weathers.Exists(left => left.IsClosed))
            {
                _opened.TrySetResult();
            }
        }
    }

    /// <summary>How much later a piece that comes now arrives.</summary>
    public TimeSpan Draw()
    {
        lock (_gate)
        {
            Taken++;
            TimeSpan late = _weathers.Aggregate(TimeSpan.Zero, (sum, weather) => sum + weather.Draw(_chance));
            HeldUp += late > TimeSpan.Zero ? 1 : 0;
            return late;
        }
    }

    /// <summary>Waits while it is closed.</summary>
    public Task WhileClosedAsync(CancellationToken stop)
    {
        lock (_gate)
        {
            HeldUp += _opened.Task.IsCompleted ? 0 : 1;
            return _opened.Task.IsCompleted ? Task.CompletedTask : _opened.Task.WaitAsync(stop);
        }
    }

    /// <summary>Breaks the connections that were dialled this way.</summary>
    /// <returns>How many.</returns>
    public int Reset()
    {
        ProxiedConnection[] broken;
        lock (_gate)
        {
            broken = [.. _connections];
        }

        Array.ForEach(broken, connection => connection.Break());
        return broken.Length;
    }

    public void Add(ProxiedConnection connection)
    {
        lock (_gate)
        {
            _connections.Add(connection);
        }
    }

    public void Remove(ProxiedConnection connection)
    {
        lock (_gate)
        {
            _connections.Remove(connection);
        }
    }

    private static TaskCompletionSource Completed()
    {
        var completed = new TaskCompletionSource();
        completed.SetResult();
        return completed;
    }
}
