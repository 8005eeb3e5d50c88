using RaftMQ.Consensus;
using RaftMQ.Queues;
using RaftMQ.Queues.Snapshots;
using RaftMQ.Storage;
using RaftMQ.Storage.Bodies;
using RaftMQ.Storage.Snapshots;
using RaftMQ.Storage.Transfer;

namespace RaftMQ.Replica.Disk;

/// <summary>What a snapshot brought back: applying goes on behind it.</summary>
/// <param name="Machine">The queue as it was.</param>
/// <param name="Metadata">Up to where.</param>
/// <param name="Bytes">The size of the snapshot.</param>
/// <param name="Live">The bodies that the state refers to.</param>
public sealed record RestoredState(QueueMachine Machine, SnapshotMetadata Metadata, long Bytes, LiveBodies Live)
{
    /// <summary>What lies on the disk of log and bodies up to its end, in bytes: an older snapshot that is kept, too, may need it. 0 if there is none.</summary>
    public long BytesBelow { get; init; }

    /// <summary>The state that a snapshot from elsewhere holds, once it has come whole.</summary>
    /// <exception cref="FormatException">It has not, or does not bring what its state refers to.</exception>
    /// <exception cref="StorageRefusedException">It is of a cluster version that this program does not understand.</exception>
    internal static RestoredState From(SnapshotSink sink, ClusterVersions understands)
    {
        if (!sink.IsComplete)
        {
            throw new FormatException("it ends too early");
        }

        RestoredState state;
        try
        {
            state = sink.ReadState((metadata, chunks, bytes) => From(metadata, chunks, bytes, understands));
        }
        catch (StorageDamagedException e)
        {
            throw new FormatException(e.Message);
        }

        LogIndex last = state.Metadata.Last.Index;
        bool hasAll = state.Live.In(new LogIndex(1), last).Select(body => body.Index).SequenceEqual(sink.Entries.In(new LogIndex(1), last).Select(entry => entry.Index));
        return hasAll ? state : throw new FormatException("it does not bring the bodies that its state refers to, or brings others");
    }

    /// <summary>The state that a snapshot holds.</summary>
    /// <exception cref="FormatException">It is not the one that was written.</exception>
    /// <exception cref="StorageRefusedException">It is of a cluster version that this program does not understand.</exception>
    internal static RestoredState From(SnapshotMetadata metadata, IEnumerable<ReadOnlyMemory<byte>> chunks, long bytes, ClusterVersions understands)
    {
        VersionCheck.Require(metadata.Configurations, understands, $"the snapshot up to entry {metadata.Last}");
        RequireConfigurations(metadata);
        QueueMachine machine = QueueSnapshot.Decode(chunks, metadata.StateHash);
        return new RestoredState(machine, metadata, bytes, LiveIn(machine.Capture()));
    }

    /// <summary>The bodies that a state refers to.</summary>
    internal static LiveBodies LiveIn(QueueSnapshot state)
    {
        var live = new LiveBodies();
        foreach (BodyReference body in state.Bodies())
        {
            live.Add(new LogIndex(body.Index), body.Offset + body.Length);
        }

        return live;
    }

    /// <summary>The birth, and at most one later membership: all of it can be decoded, so that nothing fails when it is gone on with.</summary>
    private static void RequireConfigurations(SnapshotMetadata metadata)
    {
        LogIndex before = LogIndex.Zero;
        foreach (LogEntry entry in metadata.Configurations)
        {
            bool isFirst = before == LogIndex.Zero;
            if (entry.Index <= before || entry.Index > metadata.Last.Index || entry.Kind != (isFirst ? EntryKind.Birth : EntryKind.Membership))
            {
                throw new FormatException("a snapshot names the birth and the configuration in force at its end, and this one names others");
            }

            before = entry.Index;
            _ = isFirst ? Birth.Decode(entry.Payload).Members : Membership.Decode(entry.Payload.Span, out _);
        }
    }
}
