namespace RaftMQ.Cluster.Tests;

/// <summary>Waits for conditions, never for a time; a deadline only ends a test that would wait for ever.</summary>
internal static class Eventually
{
    public static TimeSpan Patience { get; } = TimeSpan.FromSeconds(60);

    public static async Task TrueAsync(Func<Task<bool>> condition, Func<string> otherwise)
    {
        using var deadline = new CancellationTokenSource(Patience);
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(20));
        while (!await condition())
        {
            try
            {
                await timer.WaitForNextTickAsync(deadline.Token);
            }
            catch (OperationCanceledException)
            {
                throw new TimeoutException(otherwise());
            }
        }
    }

    public static Task TrueAsync(Func<bool> condition, Func<string> otherwise) => TrueAsync(() => Task.FromResult(condition()), otherwise);
}
