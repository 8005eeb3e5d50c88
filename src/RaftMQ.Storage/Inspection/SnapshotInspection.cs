using RaftMQ.Consensus;
using RaftMQ.Storage.Files;
using RaftMQ.Storage.Snapshots;
using RaftMQ.Storage.Wal;

namespace RaftMQ.Storage.Inspection;

/// <summary>Reads every snapshot of a folder to its end. What state its bytes bring back is the queue's to say, and is not looked at.</summary>
internal sealed class SnapshotInspection(IFileSystem files)
{
    private readonly List<InspectedSnapshot> _snapshots = [];
    private readonly List<Finding> _findings = [];

    /// <summary>By age.</summary>
    public IReadOnlyList<InspectedSnapshot> Snapshots => _snapshots;

    public IReadOnlyList<Finding> Findings => _findings;

    /// <summary>The one that a start goes on with: the newest that is whole. Null if none is.</summary>
    public SnapshotMetadata? Newest { get; private set; }

    /// <summary>
    /// The one behind which a start takes the log to begin: of those up to the newest whole one the oldest whose header is whole, since it reads no more of them. Null if there is none.
    /// </summary>
    public SnapshotMetadata? Oldest { get; private set; }

    /// <summary>Reads them all, the newest first, as a start does.</summary>
    /// <exception cref="StorageRefusedException">A snapshot is of another format.</exception>
    public void Read()
    {
        foreach (string name in files.List().Where(SnapshotName.IsSnapshot).Reverse())
        {
            Read(name);
        }
    }

    /// <summary>Holds those that a start looks at against the log.</summary>
    /// <param name="log">The log, whole and placed behind the oldest.</param>
    public void HoldAgainst(Journal log)
    {
        foreach (SnapshotMetadata snapshot in new[] { Oldest, Newest }.OfType<SnapshotMetadata>().Distinct())
        {
            if (SnapshotRules.ObjectionTo(snapshot, log) is { } objection)
            {
                Report(FindingKind.Damage, SnapshotName.Of(snapshot.Last.Index.Value), objection);
            }
        }

        IReadOnlyList<LogEntry> known = SnapshotRules.Configurations(log.Configurations, Oldest);
        bool isKnown = Newest is null || Newest.Configurations.All(entry => known.Any(other => ConfigurationReading.IsSame(other, entry)));
        if (!isKnown)
        {
            string name = SnapshotName.Of(Newest!.Last.Index.Value);
            Report(FindingKind.Damage, name, "it names a birth or a configuration that is neither in the log nor in the oldest snapshot: files of two folders are mixed");
        }
    }

    private void Read(string name)
    {
        long bytes = 0;
        try
        {
            using (IFile file = files.Open(name))
            {
                bytes = file.Length;
            }

            using var reader = new SnapshotFileReader(files, name);
            Oldest = Newest is null ? null : reader.Metadata;
            JudgeConfigurations(name, reader.Metadata);
            foreach (ReadOnlyMemory<byte> chunk in reader.Chunks())
            {
                Invariant.Require(chunk.Length > 0, "the reader ends at the empty chunk");
            }

            Newest ??= reader.Metadata;
            Oldest = reader.Metadata;
            _snapshots.Insert(0, new InspectedSnapshot(name, bytes, reader.Metadata.Last, reader.Metadata.StateHash));
        }
        catch (Exception failure) when (failure is StorageDamagedException or IOException)
        {
            Report(FindingKind.PassedOver, name, $"the snapshot is damaged ({failure.Message}); a start goes on with another one, or with the log alone if that goes back to the first entry");
            _snapshots.Insert(0, new InspectedSnapshot(name, bytes, null, 0));
        }
    }

    private void JudgeConfigurations(string name, SnapshotMetadata metadata)
    {
        foreach (LogEntry entry in metadata.Configurations)
        {
            if (ConfigurationReading.ObjectionTo(entry.Index, entry.Kind, entry.Payload) is { } objection)
            {
                Report(FindingKind.Damage, name, objection);
            }
        }
    }

    private void Report(FindingKind kind, string name, string what) => _findings.Add(new Finding(kind, name, 0, what));
}
