using RaftMQ.Storage.Bodies;
using RaftMQ.Storage.Files;
using RaftMQ.Storage.Identity;
using RaftMQ.Storage.Snapshots;
using RaftMQ.Storage.Transfer;
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

    /// <summary>
    /// Whether a snapshot from another server was taking the place of log and state when the node ended. The next start goes on with that; what stands there until then is not
    /// looked at.
    /// </summary>
    public bool IsBeingReplaced { get; private init; }

    /// <summary>Whether the damaged folder was being set aside when the node ended. The next start goes on with that, so the rest means nothing and is not looked at.</summary>
    public bool IsBeingSetAside { get; private init; }

    /// <summary>The segments of the log, in their order.</summary>
    public IReadOnlyList<InspectedSegment> Segments { get; private init; } = [];

    /// <summary>What their records add up to.</summary>
    public InspectedLog Log { get; private init; } = new() { IsWhole = true };

    /// <summary>The snapshots of the state, by age.</summary>
    public IReadOnlyList<InspectedSnapshot> Snapshots { get; private init; } = [];

    /// <summary>The files of bodies, by the part of the log that they stand for.</summary>
    public IReadOnlyList<InspectedBodyFile> BodyFiles { get; private init; } = [];

    /// <summary>All other files.</summary>
    public IReadOnlyList<InspectedFile> OtherFiles { get; private init; } = [];

    /// <summary>Every place that is not as it was written: the identity's first, then the log's in its order, those of snapshots and those of bodies.</summary>
    public IReadOnlyList<Finding> Findings { get; private init; } = [];

    /// <summary>Whether a node would start with this folder and find all that it needs: there is no damage. A torn tail is none, nor is what is passed over.</summary>
    public bool IsSound => Findings.All(finding => finding.Kind != FindingKind.Damage);

    /// <summary>Whether a node would start with this folder. It reads no bodies as it starts: it ends when it needs one that is damaged.</summary>
    public bool Starts => Findings.All(finding => finding.Kind != FindingKind.Damage || BodyFiles.Any(file => file.Name == finding.File));

    /// <summary>Whether a folder is a node's, damaged or not: it holds an identity or a log.</summary>
    public static bool IsDataFolder(IFileSystem files) =>
        files.List().Any(name => name is IdentityFile.Name or DataFolder.DiscardMark || SegmentName.IsSegment(name) || DataFolder.IsAside(name));

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
        bool isBeingSetAside = !isBeingEmptied && DataFolder.IsBeingSetAside(files);
        bool isBeingReplaced = !isBeingEmptied && !isBeingSetAside && names.Contains(InstallFiles.Mark);
        var folder = new FolderInspection
        {
            IsBeingEmptied = isBeingEmptied,
            IsBeingSetAside = isBeingSetAside,
            IsBeingReplaced = isBeingReplaced,
            OtherFiles = [.. names.Where(IsOther).Select(name => Describe(files, name))],
        };
        if (isBeingEmptied || isBeingSetAside || isBeingReplaced)
        {
            return folder;
        }

        var findings = new List<Finding>();
        ServerIdentity? identity = ReadIdentity(files, findings);

        // Whatever is of a newer format is met before the first record is shown to anybody.
        var reading = new ReadingProgress(progress);
        var snapshots = new SnapshotInspection(files);
        var log = new LogInspection(files, options, visitor, reading);
        var bodies = new BodyInspection(files, options, reading);
        snapshots.Read();
        log.ReadHeaders();
        bodies.ReadHeaders();

        InspectedLog found = log.Run(snapshots.Oldest);
        bodies.Run();
        if (found.IsWhole)
        {
            snapshots.HoldAgainst(log.Journal);
        }

        // Behind damage a birth may only not have been reached, and that of a log that begins later is in a snapshot, or lost with what stood before.
        bool birthIsKnown = found.Cluster.IsBorn || (found.IsWhole && !(log.BeginsLater && snapshots.Oldest is null));
        if (birthIsKnown && identity?.ObjectionTo(found.Cluster) is { } objection)
        {
            findings.Add(Damaged(objection));
        }

        return folder with
        {
            Identity = identity,
            Log = found,
            Segments = log.Segments,
            Snapshots = snapshots.Snapshots,
            BodyFiles = bodies.Files,
            Findings = [.. findings, .. log.Findings, .. snapshots.Findings, .. bodies.Findings],
        };
    }

    private static bool IsOther(string name) =>
        name is not (IdentityFile.Name or DataFolder.DiscardMark or InstallFiles.Mark) && !SegmentName.IsSegment(name) && !SnapshotName.IsSnapshot(name) && !BodyFileName.IsBodyFile(name);

    private static InspectedFile Describe(IFileSystem files, string name)
    {
        using IFile file = files.Open(name);
        bool isUnfinished = name.EndsWith(".tmp", StringComparison.Ordinal) || name.StartsWith(InstallFiles.Prefix, StringComparison.Ordinal);
        FileUse use = DataFolder.IsAside(name) ? FileUse.SetAside : SpareSegments.IsSpare(name) ? FileUse.Spare : isUnfinished ? FileUse.Temporary : FileUse.Unknown;
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
