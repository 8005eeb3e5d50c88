namespace RaftMQ.Cluster.Tests.Chaos;

/// <summary>Members that come and go, by <c>raftmq cluster</c>.</summary>
internal static class MemberFaults
{
    /// <summary>A node comes, leads, and goes.</summary>
    public static async Task<string> ComeAndGoAsync(Ground ground, int victim, TimeSpan duration, Random chance)
    {
        ServeCluster cluster = ground.Cluster;
        cluster.Start(ground.Spare);
        await SucceedAsync(ground, victim, ["add", $"{ground.Spare}", .. cluster.AddressesOf(ground.Spare)]);
        await ground.UntilMemberAsync(ground.Spare);
        await SucceedAsync(ground, victim, "transfer", $"{ground.Spare}");
        await Ground.LastAsync(duration);
        await SucceedAsync(ground, victim, "remove", $"{ground.Spare}");
        await LeaveAsync(ground, ground.Spare);
        return $"node {ground.Spare} came, led, and was removed";
    }

    /// <summary>A node is replaced by another one, and that by the first, with an empty folder.</summary>
    public static async Task<string> ReplaceAsync(Ground ground, int victim, TimeSpan duration, Random chance)
    {
        ServeCluster cluster = ground.Cluster;
        cluster.Start(ground.Spare);
        await SucceedAsync(ground, ground.Others(victim).First(), ["replace", $"{victim}", $"{ground.Spare}", .. cluster.AddressesOf(ground.Spare)]);
        await ground.UntilMemberAsync(ground.Spare);
        await LeaveAsync(ground, victim);
        await Ground.LastAsync(duration);
        cluster.WriteConfiguration(victim, victim, joinsAt: ground.Others(victim).First());
        cluster.Start(victim);
        await SucceedAsync(ground, ground.Others(victim).First(), ["replace", $"{ground.Spare}", $"{victim}", .. cluster.AddressesOf(victim)]);
        await ground.UntilMemberAsync(victim);
        await LeaveAsync(ground, ground.Spare);
        return $"replaced by node {ground.Spare}, and that by it";
    }

    private static async Task LeaveAsync(Ground ground, int id)
    {
        await Eventually.TrueAsync(() => ground.Cluster.Process(id).Output.Contains("no longer a member", StringComparison.Ordinal), ground.Cluster.Outputs);
        await ground.Cluster.StopAsync(id);
        ground.Cluster.Wipe(id);
    }

    /// <summary>Asks for a change, of a node that is sure to stay, until it is done: every one may be asked for again.</summary>
    private static async Task SucceedAsync(Ground ground, int at, params string[] arguments)
    {
        const int MostAttempts = 5;
        (int exitCode, string output) = await ground.Cluster.OperateAsync(at, arguments);
        for (int attempt = 1; exitCode != 0 && attempt < MostAttempts; attempt++)
        {
            (exitCode, output) = await ground.Cluster.OperateAsync(at, arguments);
        }

        exitCode.ShouldBe(0, $"raftmq cluster {string.Join(' ', arguments)}: {output}\n{ground.Cluster.Outputs()}");
    }
}
