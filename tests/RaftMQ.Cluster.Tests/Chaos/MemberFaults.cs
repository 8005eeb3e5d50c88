namespace RaftMQ.Cluster.Tests.Chaos;

/// <summary>Members that come and go, by <c>raftmq cluster</c>.</summary>
internal static class MemberFaults
{
    /// <summary>A node comes, leads, and goes.</summary>
    public static async Task<string> ComeAndGoAsync(Ground ground, int victim, TimeSpan duration, Random chance)
    {
        ServeCluster cluster = ground.Cluster;
        cluster.Start(ground.Spare);
        int[] stay = [victim, .. ground.Others(victim)];
        await SucceedAsync(ground, stay, ["add", $"{ground.Spare}", .. cluster.AddressesOf(ground.Spare)]);
        await ArriveAsync(ground, ground.Spare);
        await SucceedAsync(ground, stay, "transfer", $"{ground.Spare}");
        await Ground.LastAsync(duration);
        await ground.Accounting.SendAwayAsync(cluster[ground.Spare]);
        await SucceedAsync(ground, stay, "remove", $"{ground.Spare}");
        await LeaveAsync(ground, ground.Spare);
        return $"node {ground.Spare} came, led, and was removed";
    }

    /// <summary>A node is replaced by another one, and that by the first, with an empty folder.</summary>
    public static async Task<string> ReplaceAsync(Ground ground, int victim, TimeSpan duration, Random chance)
    {
        ServeCluster cluster = ground.Cluster;
        int[] stay = [.. ground.Others(victim)];
        cluster.Start(ground.Spare);
        await ground.Accounting.SendAwayAsync(cluster[victim]);
        await SucceedAsync(ground, stay, ["replace", $"{victim}", $"{ground.Spare}", .. cluster.AddressesOf(ground.Spare)]);
        await ArriveAsync(ground, ground.Spare);
        await LeaveAsync(ground, victim);
        await Ground.LastAsync(duration);
        cluster.WriteConfiguration(victim, victim, joinsAt: stay[0]);
        cluster.Start(victim);
        await ground.Accounting.SendAwayAsync(cluster[ground.Spare]);
        await SucceedAsync(ground, stay, ["replace", $"{ground.Spare}", $"{victim}", .. cluster.AddressesOf(victim)]);
        await ArriveAsync(ground, victim);
        await LeaveAsync(ground, ground.Spare);
        return $"replaced by node {ground.Spare}, and that by it";
    }

    private static async Task ArriveAsync(Ground ground, int id)
    {
        await ground.UntilMemberAsync(id);
        ground.Accounting.LetIn(ground.Cluster[id]);
    }

    private static async Task LeaveAsync(Ground ground, int id)
    {
        await Eventually.TrueAsync(() => ground.Cluster.Process(id).Output.Contains("no longer a member", StringComparison.Ordinal), ground.Cluster.Outputs);
        await ground.Cluster.StopAsync(id);
        ground.Cluster.Wipe(id);
    }

    /// <summary>Asks for a change, and if something else strikes meanwhile until it is done, by turns those that stay members, since one of them may be struck: every change may be asked for again.</summary>
    private static async Task SucceedAsync(Ground ground, int[] stay, params string[] arguments)
    {
        int mostAttempts = ground.IsStruckOnce ? 1 : 5;
        (int exitCode, string output) = await ground.Cluster.OperateAsync(stay[0], arguments);
        for (int attempt = 1; exitCode != 0 && attempt < mostAttempts; attempt++)
        {
            (exitCode, output) = await ground.Cluster.OperateAsync(stay[attempt % stay.Length], arguments);
        }

        exitCode.ShouldBe(0, $"raftmq cluster {string.Join(' ', arguments)}: {output}\n{ground.Cluster.Outputs()}");
    }
}
