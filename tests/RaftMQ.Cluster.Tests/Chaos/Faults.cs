namespace RaftMQ.Cluster.Tests.Chaos;

/// <summary>All kinds of faults.</summary>
internal static class Faults
{
    private static readonly Victim[] One = [Victim.Leader, Victim.Follower, Victim.OtherFollower];
    private static readonly Victim[] AFollower = [Victim.Follower, Victim.OtherFollower];
    private static readonly Victim[] Everybody = [Victim.Everybody];

    public static IReadOnlyList<Fault> All { get; } =
    [
        new("kill", Toll.Node, 0, 5, 3, One, ProcessFaults.KillAsync),
        new("pause", Toll.Node, 0.5, 30, 2, One, ProcessFaults.PauseAsync) { Deposes = true },
        new("rolling-restart", Toll.Alone, 0, 0, 12, Everybody, ProcessFaults.RollAsync),
        new("isolate", Toll.Node, 0.5, 15, 3, One, LinkFaults.IsolateAsync) { Deposes = true, DropsPackets = true },
        new("mute", Toll.Node, 0.5, 15, 3, One, LinkFaults.MuteAsync) { Deposes = true, DropsPackets = true },
        new("deafen", Toll.Node, 0.5, 15, 3, One, LinkFaults.DeafenAsync) { Deposes = true, DropsPackets = true },
        new("hold-up", Toll.Node, 0.5, 15, 3, One, LinkFaults.HoldUpAsync) { NeedsTraffic = true, Deposes = true },
        new("bridge", Toll.Node, 2, 15, 3, One, LinkFaults.BridgeAsync) { DropsPackets = true },
        new("shatter", Toll.Majority, 0.5, 10, 4, Everybody, LinkFaults.ShatterAsync) { Deposes = true, DropsPackets = true },
        new("delay", Toll.None, 3, 15, 3, Everybody, LinkFaults.DelayAsync) { NeedsTraffic = true },
        new("loss", Toll.None, 3, 15, 3, Everybody, LinkFaults.LoseAsync) { NeedsTraffic = true },
        new("reset", Toll.None, 1, 5, 3, One, LinkFaults.ResetAsync),
        new("clock-forward", Toll.None, 2, 10, 3, One, ClockFaults.ForwardAsync),
        new("clock-back", Toll.None, 2, 10, 3, One, ClockFaults.BackAsync),
        new("disk-stall", Toll.Node, 1, 10, 3, One, DiskFaults.StallAsync) { Deposes = true },
        new("disk-full", Toll.Node, 1, 5, 12, One, DiskFaults.FillAsync),
        new("flip", Toll.Disk, 0, 3, 5, One, DiskFaults.FlipAsync),
        new("wipe", Toll.Disk, 0, 3, 5, One, DiskFaults.WipeAsync),
        new("come-and-go", Toll.Churn, 1, 3, 10, Everybody, MemberFaults.ComeAndGoAsync),
        new("replace", Toll.Churn, 1, 3, 15, AFollower, MemberFaults.ReplaceAsync),
    ];

    public static Fault Named(string name) => All.Single(fault => fault.Name == name);
}
