using RaftMQ.Consensus;
using RaftMQ.Replica.Disk;
using RaftMQ.Simulation.Runs;
using RaftMQ.Simulation.World;

namespace RaftMQ.Simulation.Invariants;

/// <summary>What a folder gives back (I3, I20): everything that was durable, in the same words, and nothing that was not given to it.</summary>
internal sealed partial class Ghost
{
    private readonly HashSet<ServerId> _setAside = [];

    /// <summary>The folder of an incarnation is set aside, durably: it is dead, and what it has promised stays what it was.</summary>
    public void OnSetAside(ServerId server) => _setAside.Add(server);

    /// <summary>What was set aside is about to be removed: by then its node has a seat again (I20).</summary>
    public void OnAsideRemoval(SimulatedNode node)
    {
        findings.Checks++;
        ServerId server = node.Replica!.Identity.Server;
        if (Cluster?.Committed.HasSeated(server) != true)
        {
            findings.Report("I20", $"server {server} has had no seat, and what was set aside of its node is removed");
        }
    }

    /// <summary>A process has opened its folder (I3, I20): it has what was durable, and nothing that was not given to it.</summary>
    public void OnStarted(SimulatedNode node, ReplicaFolder folder)
    {
        ServerImage image = BeginLife(node, folder, out bool hasTermWithoutLog);
        if (hasTermWithoutLog)
        {
            world.Reach.Count(Situation.CrashBetweenTermAndLog);
        }

        if (node.HasNewDisk && Cluster?.Committed.Configuration.Membership?.Counts(node.Identity.Server) == true)
        {
            image.FollowsAVoter = true;
        }

        if (folder.Identity.Cluster.IsBorn)
        {
            NoteVote(image, folder.Identity.Cluster);
            Compare(folder, image, folder.Recovered.Tail);
            CompareRestored(folder, image);
        }
    }

    /// <summary>A folder was opened for nothing but to be looked at: every entry of its log is read from the disk.</summary>
    public void RequireWhole(SimulatedNode node, ReplicaFolder folder)
    {
        ServerImage image = BeginLife(node, folder, out _);
        var entries = new List<LogEntry>();
        LogIndex first = folder.Log.FirstIndex;
        if (folder.Recovered.LastIndex is var last && last >= first)
        {
            folder.Log.Read(first, last, int.MaxValue, entries);
        }

        if ((ulong)entries.Count != image.Durable.Last - first.Previous.Value)
        {
            findings.Report("I20", $"of the entries {first} to {image.Durable.Last} that server {image.Server} recovered {entries.Count} can be read");
        }

        if (folder.Restored is { } restored)
        {
            folder.ReadEntries([.. restored.Live.In(new LogIndex(1), first.Previous).Select(live => live.Index)], entries);
        }

        if (folder.Identity.Cluster.IsBorn)
        {
            Compare(folder, image, entries);
            CompareRestored(folder, image);
        }
    }

    private ServerImage BeginLife(SimulatedNode node, ReplicaFolder folder, out bool hasTermWithoutLog)
    {
        findings.Checks++;
        ServerImage image = ImageOf(folder.Identity.Server);
        if (_setAside.Contains(folder.Identity.Server))
        {
            findings.Report("I20", $"server {folder.Identity.Server} comes back, and its folder was set aside");
        }

        bool hadAnIdentity = node.Identity.Server.Incarnation != 0 && !node.HasNewDisk;
        if (hadAnIdentity && folder.Identity.Server != node.Identity.Server)
        {
            findings.Report("I20", $"node {node.Id} came back as {folder.Identity.Server}, and its disk was that of {node.Identity.Server}");
        }

        bool hadACluster = hadAnIdentity && node.Identity.Cluster.IsBorn && image.Durable.Last > 0;
        if (hadACluster && folder.Identity.Cluster != node.Identity.Cluster)
        {
            findings.Report("I20", $"node {node.Id} came back to cluster {folder.Identity.Cluster}, and its disk was of {node.Identity.Cluster}");
        }

        if (!image.BeginLife(folder.Recovered, HistoryOf(folder.Identity.Cluster).Committed, out hasTermWithoutLog))
        {
            findings.Report(
                "I20",
                $"server {image.Server} recovered log {folder.Recovered.LastIndex} and {folder.Recovered.HardState}; durable was {image.Durable.Last}@{image.Durable.LastTerm} "
                + $"and {image.Durable.HardState}");
        }

        return image;
    }

    /// <summary>A snapshot brings back the state of the committed log at its index, which was durable here as it was taken (I11).</summary>
    private void CompareRestored(ReplicaFolder folder, ServerImage image)
    {
        if (folder.Damage.Count > 0)
        {
            world.Reach.Count(Situation.DamagedSnapshotPassedOver);
        }

        if (folder.Restored is not { } restored)
        {
            return;
        }

        world.Reach.Count(Situation.RestoredFromSnapshot);
        LogPosition last = restored.Metadata.Last;
        if (image.Durable.TermAt(last.Index.Value) != last.Term.Value)
        {
            findings.Report("I11", $"server {image.Server} has a snapshot up to {last}, which is not durable there");
        }

        HistoryOf(folder.Identity.Cluster).Reference.Compare(restored.Machine, last.Index.Value, image.Server);
    }

    private void Compare(ReplicaFolder folder, ServerImage image, IEnumerable<LogEntry> entries)
    {
        ClusterHistory history = HistoryOf(folder.Identity.Cluster);
        foreach (LogEntry entry in entries)
        {
            history.Entries.Meet(image.Server, entry, image.Durable.TermAt(entry.Index.Value - 1));
        }
    }
}
