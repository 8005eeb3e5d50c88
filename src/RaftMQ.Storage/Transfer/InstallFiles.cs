using System.Buffers.Binary;
using RaftMQ.Consensus;
using RaftMQ.Storage.Bodies;
using RaftMQ.Storage.Checksums;
using RaftMQ.Storage.Files;
using RaftMQ.Storage.Snapshots;
using RaftMQ.Storage.Wal;

namespace RaftMQ.Storage.Transfer;

/// <summary>
/// The step from the old log and state to those of a snapshot that has come from elsewhere (§7). What has come lies under names that are nobody's; a mark, durable by one rename, makes it
/// count, and says with which segment the new log begins. From then on the old files go and the new ones take their names, however often a crash interrupts it.
/// </summary>
internal static class InstallFiles
{
    /// <summary>The state, whole.</summary>
    public const string State = "install.state";

    public const string UnfinishedState = "install.state.tmp";

    public const string UnfinishedBodies = "install.bodies.tmp";

    /// <summary>A file of this name says that what has come counts.</summary>
    public const string Mark = "install";
    private const string UnfinishedMark = "install.mark.tmp";
    /// <summary>How the names of all others begin.</summary>
    public const string Prefix = "install.";
    private const int MarkBytes = 28;

    private static ReadOnlySpan<byte> Magic => "RAFTMQIN"u8;

    /// <summary>Bodies that have come, whole.</summary>
    public static string BodiesOf(LogIndex first, LogIndex last) => Prefix + BodyFileName.Of(first, last);

    /// <summary>Writes what the mark will say: the new log begins with this segment, behind this entry. It does not count yet.</summary>
    /// <exception cref="DiskFullException">There is no room: nothing has changed.</exception>
    public static void PrepareMark(IFileSystem files, ulong firstSegment, LogIndex snapshot)
    {
        byte[] bytes = new byte[MarkBytes];
        Magic.CopyTo(bytes);
        BinaryPrimitives.WriteUInt64LittleEndian(bytes.AsSpan(8), firstSegment);
        BinaryPrimitives.WriteUInt64LittleEndian(bytes.AsSpan(16), snapshot.Value);
        BinaryPrimitives.WriteUInt32LittleEndian(bytes.AsSpan(24), Crc32C.Compute(0, bytes.AsSpan(0, 24)));
        using (IFile file = files.Create(UnfinishedMark))
        {
            file.Write(0, bytes);
            file.SyncData();
        }
    }

    /// <summary>The mark counts from now on.</summary>
    public static void SetMark(IFileSystem files)
    {
        files.Rename(UnfinishedMark, Mark);
        files.SyncFolder();
    }

    /// <summary>Goes on with an installation that a crash interrupted; without one, removes what is left of an unfinished transfer. To be called before the rest is read.</summary>
    /// <exception cref="StorageDamagedException">The mark is damaged.</exception>
    /// <exception cref="StorageFailedException">The disk failed.</exception>
    public static void FinishOrRemove(IFileSystem files)
    {
        try
        {
            if (files.List().Contains(Mark))
            {
                Finish(files);
            }
            else
            {
                RemoveAll(files);
            }
        }
        catch (IOException e)
        {
            throw new StorageFailedException($"{files.Description}: the installation of a snapshot could not be finished: {e.Message}", e);
        }
    }

    /// <summary>Everything of a transfer that does not count.</summary>
    public static void RemoveAll(IFileSystem files)
    {
        foreach (string name in files.List())
        {
            if (name.StartsWith(Prefix, StringComparison.Ordinal))
            {
                files.Delete(name);
            }
        }
    }

    /// <summary>
    /// Removes the old files, gives the new ones their names, and at the end removes the mark. The old segments go last of the old: as long as one is there no new file has its name
    /// yet, so that all bodies and snapshots are old ones; and behind that none is.
    /// </summary>
    public static void Finish(IFileSystem files)
    {
        // A name that is there may not be durable yet, if the process ended between the two.
        files.SyncFolder();
        (ulong firstSegment, LogIndex snapshot) = ReadMark(files);
        string[] oldSegments = [.. files.List().Where(name => SegmentName.SequenceOf(name) < firstSegment)];
        if (oldSegments.Length > 0)
        {
            RemoveDurably(files, files.List().Where(name => SnapshotName.IsSnapshot(name) || BodyFileName.IsBodyFile(name)));
            RemoveDurably(files, oldSegments);
        }

        foreach (string name in files.List())
        {
            if (name == State)
            {
                files.Rename(State, SnapshotName.Of(snapshot.Value));
            }
            else if (name.StartsWith(Prefix, StringComparison.Ordinal) && BodyFileName.IsBodyFile(name[Prefix.Length..]))
            {
                files.Rename(name, name[Prefix.Length..]);
            }
        }

        files.SyncFolder();
        files.Delete(Mark);
        files.SyncFolder();
        RemoveAll(files);
    }

    private static void RemoveDurably(IFileSystem files, IEnumerable<string> names)
    {
        foreach (string name in names)
        {
            files.Delete(name);
        }

        files.SyncFolder();
    }

    private static (ulong FirstSegment, LogIndex Snapshot) ReadMark(IFileSystem files)
    {
        byte[] bytes = new byte[MarkBytes];
        using IFile file = files.Open(Mark);
        bool isWhole = file.Read(0, bytes) == MarkBytes && bytes.AsSpan().StartsWith(Magic)
            && BinaryPrimitives.ReadUInt32LittleEndian(bytes.AsSpan(24)) == Crc32C.Compute(0, bytes.AsSpan(0, 24));
        return isWhole
            ? (BinaryPrimitives.ReadUInt64LittleEndian(bytes.AsSpan(8)), new LogIndex(BinaryPrimitives.ReadUInt64LittleEndian(bytes.AsSpan(16))))
            : throw new StorageDamagedException(
                $"{Mark} in {files.Description} is damaged: a snapshot was being installed, and which files are the new ones cannot be told");
    }
}
