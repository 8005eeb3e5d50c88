using System.Buffers.Binary;
using RaftMQ.Consensus;
using RaftMQ.Storage.Bodies;
using RaftMQ.Storage.Checksums;
using RaftMQ.Storage.Files;
using RaftMQ.Storage.Snapshots;
using RaftMQ.Storage.Wal;

namespace RaftMQ.Storage.Identity;

/// <summary>Whose folder this is: cluster (none while unborn), node and incarnation (design, storage rule 8).</summary>
/// <param name="Cluster">The cluster, or none while the node is unborn.</param>
/// <param name="Server">Node and incarnation.</param>
public readonly record struct ServerIdentity(ClusterId Cluster, ServerId Server)
{
    /// <summary>
    /// The only cluster that an unborn node comes into, if there is one: that which it was told to join, or that of the damaged folder that was set aside for this one. It founds none: what
    /// it had acknowledged there must not be forgotten by a cluster of those who forgot it.
    /// </summary>
    public ClusterId Joins { get; init; }

    /// <summary>What speaks against a log beside this identity, as half a sentence, or null. A log with a birth beside an unborn identity is a start that was cut short.</summary>
    /// <param name="log">The cluster whose birth the log holds; none if it holds no birth.</param>
    public string? ObjectionTo(ClusterId log) =>
        !Cluster.IsBorn || Cluster == log ? null
        : log.IsBorn ? $"the identity is of cluster {Cluster} and the log of cluster {log}: files of two folders are mixed"
        : $"the identity is of cluster {Cluster}, and there is no log of it: it was lost";
}

/// <summary>The identity file of a data folder: written once at initialisation and once at birth, each time under a temporary name, synced, renamed.</summary>
public static class IdentityFile
{
    internal const string Name = "identity";

    private const string TemporaryName = "identity.tmp";
    private const uint Version = 1;
    private const int Size = 48;
    private const int JoinsOffset = 40;
    private const int CrcOffset = 44;

    private static ReadOnlySpan<byte> Magic => "RAFTMQID"u8;

    /// <summary>Reads the identity, or returns null for a folder that has never been initialised (which then holds no log either, or it is damaged).</summary>
    /// <exception cref="StorageDamagedException">The file is damaged, or there is a log without an identity.</exception>
    /// <exception cref="StorageRefusedException">It is of a newer format.</exception>
    public static ServerIdentity? Read(IFileSystem files)
    {
        IReadOnlyList<string> names = files.List();
        if (!names.Contains(Name))
        {
            return names.Any(name => SegmentName.IsSegment(name) || SnapshotName.IsSnapshot(name) || BodyFileName.IsBodyFile(name))
                ? throw new StorageDamagedException($"{files.Description} holds a log but no identity file: whose log it is cannot be told")
                : null;
        }

        return Read(files, Name);
    }

    /// <summary>The cluster of the folder that was set aside, or none.</summary>
    /// <exception cref="StorageDamagedException">It cannot be told.</exception>
    public static ClusterId ReadFormer(IFileSystem files)
    {
        string name = DataFolder.AsideOf(Name);
        ServerIdentity aside = files.List().Contains(name) ? Read(files, name) : default;
        return aside.Cluster.IsBorn ? aside.Cluster : aside.Joins;
    }

    private static ServerIdentity Read(IFileSystem files, string name)
    {
        using IFile file = files.Open(name);
        Span<byte> bytes = stackalloc byte[Size];
        int read = file.Read(0, bytes);
        bool isWhole = read == Size && bytes[..Magic.Length].SequenceEqual(Magic)
            && BinaryPrimitives.ReadUInt32LittleEndian(bytes[CrcOffset..]) == Crc32C.Compute(0, bytes[..CrcOffset]);
        if (!isWhole)
        {
            throw new StorageDamagedException($"{files.Description}: the identity file is damaged: {name}");
        }

        uint version = BinaryPrimitives.ReadUInt32LittleEndian(bytes[8..]);
        if (version != Version)
        {
            throw new StorageRefusedException($"{files.Description}: the identity file is of format {version}, and this program knows format {Version}: use the newer program");
        }

        var cluster = new ClusterId(BinaryPrimitives.ReadUInt128LittleEndian(bytes[12..]));
        var server = new ServerId(new NodeId(BinaryPrimitives.ReadUInt32LittleEndian(bytes[28..])), BinaryPrimitives.ReadUInt64LittleEndian(bytes[32..]));
        bool joins = bytes[JoinsOffset] != 0;
        return joins ? new ServerIdentity(ClusterId.None, server) { Joins = cluster } : new ServerIdentity(cluster, server);
    }

    /// <summary>Writes the identity durably.</summary>
    /// <exception cref="StorageFailedException">The disk failed.</exception>
    public static void Write(IFileSystem files, ServerIdentity identity)
    {
        Span<byte> bytes = stackalloc byte[Size];
        bytes.Clear();
        Magic.CopyTo(bytes);
        BinaryPrimitives.WriteUInt32LittleEndian(bytes[8..], Version);
        bool joins = !identity.Cluster.IsBorn && identity.Joins.IsBorn;
        BinaryPrimitives.WriteUInt128LittleEndian(bytes[12..], (joins ? identity.Joins : identity.Cluster).Value);
        BinaryPrimitives.WriteUInt32LittleEndian(bytes[28..], identity.Server.Node.Value);
        BinaryPrimitives.WriteUInt64LittleEndian(bytes[32..], identity.Server.Incarnation);
        bytes[JoinsOffset] = (byte)(joins ? 1 : 0);
        BinaryPrimitives.WriteUInt32LittleEndian(bytes[CrcOffset..], Crc32C.Compute(0, bytes[..CrcOffset]));
        try
        {
            using IFile file = files.Create(TemporaryName);
            file.Write(0, bytes);
            file.SyncData();
            files.Rename(TemporaryName, Name);
            files.SyncFolder();
        }
        catch (IOException e)
        {
            throw new StorageFailedException($"{files.Description}: the identity file could not be written: {e.Message}", e);
        }
    }
}
