using RaftMQ.Queues;
using RaftMQ.Storage.Wal;

namespace RaftMQ.Server.Configuration;

/// <summary>What must hold between the keys of a configuration, each of which is right by itself.</summary>
internal static class ConfigurationRules
{
    private const int SectorBytes = 4096;
    private const int HeartbeatsPerElection = 4;

    /// <summary>The one that is written to, one that publishes leave free, and two for what waits and for snapshots of it.</summary>
    private const int SegmentsBesideTheSpares = 4;

    /// <exception cref="ConfigurationException">One rule does not hold.</exception>
    public static void Check(ServeConfiguration configuration)
    {
        CheckMembers(configuration);
        CheckTimeouts(configuration.Timeouts);
        CheckSizes(configuration);
        CheckBudgets(configuration.Budgets, configuration.Wal);
    }

    private static void CheckMembers(ServeConfiguration configuration)
    {
        Require(configuration.NodeId != 0, "", "the key \"nodeId\" is missing: the number of this node, one of the members' ids");
        Require(configuration.Members.Count > 0, "", """
            the key "members" is missing: the list of all nodes, for example [{"id": 1, "client": "127.0.0.1:8080", "peer": "127.0.0.1:7001"}]
            """);
        Require(configuration.DataFolder.Length > 0, "", "the key \"dataFolder\" is missing: the folder for this node's log");

        var used = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase);
        for (int i = 0; i < configuration.Members.Count; i++)
        {
            MemberAddresses member = configuration.Members[i];
            string place = $"{Settings.Members}[{i}]";
            int first = configuration.Members.ToList().FindIndex(other => other.Id == member.Id);
            Require(first == i, $"{place}.id", $"{member.Id} is also the id of members[{first}]; every node has its own");
            RequireUnused(used, $"{place}.client", member.Client);
            RequireUnused(used, $"{place}.peer", member.Peer);
        }

        IEnumerable<long> ids = configuration.Members.Select(member => member.Id);
        Require(
            ids.Contains(configuration.NodeId), "nodeId", $"{configuration.NodeId} is not among the members' ids: {string.Join(", ", ids)}");
    }

    private static void CheckTimeouts(Timeouts timeouts)
    {
        Require(
            timeouts.HeartbeatMs >= timeouts.TickMs,
            "timeouts.heartbeatMs",
            $"{timeouts.HeartbeatMs} is shorter than a tick (timeouts.tickMs is {timeouts.TickMs}), and nothing happens between ticks");
        Require(
            timeouts.ElectionMs >= HeartbeatsPerElection * timeouts.HeartbeatMs,
            "timeouts.electionMs",
            $"{timeouts.ElectionMs} is less than {HeartbeatsPerElection} heartbeats (timeouts.heartbeatMs is {timeouts.HeartbeatMs}); " +
            "one lost heartbeat must not cause an election");
        Require(
            timeouts.MaxElectionMs >= timeouts.ElectionMs,
            "timeouts.maxElectionMs",
            $"{timeouts.MaxElectionMs} is less than timeouts.electionMs, {timeouts.ElectionMs}, from which it adapts upwards");
        Require(
            timeouts.RequestMs >= timeouts.LeaderWaitMs,
            "timeouts.requestMs",
            $"{timeouts.RequestMs} is less than timeouts.leaderWaitMs, {timeouts.LeaderWaitMs}, which is a part of it");
    }

    private static void CheckSizes(ServeConfiguration configuration)
    {
        QueueLimits limits = configuration.Limits;
        int segment = configuration.Wal.SegmentBytes;
        Require(segment % SectorBytes == 0, "wal.segmentBytes", $"{segment} is not a multiple of {SectorBytes}");
        Require(
            limits.MaxBytesPerTopic >= limits.MaxMessageBytes,
            "limits.maxBytesPerTopic",
            $"{limits.MaxBytesPerTopic} has no room for one message of limits.maxMessageBytes, {limits.MaxMessageBytes}");
        Require(
            limits.MaxBytes >= limits.MaxMessageBytes,
            "limits.maxBytes",
            $"{limits.MaxBytes} has no room for one message of limits.maxMessageBytes, {limits.MaxMessageBytes}");
    }

    private static void CheckBudgets(Budgets budgets, WalOptions wal)
    {
        Require(
            budgets.MemoryBytes == 0 || budgets.MemoryBytes >= budgets.LeastMemoryBytes,
            "budgets.memoryBytes",
            $"{budgets.MemoryBytes} is less than what requests under way may take by themselves, {budgets.LeastMemoryBytes}: budgets.maxRequestBytes ({budgets.MaxRequestBytes}), " +
            $"budgets.maxUncommittedBytes ({budgets.MaxUncommittedBytes}) and the end of the log; lower those, or leave this one out");
        long leastDisk = (wal.SpareSegments + SegmentsBesideTheSpares) * (long)wal.SegmentBytes;
        Require(
            budgets.DiskBytes == 0 || budgets.DiskBytes >= leastDisk,
            "budgets.diskBytes",
            $"{budgets.DiskBytes} is less than {leastDisk}: the log alone takes {wal.SpareSegments} spare segments (wal.spareSegments) and {SegmentsBesideTheSpares} more " +
            $"of {wal.SegmentBytes} bytes (wal.segmentBytes)");
    }

    private static void RequireUnused(Dictionary<string, string> used, string place, HostPort address)
    {
        string text = address.ToString();
        Require(used.TryAdd(text, place), place, $"{text} is also the address at {used.GetValueOrDefault(text)}; every listener has its own");
    }

    private static void Require(bool holds, string place, string otherwise)
    {
        if (!holds)
        {
            throw new ConfigurationException(place, otherwise);
        }
    }
}
