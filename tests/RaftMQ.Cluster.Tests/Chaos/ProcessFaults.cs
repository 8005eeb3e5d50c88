namespace RaftMQ.Cluster.Tests.Chaos;

/// <summary>What happens to processes.</summary>
internal static class ProcessFaults
{
    public static async Task<string> KillAsync(Ground ground, int victim, TimeSpan duration, Random chance)
    {
        ground.Cluster.Kill(victim);
        await Ground.LastAsync(duration);
        ground.Cluster.Start(victim);
        await ground.UntilMemberAsync(victim);
        return "came back";
    }

    public static async Task<string> PauseAsync(Ground ground, int victim, TimeSpan duration, Random chance)
    {
        Signals.Pause(ground.Cluster.Process(victim).Process);

        // Nobody answers for as long as a client waits: so it is asked beside the pause, which else would last longer than it should.
        Task<Report?> asked = ground.Cluster[victim].ReportAsync();
        bool isSilent;
        try
        {
            await Ground.LastAsync(duration);
            isSilent = !asked.IsCompleted || await asked is null;
        }
        finally
        {
            Signals.Resume(ground.Cluster.Process(victim).Process);
        }

        await asked;
        isSilent.ShouldBeTrue("a node that is stopped does not answer");
        return "went on";
    }

    /// <summary>One after the other is asked to end, and started again.</summary>
    public static async Task<string> RollAsync(Ground ground, int victim, TimeSpan duration, Random chance)
    {
        for (int id = 1; id <= ground.Founders; id++)
        {
            await ground.Cluster.StopAsync(id);
            ground.Cluster.Start(id);
            await ground.Cluster.UntilCaughtUpAsync(id);
        }

        return $"{ground.Founders} ended in order and came back";
    }
}
