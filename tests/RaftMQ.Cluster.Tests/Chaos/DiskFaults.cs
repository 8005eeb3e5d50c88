namespace RaftMQ.Cluster.Tests.Chaos;

/// <summary>What happens to disks and what is on them.</summary>
internal static class DiskFaults
{
    /// <summary>What a filled disk has left.</summary>
    private const long LeftBytes = 1024 * 1024;

    /// <summary>Until a disk stands still that was told to.</summary>
    private static readonly TimeSpan UntilStalled = TimeSpan.FromMilliseconds(400);

    /// <summary>Writes and syncs wait; nothing fails.</summary>
    public static async Task<string> StallAsync(Ground ground, int victim, TimeSpan duration, Random chance)
    {
        Task stalled = ground.DiskOf(victim).StallAsync(duration);
        await Ground.LastAsync(UntilStalled);
        Report? before = await ground.Cluster[victim].ReportAsync();
        await Ground.LastAsync(duration - (2 * UntilStalled));
        Report? after = await ground.Cluster[victim].ReportAsync();
        await stalled;
        before.ShouldNotBeNull("a node answers while its disk stands still");
        after.ShouldNotBeNull("a node answers while its disk stands still");
        (after.LogSyncs - before.LogSyncs).ShouldBeLessThanOrEqualTo(1, "nothing is synced on a disk that stands still");
        return "frozen and thawed";
    }

    /// <summary>Something else takes all the room, and what the log gives back, until the node says that it has none; and lets go of it later.</summary>
    public static async Task<string> FillAsync(Ground ground, int victim, TimeSpan duration, Random chance)
    {
        const string Full = "is full";
        MountedDisk disk = ground.DiskOf(victim);
        RaftMqProcess process = ground.Cluster.Process(victim);
        int before = process.Output.Length;
        var fillers = new List<string>();
        bool IsFull()
        {
            if (disk.FreeBytes > 2 * LeftBytes)
            {
                fillers.Add(disk.Fill(disk.FreeBytes - LeftBytes));
            }

            return process.Output.IndexOf(Full, before, StringComparison.Ordinal) >= 0;
        }

        await ground.PourUntilAsync(IsFull, $"node {victim} does not become full");
        await Ground.LastAsync(duration);
        fillers.ForEach(File.Delete);
        await Eventually.TrueAsync(
            async () => await ground.Cluster[victim].ReportAsync() is { Phase: "Member", AcceptsPublishes: true }, () => $"node {victim} has room and does not know\n" + ground.Cluster.Outputs());
        return "said that it was full, and had room again";
    }

    /// <summary>A byte is another one when a node comes back.</summary>
    public static async Task<string> FlipAsync(Ground ground, int victim, TimeSpan duration, Random chance)
    {
        string before = await IncarnationAsync(ground, victim);
        ground.Cluster.Kill(victim);
        string[] segments = [.. Directory.GetFiles(ground.Cluster.DataOf(victim), "*.wal").Where(IsOfTheLog).Order(StringComparer.Ordinal)];
        string[] snapshots = [.. Directory.GetFiles(ground.Cluster.DataOf(victim), "*.snapshot").Where(IsOfTheLog)];
        bool inSnapshots = snapshots.Length > 0 && chance.Next(2) == 0;
        Array.ForEach(inSnapshots ? snapshots : segments[..1], Repairs.Damage);
        await Ground.LastAsync(duration);
        RaftMqProcess process = ground.Cluster.Start(victim);
        await ground.UntilMemberAsync(victim);
        bool isPassedOver = inSnapshots && process.Output.Contains("passing over a snapshot", StringComparison.Ordinal);
        string now = await IncarnationAsync(ground, victim);
        (now != before || isPassedOver).ShouldBeTrue($"node {victim} has not found the damage\n{ground.Cluster.Outputs()}");
        return $"a byte of {(inSnapshots ? "each snapshot" : "a segment")}; {(isPassedOver ? "passed over" : "came back as another incarnation")}";
    }

    /// <summary>A node comes back with nothing.</summary>
    public static async Task<string> WipeAsync(Ground ground, int victim, TimeSpan duration, Random chance)
    {
        string before = await IncarnationAsync(ground, victim);
        ground.Cluster.Kill(victim);
        ground.Cluster.Wipe(victim);
        await Ground.LastAsync(duration);
        ground.Cluster.Start(victim);
        await ground.UntilMemberAsync(victim);
        (await IncarnationAsync(ground, victim)).ShouldNotBe(before);
        return "came back as another incarnation";
    }

    private static bool IsOfTheLog(string path) => !Path.GetFileName(path).StartsWith("aside", StringComparison.Ordinal);

    private static async Task<string> IncarnationAsync(Ground ground, int id)
    {
        Report? report = null;
        await Eventually.TrueAsync(async () => (report = await ground.Cluster[id].ReportAsync()) is not null, () => $"node {id} does not answer\n" + ground.Cluster.Outputs());
        return report!.Incarnation;
    }
}
