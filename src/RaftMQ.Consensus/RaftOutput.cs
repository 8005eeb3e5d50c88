using RaftMQ.Consensus.Messages;

namespace RaftMQ.Consensus;

/// <summary>A read may be served by a state that has applied <paramref name="Index"/>.</summary>
public readonly record struct ReadReady(ReadId Read, LogIndex Index);

/// <summary>Entries that have left memory are needed again for a follower that is behind; answered by <see cref="RaftCore.OnEntriesLoaded"/>.</summary>
/// <param name="For">The follower.</param>
/// <param name="First">The first entry needed.</param>
/// <param name="Last">The last entry that may be loaded (it exists and is durable).</param>
/// <param name="MaxBytes">Enough payload for one message; the first entry is loaded whatever its size.</param>
public readonly record struct LoadRequest(ServerId For, LogIndex First, LogIndex Last, int MaxBytes);

/// <summary>
/// Everything that follows from the inputs since the last <see cref="RaftCore.Drain"/>. Owned by the caller and reused from turn to turn. The order of effects:
/// <see cref="HardState"/>, <see cref="TruncateFrom"/> and <see cref="Append"/> go to disk as one batch, in that order;
/// <see cref="SendNow"/> may leave at once; <see cref="SendAfterPersist"/> only when this batch and all earlier ones are durable.
/// </summary>
public sealed class RaftOutput
{
    /// <summary>The term and vote to persist, if they changed.</summary>
    public HardState? HardState { get; set; }

    /// <summary>Entries from here on are to be dropped, if any.</summary>
    public LogIndex? TruncateFrom { get; set; }

    /// <summary>Entries to append after that.</summary>
    public List<LogEntry> Append { get; } = [];

    /// <summary>Messages that claim nothing that is not durable already.</summary>
    public List<Message> SendNow { get; } = [];

    /// <summary>Messages that wait for the disk.</summary>
    public List<Message> SendAfterPersist { get; } = [];

    /// <summary>The commit index, if it has moved: everything up to it may be applied.</summary>
    public LogIndex? CommitIndex { get; set; }

    /// <summary>Reads that may be served.</summary>
    public List<ReadReady> ReadsReady { get; } = [];

    /// <summary>Reads whose confirmation can no longer come; they may be asked again.</summary>
    public List<ReadId> ReadsLost { get; } = [];

    /// <summary>Entries wanted from disk.</summary>
    public List<LoadRequest> Loads { get; } = [];

    /// <summary>Whether anything here has to go to disk.</summary>
    public bool HasPersist => HardState is not null || TruncateFrom is not null || Append.Count > 0;

    /// <summary>Empties it for the next turn; lists keep their memory.</summary>
    public void Clear()
    {
        HardState = null;
        TruncateFrom = null;
        CommitIndex = null;
        Append.Clear();
        SendNow.Clear();
        SendAfterPersist.Clear();
        ReadsReady.Clear();
        ReadsLost.Clear();
        Loads.Clear();
    }
}
