using RaftMQ.Consensus;
using RaftMQ.Storage;

namespace RaftMQ.Replica.Disk;

/// <summary>
/// Configurations from a disk or from elsewhere are looked at for the cluster's version before anything else of them is read: a later version may have laid out the rest in another way.
/// </summary>
internal static class VersionCheck
{
    /// <summary>Requires that a program understands the version of every configuration.</summary>
    /// <param name="configurations">Births and memberships.</param>
    /// <param name="understands">What the program understands.</param>
    /// <param name="where">Where they stand, for people.</param>
    /// <exception cref="StorageRefusedException">It does not understand one. The message says which, and what to do.</exception>
    public static void Require(IEnumerable<LogEntry> configurations, ClusterVersions understands, string where)
    {
        foreach (LogEntry entry in configurations)
        {
            if (ClusterVersions.StatedIn(entry) is { } version && understands.ObjectionTo(version) is { } objection)
            {
                throw new StorageRefusedException($"{where}: {objection}");
            }
        }
    }
}
