using RaftMQ.Consensus;
using RaftMQ.Replica.Disk;
using RaftMQ.Simulation.Runs;
using RaftMQ.Simulation.Traces;
using RaftMQ.Simulation.World;

namespace RaftMQ.Simulation.Invariants;

/// <summary>
/// Watches every node from outside: what it gives to its disk, what is durable there, what it says, what it commits and applies. Looked at after each turn, at a cost
/// that does not grow with the run.
/// </summary>
internal sealed partial class Ghost(SimulatedWorld world, Findings findings)
{
    private readonly Dictionary<ServerId, ServerImage> _images = [];
    private readonly Dictionary<ClusterId, ClusterHistory> _histories = [];
    private readonly Bounds _bounds = new(findings, world.Plan.Replica.Raft, world.Plan.Wal.MaxPayloadBytes);

    /// <summary>The cluster that has committed something; before that the one that was born first, if any.</summary>
    public ClusterHistory? Cluster { get; private set; }

    public ServerImage ImageOf(ServerId server)
    {
        if (!_images.TryGetValue(server, out ServerImage? image))
        {
            image = new ServerImage(server, 4 * world.Plan.Replica.MaxElectionTimeoutTicks);
            _images.Add(server, image);
        }

        return image;
    }

    /// <summary>Something goes to the disk: terms that rise (I3), entries that match (I4), truncations of what is not committed (I7).</summary>
    public void OnGiven(SimulatedNode node, PersistBatch batch)
    {
        ServerImage image = ImageOf(node.Replica!.Identity.Server);
        ClusterHistory history = HistoryOf(node.Replica.Identity.Cluster);
        LogImage given = image.Given;
        if (batch.Records.HardState is { } state)
        {
            findings.Checks++;
            if (state.CurrentTerm < given.HardState.CurrentTerm)
            {
                findings.Report("I3", $"server {image.Server} stores term {state.CurrentTerm} after {given.HardState.CurrentTerm}");
            }

            given.HardState = state;
        }

        if (batch.Records.TruncateFrom is { } from && from.Value <= given.Last)
        {
            history.Committed.RequireNot(image, from.Value);
            world.Reach.Count(Situation.ConflictTruncation);
            if (given.TruncateFrom(from.Value))
            {
                world.Reach.Count(Situation.ConfigurationReverted);
            }
        }

        foreach (LogEntry entry in batch.Records.Entries)
        {
            if (entry.Index.Value != given.Last + 1 || entry.Term > given.HardState.CurrentTerm || entry.Term.Value < given.LastTerm)
            {
                findings.Report("I4", $"server {image.Server} writes {entry.Position} behind {given.Last}@{given.LastTerm}, in term {given.HardState.CurrentTerm}");
                return;
            }

            history.Entries.Meet(image.Server, entry, given.LastTerm);
            RequireInTime(node, image, history, entry);
            if (entry.Kind == EntryKind.Membership)
            {
                OnConfiguration(node, given, entry);
            }

            given.Append(entry);
        }

        image.Give(batch.Id, batch.Records);
    }

    /// <summary>A sync was done: everything that was written is on the disk.</summary>
    public void OnSynced(SimulatedNode node, ulong batch)
    {
        findings.Checks++;
        if (node.Disk.UnsyncedLogSectors > 0)
        {
            findings.Report("I8", $"node {node.Id} takes batch {batch} for durable while {node.Disk.UnsyncedLogSectors} sectors are not synced");
        }

        ServerImage image = ImageOf(node.Replica!.Identity.Server);
        image.OnSynced(batch);
        NoteVote(image, node.Replica.Identity.Cluster);
    }

    /// <summary>The last piece of a snapshot goes to the disk.</summary>
    public void OnInstalling(SimulatedNode node, LogPosition snapshot)
    {
        ServerImage image = ImageOf(node.Replica!.Identity.Server);
        ClusterHistory history = HistoryOf(node.Replica.Identity.Cluster);
        image.Installing = snapshot;
        history.Committed.RequireSnapshot(image, snapshot);
        for (ulong index = 1; index <= Math.Min(snapshot.Index.Value, image.Given.Last); index++)
        {
            if (image.Given.TermAt(index) != history.Committed.TermAt(index))
            {
                world.Reach.Count(Situation.InstallOverConflictingLog);
                break;
            }
        }
    }

    /// <summary>The disk has put a snapshot in the place of the log.</summary>
    public void OnInstalled(SimulatedNode node, LogPosition snapshot) =>
        ImageOf(node.Replica!.Identity.Server).Durable.Install(snapshot, HistoryOf(node.Replica.Identity.Cluster).Committed);

    /// <summary>A node is about to hear that a snapshot was installed.</summary>
    public void OnInstallReported(SimulatedNode node, LogPosition snapshot)
    {
        ServerImage image = ImageOf(node.Replica!.Identity.Server);
        CommittedLog committed = HistoryOf(node.Replica.Identity.Cluster).Committed;
        image.Installing = null;
        image.Reported.Install(snapshot, committed);
        image.Given.Install(snapshot, committed);
    }

    /// <summary>A node is about to hear that a batch is durable.</summary>
    public void OnReported(SimulatedNode node, ulong batch)
    {
        findings.Checks++;
        if (!ImageOf(node.Replica!.Identity.Server).OnReported(batch))
        {
            findings.Report("I8", $"node {node.Id} is told that batch {batch} is durable, and it is not");
        }
    }

    /// <summary>A vote counts from when it is durable (I2): what was lost before was never said.</summary>
    private void NoteVote(ServerImage image, ClusterId cluster)
    {
        if (image.Durable.HardState is { VotedFor: { } candidate } state)
        {
            HistoryOf(cluster).Ballots.Vote(image.Server, state.CurrentTerm, candidate);
        }
    }

    private ClusterHistory HistoryOf(ClusterId cluster)
    {
        if (!_histories.TryGetValue(cluster, out ClusterHistory? history))
        {
            history = new ClusterHistory(findings, cluster);
            _histories.Add(cluster, history);
            Cluster ??= history;
        }

        return history;
    }

    private void Note(SimulatedNode node, TraceKind kind, ulong a, ulong b, ulong c) => world.Trace.Note(world.Now, node.Id, kind, (long)a, (long)b, (long)c);
}
