using System.Diagnostics;

namespace RaftMQ.Cluster.Tests.Chaos;

/// <summary>A cluster is well when everybody is a member of one leader in one term and has caught up, and stays so.</summary>
/// <param name="Leader">Who leads.</param>
/// <param name="Term">In which term.</param>
/// <param name="ElectionTimeout">What the nodes go by, the longest.</param>
/// <param name="Since">The moment since which it is so.</param>
internal sealed record Recovery(int Leader, ulong Term, TimeSpan ElectionTimeout, long Since)
{
    /// <summary>How many election timeouts it has to stay so.</summary>
    private const int Stays = 2;

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    /// <summary>Waits for it.</summary>
    public static async Task<Recovery> AwaitAsync(Ground ground, long from)
    {
        Node[] nodes = [.. ground.Cluster.Nodes.Take(ground.Founders)];
        Recovery? well = null;
        ulong goal = ulong.MaxValue;
        Report?[] reports = [];
        await Eventually.TrueAsync(
            async () =>
            {
                nodes.Except(ground.Cluster.Running).Select(node => node.Id).ShouldBeEmpty("no node ends by itself\n" + ground.Cluster.Outputs());
                long looked = Stopwatch.GetTimestamp();
                reports = await Task.WhenAll(nodes.Select(node => node.ReportAsync()));
                int leader = Array.FindIndex(reports, report => report is { Role: "Leader" });
                goal = goal == ulong.MaxValue && leader >= 0 ? reports[leader]!.LastLogIndex : goal;
                if (!IsWell(reports, goal) || !ground.Beat.HasGoneOnSince(from))
                {
                    well = null;
                    return false;
                }

                Members?[] members = await Task.WhenAll(nodes.Select(node => node.MembersAsync()));
                TimeSpan timeout = TimeSpan.FromMilliseconds(members.Max(said => said?.ElectionTimeoutMs ?? 0));
                bool isStill = well?.Term == reports[leader]!.Term;
                well = new Recovery(nodes[leader].Id, reports[leader]!.Term, timeout, isStill ? well!.Since : looked);
                return Stopwatch.GetElapsedTime(well.Since) > Stays * timeout;
            },
            () => $"the cluster does not become well\n{string.Join('\n', reports.Select(report => report?.ToString() ?? "no answer"))}\n{ground.Cluster.Outputs()}",
            Patience);
        return well!;
    }

    private static bool IsWell(Report?[] reports, ulong goal) =>
        Array.TrueForAll(reports, report => report is { Phase: "Member" } && report.AppliedIndex >= goal)
        && reports.Count(report => report!.Role == "Leader") == 1
        && reports.Select(report => report!.Term).Distinct().Count() == 1;
}
