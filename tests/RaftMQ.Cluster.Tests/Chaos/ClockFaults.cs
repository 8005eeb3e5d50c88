namespace RaftMQ.Cluster.Tests.Chaos;

/// <summary>What happens to wall clocks: they jump by an hour, and after a while back again.</summary>
internal static class ClockFaults
{
    private static readonly TimeSpan Hour = TimeSpan.FromHours(1);
    private static readonly TimeSpan MostOff = TimeSpan.FromMinutes(1);

    public static Task<string> ForwardAsync(Ground ground, int victim, TimeSpan duration, Random chance) => StepAsync(ground, [victim], Hour, duration);

    public static Task<string> BackAsync(Ground ground, int victim, TimeSpan duration, Random chance) => StepAsync(ground, [victim], -Hour, duration);

    private static async Task<string> StepAsync(Ground ground, int[] nodes, TimeSpan offset, TimeSpan duration)
    {
        Array.ForEach(nodes, id => ground.ClockOf(id).Step(offset));
        try
        {
            await Task.WhenAll(nodes.Select(id => RequireAsync(ground, id, offset)));
            await Ground.LastAsync(duration);
        }
        finally
        {
            Array.ForEach(nodes, id => ground.ClockOf(id).Step(TimeSpan.Zero));
        }

        return "its answers were dated so";
    }

    /// <summary>An answer bears the date of the node's wall clock.</summary>
    private static async Task RequireAsync(Ground ground, int id, TimeSpan offset)
    {
        DateTimeOffset? said = null;
        await Eventually.TrueAsync(
            async () =>
            {
                said = await ground.Cluster[id].DateAsync() ?? said;
                return (said - (TimeProvider.System.GetUtcNow() + offset))?.Duration() < MostOff;
            },
            () => $"node {id} is to be {offset} off, and says that it is {said}\n" + ground.Cluster.Outputs());
    }
}
