using System.Diagnostics;

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
        Process process = ground.Cluster.Process(victim).Process;
        Signals.Pause(process);
        try
        {
            await Eventually.TrueAsync(() => Signals.IsPaused(process), () => $"node {victim} does not stop");

            // Nobody answers for as long as a client waits: so it is asked beside the pause, which else would last longer than it should.
            Task<Report?> asked = ground.Cluster[victim].ReportAsync();
            await Ground.LastAsync(duration);
            (asked.IsCompleted && await asked is not null).ShouldBeFalse("a node that is stopped does not answer");
        }
        finally
        {
            Signals.Resume(process);
        }

        return "went on";
    }

    /// <summary>One after the other is asked to end, and started again. Clients find out by themselves that it ends; they keep away until it has caught up, since they wait for less than a start may take.</summary>
    public static async Task<string> RollAsync(Ground ground, int victim, TimeSpan duration, Random chance)
    {
        for (int id = 1; id <= ground.Founders; id++)
        {
            await ground.Cluster.StopAsync(id);
            await ground.Accounting.SendAwayAsync(ground.Cluster[id]);
            ground.Cluster.Start(id);
            await ground.Cluster.UntilCaughtUpAsync(id);
            ground.Accounting.LetIn(ground.Cluster[id]);
        }

        return $"{ground.Founders} ended in order and came back";
    }
}
