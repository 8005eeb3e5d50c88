namespace RaftMQ.Cluster.Tests;

/// <summary>Waits for conditions, never for a time; a deadline only ends a test that would wait for ever.</summary>
internal static class Eventually
{
    private static readonly TimeSpan BetweenLooks = TimeSpan.FromMilliseconds(20);

    public static TimeSpan Patience { get; } = TimeSpan.FromSeconds(60);

    public static async Task TrueAsync(Func<Task<bool>> condition, Func<string> otherwise, TimeSpan? patience = null)
    {
        using var deadline = new CancellationTokenSource(patience ?? Patience);
        using var timer = new PeriodicTimer(BetweenLooks);
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

    public static Task TrueAsync(Func<bool> condition, Func<string> otherwise, TimeSpan? patience = null) => TrueAsync(() => Task.FromResult(condition()), otherwise, patience);

    /// <summary>Until a condition is looked at again.</summary>
    public static async Task MomentAsync()
    {
        using var timer = new PeriodicTimer(BetweenLooks);
        await timer.WaitForNextTickAsync();
    }
}
