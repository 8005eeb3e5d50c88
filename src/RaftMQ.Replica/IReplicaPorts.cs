using RaftMQ.Consensus;
using RaftMQ.Replica.Peers;
using RaftMQ.Replica.Requests;
using RaftMQ.Storage.Wal;

namespace RaftMQ.Replica;

/// <summary>One write unit for the disk.</summary>
/// <param name="Id">Ascending from batch to batch.</param>
/// <param name="Records">What goes into the log.</param>
/// <param name="Birth">The cluster that this batch's birth entry founds or joins, for the identity file, written after the log is durable.</param>
public sealed record PersistBatch(ulong Id, WalBatch Records, ClusterId? Birth);

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

    /// <summary>Writes and syncs, in order of call; answered by <see cref="PersistedInput"/>.</summary>
    void Persist(PersistBatch batch);

    /// <summary>Reads durable entries for a follower that is behind; answered by <see cref="PeerEntriesLoadedInput"/>.</summary>
    void LoadForPeer(LoadRequest request);

    /// <summary>Reads durable, committed entries to apply; answered by <see cref="ApplyEntriesLoadedInput"/>.</summary>
    void LoadForApply(LogIndex first, LogIndex last, int maxBytes);

    /// <summary>A command has ended; its <see cref="PendingCommand.Result"/> is set.</summary>
    void Complete(PendingCommand request);

    /// <summary>A topics request has ended; its <see cref="PendingTopics.Result"/> is set.</summary>
    void Complete(PendingTopics request);

    /// <summary>This replica's cluster never came to be: the owner empties the folder and begins a new life. Nothing may be fed to this replica any more.</summary>
    void GiveUpBirth(string reason);

    /// <summary>Something that a person may want to read.</summary>
    void Report(EventLevel level, string text);
}
