using RaftMQ.Replica.Disk;
using RaftMQ.Replica.Peers;
using RaftMQ.Replica.Requests;

namespace RaftMQ.Replica;

/// <summary>How much an event matters to a person.</summary>
public enum EventLevel
{
    /// <summary>For the record.</summary>
    Information,

    /// <summary>Somebody may want to do something.</summary>
    Warning,
}

/// <summary>Everything that a replica asks of the world. Nothing here blocks, and nothing calls back into the replica.</summary>
public interface IReplicaPorts
{
    /// <summary>Sends if a link is up and has room.</summary>
    /// <returns>False if it was dropped for certain.</returns>
    bool Send(PeerMessage message);

    /// <summary>Asks something of the disk, in order of call; the answer comes as an input.</summary>
    void AskDisk(DiskWork work);

    /// <summary>A command has ended; its <see cref="PendingCommand.Result"/> is set.</summary>
    void Complete(PendingCommand request);

    /// <summary>A topics request has ended; its <see cref="PendingTopicRead.Result"/> is set.</summary>
    void Complete(PendingTopicRead request);

    /// <summary>A change of the members has ended; its <see cref="PendingChange.Outcome"/> is set.</summary>
    void Complete(PendingChange request);

    /// <summary>The next piece of a backup is there, or its <see cref="PendingBackup.Outcome"/> says why there is none.</summary>
    void Complete(PendingBackup request);

    /// <summary>This replica's cluster never came to be: the owner empties the folder and begins a new life. Nothing may be fed to this replica any more.</summary>
    void GiveUpBirth(string reason);

    /// <summary>The folder is an older copy and has forgotten what its incarnation promised: the process ends, and a person empties it. Nothing may be fed to this replica any more.</summary>
    void RefuseFolder(string reason);

    /// <summary>
    /// The cluster is at a version that this program does not understand: the process ends with what was durable, and a person runs a newer one. Nothing may be fed to this replica any more.
    /// </summary>
    void RefuseVersion(string reason);

    /// <summary>Something that a person may want to read.</summary>
    void Report(EventLevel level, string text);
}
