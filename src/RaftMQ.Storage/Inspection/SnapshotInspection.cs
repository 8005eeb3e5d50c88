using RaftMQ.Consensus;
using RaftMQ.Storage.Files;
using RaftMQ.Storage.Snapshots;

namespace RaftMQ.Storage.Inspection;

/// <summary>Reads every snapshot of a folder to its end. What state its bytes bring back is the queue's to say, and is not looked at.</summary>
internal sealed class SnapshotInspection(IFileSystem files)
{
    private readonly List<Finding> _findings = [];

    public IReadOnlyList<Finding> Findings => _findings;

    /// <summary>Reads them all.</summary>
    /// <param name="log">The log beside them: a whole snapshot goes up to an entry that it holds, or did.</param>
    /// <exception cref="StorageRefusedException">A snapshot is of another format.</exception>
    public List<InspectedSnapshot> Run(InspectedLog log)
    {
        var snapshots = new List<InspectedSnapshot>();
        foreach (string name in files.List().Where(SnapshotName.IsSnapshot))
        {
            InspectedSnapshot snapshot = Read(name);
            snapshots.Add(snapshot);
            bool logLacksIt = log.IsWhole && snapshot.Last is { } last && last.Index > log.Last.Index;
            if (logLacksIt)
            {
                _findings.Add(new Finding(FindingKind.Damage, name, 0, $"it goes up to entry {snapshot.Last}, and the log ends at {log.Last}: entries that were durable are lost"));
            }
        }

        return snapshots;
    }

    private InspectedSnapshot Read(string name)
    {
        long bytes = 0;
        try
        {
            using (IFile file = files.Open(name))
            {
                bytes = file.Length;
            }

            using var reader = new SnapshotFileReader(files, name);
            foreach (ReadOnlyMemory<byte> chunk in reader.Chunks())
            {
                Invariant.Require(chunk.Length > 0, "the reader ends at the empty chunk");
            }

            return new InspectedSnapshot(name, bytes, reader.Metadata.Last, reader.Metadata.StateHash);
        }
        catch (Exception failure) when (failure is StorageDamagedException or IOException)
        {
            _findings.Add(new Finding(FindingKind.PassedOver, name, 0, $"the snapshot is damaged ({failure.Message}); the next start goes on with an older one, or with the log alone"));
            return new InspectedSnapshot(name, bytes, null, 0);
        }
    }
}
