using RaftMQ.Consensus;
using RaftMQ.Storage.Files;

namespace RaftMQ.Storage.Identity;

/// <summary>Whose folder this is: cluster (none while unborn), node and incarnation (design, storage rule 8).</summary>
/// <param name="Cluster">The cluster, or none while the node is unborn.</param>
/// <param name="Server">Node and incarnation.</param>
public readonly record struct ServerIdentity(ClusterId Cluster, ServerId Server);

/// <summary>The identity file of a data folder: written once at initialisation and once at birth, each time under a temporary name, synced, renamed.</summary>
public static class IdentityFile
{
    /// <summary>Reads the identity, or returns null for a folder that has never been initialised (which then holds no log either, or it is damaged).</summary>
    /// <exception cref="StorageDamagedException">The file is damaged, or there is a log without an identity.</exception>
    public static ServerIdentity? Read(IFileSystem files) => throw new NotImplementedException();

    /// <summary>Writes the identity durably.</summary>
    /// <exception cref="StorageFailedException">The disk failed.</exception>
    public static void Write(IFileSystem files, ServerIdentity identity) => throw new NotImplementedException();
}
