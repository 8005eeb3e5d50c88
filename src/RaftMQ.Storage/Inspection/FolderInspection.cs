using RaftMQ.Storage.Files;
using RaftMQ.Storage.Identity;
using RaftMQ.Storage.Snapshots;
using RaftMQ.Storage.Wal;

namespace RaftMQ.Storage.Inspection;

/// <summary>
/// What the data folder of a stopped node holds, and every place in it that is not as it was written. Nothing is changed: no file is created, written, renamed or removed.
/// A kind of file to come is one more property here, and one more line in <see cref="Run"/>.
/// </summary>
public sealed record FolderInspection
{
    /// <summary>Cluster, node and incarnation, or null if they cannot be read or are not looked at.</summary>
    public ServerIdentity? Identity { get; private init; }

    /// <summary>Whether the folder was being emptied when the node ended. The next start goes on with that, so the rest means nothing and is not looked at.</summary>
    public bool IsBeingEmptied { get; private init; }

    /// <summary>The segments of the log, in their order.</summary>
    public IReadOnlyList<InspectedSegment> Segments { get; private init; } = [];

    /// <summary>What their records add up to.</summary>
    public InspectedLog Log { get; private init; } = new() { IsWhole = true };

    /// <summary>The snapshots of the state, by age.</summary>
    public IReadOnlyList<InspectedSnapshot> Snapshots { get; private init; } = [];

    /// <summary>All other files.</summary>
    public IReadOnlyList<InspectedFile> OtherFiles { get; private init; } = [];

    /// <summary>Every place that is not as it was written: the identity's first, then the log's in its order.</summary>
    public IReadOnlyList<Finding> Findings { get; private init; } = [];

    /// <summary>Whether a node would start with this folder: there is no damage. A torn tail is none, nor is what is passed over.</summary>
    public bool IsSound => Findings.All(finding => finding.Kind != FindingKind.Damage);

    /// <summary>Whether a folder is a node's, damaged or not: it holds an identity or a log.</summary>
    public static bool IsDataFolder(IFileSystem files) =>
        files.List().Any(name => name is IdentityFile.Name or DataFolder.DiscardMark || SegmentName.IsSegment(name));

    /// <summary>Inspects a data folder.</summary>
    /// <param name="files">The folder, locked by the caller; it is only read.</param>
    /// <param name="options">How it is read; the sizes of a log to be written are not used.</param>
    /// <param name="visitor">Is shown the log record by record; may be null.</param>
    /// <param name="progress">Told now and then while a long log is read; may be null.</param>
    /// <exception cref="StorageRefusedException">A file is of a newer format.</exception>
    /// <exception cref="IOException">The folder cannot be listed.</exception>
    public static FolderInspection Run(IFileSystem files, WalOptions options, IJournalVisitor? visitor = null, Action<RecoveryProgress>? progress = null)
    {
        IReadOnlyList<string> names = files.List();
        bool isBeingEmptied = names.Contains(DataFolder.DiscardMark);
        var folder = new FolderInspection
        {
            IsBeingEmptied = isBeingEmptied,
            OtherFiles = [.. names.Where(IsOther).Select(name => Describe(files, name))],
        };
        if (isBeingEmptied)
        {
            return folder;
        }

        var findings = new List<Finding>();
        ServerIdentity? identity = ReadIdentity(files, findings);
        var inspection = new LogInspection(files, options, visitor, progress);
        InspectedLog log = inspection.Run();
        // Behind damage a birth may only not have been reached.
        if (identity?.ObjectionTo(log.Cluster) is { } objection && (log.IsWhole || log.Cluster.IsBorn))
        {
            findings.Add(Damaged(objection));
        }

        var snapshots = new SnapshotInspection(files);
        return folder with
        {
            Identity = identity,
            Log = log,
            Segments = inspection.Segments,
            Snapshots = snapshots.Run(log),
            Findings = [.. findings, .. inspection.Findings, .. snapshots.Findings],
        };
    }

    private static bool IsOther(string name) => name != IdentityFile.Name && name != DataFolder.DiscardMark && !SegmentName.IsSegment(name) && !SnapshotName.IsSnapshot(name);

    private static InspectedFile Describe(IFileSystem files, string name)
    {
        using IFile file = files.Open(name);
        FileUse use = SpareSegments.IsSpare(name) ? FileUse.Spare : name.EndsWith(".tmp", StringComparison.Ordinal) ? FileUse.Temporary : FileUse.Unknown;
        return new InspectedFile(name, file.Length, use);
    }

    private static ServerIdentity? ReadIdentity(IFileSystem files, List<Finding> findings)
    {
        try
        {
            return IdentityFile.Read(files);
        }
        catch (StorageDamagedException)
        {
            bool exists = files.List().Contains(IdentityFile.Name);
            findings.Add(Damaged(exists ? "the identity is damaged" : "the file is missing, so whose log this is cannot be told"));
            return null;
        }
    }

    private static Finding Damaged(string what) => new(FindingKind.Damage, IdentityFile.Name, 0, what);
}
