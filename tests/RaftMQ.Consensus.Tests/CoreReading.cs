namespace RaftMQ.Consensus.Tests;

internal static class CoreReading
{
    /// <summary>What the owner is to keep for followers.</summary>
    public static IReadOnlyList<LogPosition> SnapshotsUnderWay(this RaftCore core)
    {
        var underWay = new List<LogPosition>();
        core.CollectSnapshotsUnderWay(underWay, isShortOfRoom: false);
        return underWay;
    }
}
