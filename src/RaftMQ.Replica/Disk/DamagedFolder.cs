using RaftMQ.Consensus;
using RaftMQ.Storage;
using RaftMQ.Storage.Files;
using RaftMQ.Storage.Identity;
using RaftMQ.Storage.Wal;

namespace RaftMQ.Replica.Disk;

/// <summary>
/// What becomes of a folder that is damaged: it is set aside, and the node comes back as a new incarnation that the others bring up and admit (docs/decisions/0006). Not where that would
/// not help, or where it is not certain whose folder it is: then a person decides.
/// </summary>
public static class DamagedFolder
{
    /// <summary>The fewest members of which those without this node are a majority: only they can admit it again.</summary>
    public const int FewestMembers = 3;

    /// <summary>A new log needs this many segments before it takes the first entry.</summary>
    private const int SegmentsToBegin = 2;

    /// <summary>Sets a damaged folder aside, durably.</summary>
    /// <param name="files">The folder; nobody uses it.</param>
    /// <param name="node">Whose it should be.</param>
    /// <param name="options">What the replica is told.</param>
    /// <param name="sizes">Sizes of the log.</param>
    /// <param name="damage">What is damaged.</param>
    /// <returns>Null once it is set aside; otherwise why it was left as it is, as half a sentence.</returns>
    /// <exception cref="StorageFailedException">The disk was full half way; the next start goes on.</exception>
    /// <exception cref="IOException">The disk failed; the next start goes on.</exception>
    public static string? SetAside(IFileSystem files, NodeId node, ReplicaOptions options, WalOptions sizes, string damage)
    {
        string? objection = options.Members.Count < FewestMembers ? "without this node there is no majority that could admit it again"
            : options.Birth != BirthPolicy.Once ? "by the assignment's rule a node that begins anew may found anew"
            : ObjectionOfIdentity(files, node)
            ?? (HasRoom(files, sizes) ? null : "the disk has no room to begin anew beside the damaged files");
        if (objection is not null)
        {
            return objection;
        }

        try
        {
            DataFolder.SetAside(files, damage);
            return null;
        }
        catch (DiskFullException)
        {
            return "the disk is full";
        }
    }

    /// <summary>A folder whose cluster is not known cannot be kept from being taken into another one.</summary>
    private static string? ObjectionOfIdentity(IFileSystem files, NodeId node)
    {
        try
        {
            return IdentityFile.Read(files)?.Server.Node == node ? null : "it is not this node's";
        }
        catch (Exception e) when (e is StorageDamagedException or StorageRefusedException)
        {
            return "whose it is cannot be told";
        }
    }

    /// <summary>
    /// Whether a new log has room: on the disk, since of a budget what is set aside takes nothing. Files that are nobody's go, and so does what was set aside before.
    /// </summary>
    private static bool HasRoom(IFileSystem files, WalOptions sizes)
    {
        long room = files.FreeBytesOfDisk + files.List().Where(DataFolder.MayGo).Sum(files.LengthOf);
        return room >= SegmentsToBegin * (long)sizes.SegmentBytes;
    }
}
