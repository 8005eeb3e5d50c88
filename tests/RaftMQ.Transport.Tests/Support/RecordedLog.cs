using Microsoft.Extensions.Logging;

namespace RaftMQ.Transport.Tests.Support;

/// <summary>Keeps the lines of the log, and lets a test wait for one.</summary>
internal sealed class RecordedLog : ILogger
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private readonly Lock _gate = new();
    private readonly List<string> _lines = [];
    private TaskCompletionSource _more = New();

    public IReadOnlyList<string> Lines
    {
        get
        {
            lock (_gate)
            {
                return [.. _lines];
            }
        }
    }

    public async Task<string> UntilLine(params string[] parts)
    {
        using var patience = new CancellationTokenSource(Patience);
        while (true)
        {
            Task more;
            lock (_gate)
            {
                more = _more.Task;
            }

            if (Lines.FirstOrDefault(line => parts.All(line.Contains)) is { } found)
            {
                return found;
            }

            try
            {
                await more.WaitAsync(patience.Token);
            }
            catch (OperationCanceledException)
            {
                throw new TimeoutException($"no line with {string.Join(" and ", parts)} among:\n{string.Join('\n', Lines)}");
            }
        }
    }

    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => null;

    public bool IsEnabled(LogLevel logLevel) => true;

    public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
    {
        TaskCompletionSource more;
        lock (_gate)
        {
            _lines.Add($"{logLevel}: {formatter(state, exception)}{(exception is null ? "" : " " + exception)}");
            more = _more;
            _more = New();
        }

        more.SetResult();
    }

    private static TaskCompletionSource New() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}
